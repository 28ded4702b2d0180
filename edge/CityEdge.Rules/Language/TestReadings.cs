using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>A stretch of equally spaced readings of a test.</summary>
/// <param name="From">First, since the test's start.</param>
/// <param name="To">Last possible; the trace reaches it even when no reading falls on it.</param>
/// <param name="Every">Spacing; 0 when it is one reading.</param>
/// <param name="First">Value at <paramref name="From"/>.</param>
/// <param name="Last">Value at <paramref name="To"/>; between, the value runs linearly.</param>
/// <param name="IsBoolean">The values are booleans.</param>
/// <param name="Point">Path of another point of which they are, as the rule's <c>point("…")</c> writes it; null: the rule's own point.</param>
/// <param name="EventData">Events instead of readings: the JSON data of each; empty for events without data, null for readings.</param>
public sealed record TestReadings(TimeSpan From, TimeSpan To, TimeSpan Every, double First, double Last, bool IsBoolean, string? Point = null, string? EventData = null)
{
    /// <summary>Marks that each of them carries.</summary>
    public Quality Quality { get; init; }

    /// <summary>The text that each of them is; null for readings of numbers and booleans.</summary>
    public string? Text { get; init; }
}
