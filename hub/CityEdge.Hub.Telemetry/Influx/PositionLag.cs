namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Holds a position back until it is a minute old: VictoriaMetrics acknowledges what a power cut still takes away (samples acknowledged 8 s before a <c>kill -9</c> were gone, those of 15 s before
/// were there). At most one entry a second, so that it stays small.
/// </summary>
internal sealed class PositionLag(TimeProvider time, long start)
{
    public static readonly TimeSpan Lag = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Step = TimeSpan.FromSeconds(1);
    private readonly Queue<(long Position, long At)> waiting = new();
    private long newest = start;
    private long? newestAt;
    private long settled = start;

    /// <summary>Takes the newest acknowledged position; returns the newest that was acknowledged a minute ago or earlier.</summary>
    public long Settle(long position)
    {
        var now = time.GetTimestamp();
        if (position > newest && (newestAt is not { } at || time.GetElapsedTime(at, now) >= Step))
        {
            (newest, newestAt) = (position, now);
            waiting.Enqueue((position, now));
        }
        while (waiting.TryPeek(out var oldest) && time.GetElapsedTime(oldest.At, now) >= Lag) settled = waiting.Dequeue().Position;
        return settled;
    }
}
