namespace CityEdge.Hub.Rehearsing;

/// <summary>What would change against the version in force. An alarm is in both when its point has an alarm of the other rule that overlaps it.</summary>
/// <param name="Version">The version in force.</param>
/// <param name="Alarms">Alarms of the version in force.</param>
/// <param name="Tickets">Its tickets.</param>
/// <param name="ActiveSeconds">Open time of its alarms.</param>
/// <param name="OnlyNew">Alarms that only the rehearsed rule raises.</param>
/// <param name="OnlyInForce">Alarms that only the version in force raises.</param>
/// <param name="Both">Alarms of the rehearsed rule that the version in force raises too.</param>
/// <param name="Items">The alarms that only the version in force raises.</param>
public sealed record RehearsalComparison(int Version, int Alarms, int Tickets, long ActiveSeconds, int OnlyNew, int OnlyInForce, int Both, IReadOnlyList<RehearsalItem> Items)
{
    /// <summary>Complaints that its tickets were earlier than.</summary>
    public int ComplaintsBeaten { get; init; }

    /// <summary>Median of the time by which they are beaten; null while there are none.</summary>
    public double? MedianLeadSeconds { get; init; }
}
