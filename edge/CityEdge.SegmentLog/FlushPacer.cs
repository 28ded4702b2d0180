namespace CityEdge.SegmentLog;

/// <summary>
/// When the next flush may start: a few at once after a quiet time, then one an interval (the generic cell rate algorithm). So a lone record is flushed at once, and a
/// stream of them shares flushes instead of having one each. Under the log's gate.
/// </summary>
internal sealed class FlushPacer(TimeSpan interval, TimeProvider clock)
{
    private const int Burst = 4;
    private readonly long every = (long)(interval.TotalSeconds * clock.TimestampFrequency);
    private long allowance = clock.GetTimestamp();

    /// <summary>Milliseconds until a flush may start, at least 1; 0: now.</summary>
    public int Delay()
    {
        if (every == 0) return 0;
        var early = allowance - (Burst - 1) * every - clock.GetTimestamp();
        // Waits are whole milliseconds: what is nearly due is due, or each interval would be rounded up.
        return early <= every / 8 ? 0 : (int)Math.Clamp(early * 1000 / clock.TimestampFrequency, 1, int.MaxValue);
    }

    /// <summary>A flush starts.</summary>
    public void Take()
    {
        if (every != 0) allowance = Math.Max(allowance, clock.GetTimestamp()) + every;
    }
}
