using System.Text.Json;

namespace CityEdge.Rules;

/// <summary>A field of an event's data that a condition looks at.</summary>
/// <param name="Name">As written after <c>data.</c>; dots go into objects.</param>
/// <param name="Text">The text that it is compared with; null when it is a number or a boolean.</param>
internal sealed record EventField(string Name, string? Text)
{
    private readonly string[] path = Name.Split('.');

    /// <summary>The field as a number: itself, 1 or 0 for true or false, or for a text that is or is not the one compared with. NaN for anything else, which is unknown to conditions.</summary>
    public double In(JsonElement? data)
    {
        if (data is not { } element) return double.NaN;
        foreach (var name in path)
        {
            if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty(name, out element)) return double.NaN;
        }
        return element.ValueKind switch
        {
            JsonValueKind.String when Text is not null => element.ValueEquals(Text) ? 1 : 0,
            JsonValueKind.Number when Text is null && element.TryGetDouble(out var number) && double.IsFinite(number) => number,
            JsonValueKind.True when Text is null => 1,
            JsonValueKind.False when Text is null => 0,
            _ => double.NaN,
        };
    }
}

/// <summary>What an event rule's expressions need to be kept of its subject's events.</summary>
/// <param name="Fields">Fields of the data, by slot.</param>
/// <param name="WindowsMs">Windows over which events are counted, ms, ascending.</param>
/// <param name="Run">Most events that a <c>last(N, …)</c> looks back on; 0 when none.</param>
internal sealed record EventNeeds(EventField[] Fields, long[] WindowsMs, int Run);
