using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>The last five intervals between a point's values, ms; 0 where not seen yet.</summary>
[InlineArray(Length)]
internal struct Intervals
{
    public const int Length = 5;
    private long first;
}

/// <summary>Where a point stands after its last reading: event clock, last value, usual interval. Plain data, so that one can go back to it. Times are Unix ms.</summary>
internal struct PointClock
{
    /// <summary>Least support of one value, and what a single value has before any interval is known.</summary>
    public const long LeastSupportMs = 60_000;

    public bool HasReading;

    /// <summary>Event time of the last reading; the announcement's time before the first.</summary>
    public long LastEventMs;

    /// <summary>Arrival of the last reading; the announcement's time before the first.</summary>
    public long LastArrivalMs;

    /// <summary>Event time of the last reading that carried a usable number; <see cref="long.MinValue"/> before one.</summary>
    public long LastValueMs;

    public double LastValue;

    /// <summary>What is in doubt about the last value.</summary>
    public Quality LastQuality;

    /// <summary>The last value of a text point, cut where no rule compares further; null before one, and for other kinds.</summary>
    public string? LastText;

    private Intervals intervals;

    /// <summary>0: not known since the last interval; most readings nobody asks.</summary>
    private long supportMs;

    public PointClock(long announcedMs) => (LastEventMs, LastArrivalMs, LastValueMs, LastValue) = (announcedMs, announcedMs, long.MinValue, double.NaN);

    /// <summary>Three times the usual interval between values, at least <see cref="LeastSupportMs"/>.</summary>
    public long SupportMs => supportMs != 0 ? supportMs : supportMs = LearnSupport();

    [UnscopedRef]
    public Span<long> Intervals => intervals;

    public void Hear(in PastReading reading)
    {
        if (reading.Valued)
        {
            ObserveInterval(reading.TimeMs);
            (LastValueMs, LastValue, LastQuality) = (reading.TimeMs, reading.Value, reading.Quality);
            if (reading.Text is not null) LastText = reading.Text;
        }
        (HasReading, LastEventMs, LastArrivalMs) = (true, reading.TimeMs, reading.ArrivalMs);
    }

    /// <summary>
    /// Learns from the interval that ends at <paramref name="timeMs"/>. The median of the last five: one outage does not stretch it, and a changed interval is learnt in three readings. The lower of two
    /// middle values, so that the first outage after the first interval does not count either.
    /// </summary>
    public void ObserveInterval(long timeMs)
    {
        if (LastValueMs == long.MinValue) return;
        for (var i = Rules.Intervals.Length - 1; i > 0; i--) intervals[i] = intervals[i - 1];
        intervals[0] = timeMs - LastValueMs;
        supportMs = 0;
    }

    private readonly long LearnSupport()
    {
        Span<long> sorted = stackalloc long[Rules.Intervals.Length];
        var count = 0;
        foreach (var interval in intervals)
        {
            if (interval <= 0) continue;
            var place = count++;
            while (place > 0 && sorted[place - 1] > interval)
            {
                sorted[place] = sorted[place - 1];
                place--;
            }
            sorted[place] = interval;
        }
        return count > 0 ? Math.Max(LeastSupportMs, sorted[(count - 1) / 2] * 3) : LeastSupportMs;
    }
}
