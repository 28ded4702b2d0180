using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Another point that an expression looks at: <c>point("../outdoor.temperature")</c>.</summary>
/// <param name="Path">As written; the name under which tests give its readings.</param>
/// <param name="Up">How many assets above the rule's point it belongs to; 0 is the same asset.</param>
/// <param name="Name">Name of the point.</param>
/// <param name="Kind">Kind that it must have; null: any.</param>
internal sealed record PointReference(string Path, int Up, string Name, PointKind? Kind)
{
    /// <summary>Inside the brackets of a function over points, where it is seen from each of them; else from what the alarm is of.</summary>
    public bool OfMember { get; init; }

    public const int MaxUp = 32;

    private const string Parent = "../";

    /// <summary>Null when the text is no path to a point.</summary>
    public static PointReference? Parse(string path, PointKind? kind)
    {
        var up = 0;
        var rest = path.AsSpan();
        while (rest.StartsWith(Parent, StringComparison.Ordinal))
        {
            up++;
            rest = rest[Parent.Length..];
        }
        return up <= MaxUp && PointId.IsName(rest) ? new PointReference(path, up, rest.ToString(), kind) : null;
    }
}
