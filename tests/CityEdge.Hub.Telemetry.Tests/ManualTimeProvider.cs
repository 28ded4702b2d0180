namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>A clock that moves when told.</summary>
public sealed class ManualTimeProvider(long startMs) : TimeProvider
{
    private long nowMs = startMs;

    public override long TimestampFrequency => 1000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Volatile.Read(ref nowMs));

    public override long GetTimestamp() => Volatile.Read(ref nowMs);

    public void Advance(TimeSpan by) => Interlocked.Add(ref nowMs, (long)by.TotalMilliseconds);
}
