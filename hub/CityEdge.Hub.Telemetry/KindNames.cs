using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Kind as it stands in storage: the lower-case word of the enum. Stored by name, so that the order of the enum may change.</summary>
internal static class KindNames
{
    private static readonly string[] Names = [.. Enum.GetValues<PointKind>().Select(k => k.ToString().ToLowerInvariant())];

    public static string Name(PointKind kind) => Names[(int)kind];

    public static bool TryParse(string name, out PointKind kind)
    {
        var index = Array.IndexOf(Names, name);
        kind = (PointKind)Math.Max(index, 0);
        return index >= 0;
    }
}
