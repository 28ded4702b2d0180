using System.Collections.Concurrent;
using CityEdge.Contracts;

namespace CityEdge.Hub.Registry;

/// <summary>
/// What points were before they were changed. The rule consumer is ahead of the telemetry consumer, by hours when InfluxDB is away: a reading is stored as the kind that its point had at the
/// reading's place in the journal, which is what the rules saw. Written by the rule consumer in its commit, read by the telemetry consumer. Bounded: what the journal has freed is forgotten, and of
/// one point the newest <see cref="MaxPerPoint"/> changes are kept.
/// </summary>
public sealed class PointHistory
{
    /// <summary>Changes kept of one point; a reading before the oldest of more is stored as the kind before that one.</summary>
    public const int MaxPerPoint = 32;

    // Arrays are replaced, never changed: readers need no lock.
    private readonly ConcurrentDictionary<PointId, PastPoint[]> pasts = new();

    public int Count => pasts.Values.Sum(p => p.Length);

    /// <summary>The state that held for a record at <paramref name="position"/>; null: today's.</summary>
    public PastPoint? Before(PointId point, long position)
    {
        if (pasts.IsEmpty || !pasts.TryGetValue(point, out var list)) return null;
        foreach (var past in list)
        {
            if (position < past.Until) return past;
        }
        return null;
    }

    /// <summary>Adds a change; again, after a recovery, changes nothing. Oldest first.</summary>
    public void Add(PointId point, PastPoint past) => pasts.AddOrUpdate(point, _ => [past], (_, list) => list.Any(p => p.Until >= past.Until) ? list : [.. list.TakeLast(MaxPerPoint - 1), past]);

    /// <summary>Forgets what lies before the journal's first record.</summary>
    public void Trim(long start)
    {
        foreach (var (point, list) in pasts)
        {
            if (list[0].Until > start) continue;
            var kept = list.Where(p => p.Until > start).ToArray();
            if (kept.Length == 0) pasts.TryRemove(new(point, list));
            else pasts.TryUpdate(point, kept, list);
        }
    }
}
