namespace CityEdge.Rules;

/// <summary>
/// Whether more alarms are offered than a person can take (EEMUA 191): it begins with the eleventh alarm within 10 min, and ends when fewer than 5 came in the last 10 min. Times are wall time, Unix ms.
/// </summary>
internal sealed class FloodMeter
{
    private const int Begins = 11;
    private const int Ends = 5;
    private const long WindowMs = 600_000;
    private readonly List<long> times = [];
    private long? since;

    /// <summary>An alarm is offered.</summary>
    public void Note(long wallMs)
    {
        since = SinceMs(wallMs);
        times.Add(wallMs);
        if (times.Count > Begins) times.RemoveAt(0);
        if (since is null && times.Count == Begins && wallMs - times[0] < WindowMs) since = wallMs;
    }

    /// <summary>Since when there is a flood; null when there is none.</summary>
    public long? SinceMs(long wallMs) => since is not null && wallMs - times[^Ends] < WindowMs ? since : null;

    public void Save(SnapshotWriter writer)
    {
        writer.Int(times.Count);
        foreach (var time in times) writer.Long(time);
        writer.Long(since ?? long.MinValue);
    }

    public void Load(ref SnapshotReader reader)
    {
        for (var count = reader.Count(8); count > 0; count--) times.Add(reader.Long());
        since = reader.Long() is var saved and > long.MinValue && times.Count >= Ends ? saved : null;
    }
}
