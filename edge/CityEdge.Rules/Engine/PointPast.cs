using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>A reading that may still be preceded; <see cref="Value"/> is NaN without a usable number.</summary>
internal readonly record struct PastReading(long TimeMs, long ArrivalMs, double Value, Quality Quality, string? Text)
{
    /// <summary>What it pushed out of <see cref="RecentValues"/>; NaN when nothing.</summary>
    public (double Value, Quality Quality) Lost { get; init; } = (double.NaN, Quality.Good);

    public bool Valued => Text is not null || !double.IsNaN(Value);
}

/// <summary>An alarm as it was before a reading or timer of an instant changed it.</summary>
internal readonly record struct PastMemory(long TimeMs, AlarmInstance Alarm, AlarmMemory Before);

/// <summary>What was told of an alarm at a reading or timer of an instant.</summary>
internal readonly record struct PastTold(long TimeMs, AlarmInstance Alarm, AlarmTransition Transition);

/// <summary>
/// The last two minutes of one point, so that a reading that comes late is put in its place: the readings, what alarms were before each change, and what was told. An instance that stays as it is costs
/// nothing here. Of each alarm its times never fall; where the point's clock is taken back further than this reaches, all that is past is final.
/// </summary>
internal sealed class PointPast
{
    /// <summary>A reading that is this much older than the newest of its point comes too late, ms (design §4, <c>lateness</c>).</summary>
    public const long LatenessMs = 120_000;

    /// <summary>Most readings that one late reading makes work out anew; with more in two minutes the bound of lateness is shorter.</summary>
    public const int MaxReadings = 256;

    private const int TrimAt = 16;

    private PastReading[] ring = new PastReading[2];
    private int head;
    private int trimMemoriesAt = TrimAt;

    public PointPast(in PointClock clock) => Forget(clock);

    /// <summary>The point as of the last reading that no late one can come before.</summary>
    public PointClock Settled;

    /// <summary>Nothing at or before this instant is heard any more.</summary>
    public long SettledMs { get; set; }

    /// <summary>Latest time at which a timer fired.</summary>
    public long FiredMs { get; set; }

    /// <summary>Time of the reading or timer that is being worked on.</summary>
    public long NowMs { get; set; }

    public int Count { get; private set; }

    /// <summary>Oldest first.</summary>
    public PastReading this[int index] => ring[(head + index) & (ring.Length - 1)];

    public List<PastMemory> Memories { get; } = new(0);

    public List<PastTold> Told { get; } = new(0);

    /// <summary>All that is past is final.</summary>
    public void Forget(in PointClock clock)
    {
        Settled = clock;
        (Count, FiredMs, SettledMs) = (0, AlarmMemory.None, clock.HasReading ? clock.LastEventMs : AlarmMemory.None);
        Memories.Clear();
        Told.Clear();
    }

    public bool Knows(long timeMs)
    {
        for (var i = Count - 1; i >= 0 && this[i].TimeMs >= timeMs; i--)
        {
            if (this[i].TimeMs == timeMs) return true;
        }
        return false;
    }

    /// <summary>Earliest time at which a reading is still heard.</summary>
    public long ReachMs(in PointClock clock) => Math.Max(SettledMs + 1, Math.Max(clock.HasReading ? clock.LastEventMs : AlarmMemory.None + LatenessMs, Math.Max(FiredMs, AlarmMemory.None + LatenessMs)) - LatenessMs);

    /// <summary>The newest reading.</summary>
    public void Add(in PastReading reading)
    {
        var limit = reading.TimeMs - LatenessMs;
        while (Count > 0 && (ring[head].TimeMs < limit || Count == MaxReadings)) SettleFirst();
        Restore(reading);
    }

    /// <summary>The newest reading, as a snapshot kept it.</summary>
    public void Restore(in PastReading reading)
    {
        if (Count == ring.Length)
        {
            var larger = new PastReading[ring.Length * 2];
            for (var i = 0; i < Count; i++) larger[i] = this[i];
            (ring, head) = (larger, 0);
        }
        ring[(head + Count++) & (ring.Length - 1)] = reading;
    }

    public void Note(AlarmInstance alarm, in AlarmMemory before)
    {
        if (Memories.Count >= trimMemoriesAt)
        {
            Trim();
            trimMemoriesAt = Math.Max(TrimAt, Memories.Count * 2);
        }
        Memories.Add(new PastMemory(NowMs, alarm, before));
    }

    public void Tell(AlarmInstance alarm, AlarmTransition transition)
    {
        if (Told.Count >= TrimAt) Trim();
        Told.Add(new PastTold(NowMs, alarm, transition));
    }

    /// <summary>Lets go of what no late reading can reach.</summary>
    public void Trim()
    {
        var newest = Math.Max(NowMs, Count > 0 ? this[Count - 1].TimeMs : AlarmMemory.None + LatenessMs);
        var from = Math.Max(newest - LatenessMs, SettledMs + 1);
        var old = 0;
        while (old < Memories.Count && Memories[old].TimeMs < from) old++;
        Memories.RemoveRange(0, old);
        old = 0;
        while (old < Told.Count && Told[old].TimeMs < from) old++;
        Told.RemoveRange(0, old);
    }

    /// <summary>Takes the point and its alarms back to before an instant; gives the readings since, and what was told, both to be worked out anew.</summary>
    public (List<PastReading> Readings, List<PastTold> Told) GoBack(PointState point, long timeMs)
    {
        // In the order of time for each alarm, not for all of them.
        for (var i = Memories.Count - 1; i >= 0; i--)
        {
            if (Memories[i].TimeMs >= timeMs) Memories[i].Alarm.Memory = Memories[i].Before;
        }
        Memories.RemoveAll(memory => memory.TimeMs >= timeMs);
        var told = Told.FindAll(t => t.TimeMs >= timeMs);
        Told.RemoveAll(t => t.TimeMs >= timeMs);
        var readings = new List<PastReading>();
        while (Count > 0 && this[Count - 1] is var reading && reading.TimeMs >= timeMs)
        {
            Count--;
            readings.Insert(0, reading);
            if (!reading.Valued) continue;
            point.History?.RemoveLast();
            if (reading.Text is null) point.Recent?.RemoveLast(reading.Lost);
        }
        point.Clock = Settled;
        for (var i = 0; i < Count; i++) point.Clock.Hear(this[i]);
        return (readings, told);
    }

    private void SettleFirst()
    {
        ref readonly var first = ref ring[head];
        Settled.Hear(first);
        SettledMs = first.TimeMs;
        head = (head + 1) & (ring.Length - 1);
        Count--;
    }
}
