namespace CityEdge.Hub.Tests;

/// <summary>The hub's wall clock: stands until it is moved. Timers and time-outs stay real.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    /// <summary>2026-01-15T00:00:00Z, a heating-season day; 08:00 in Beijing.</summary>
    public const long T0 = 1_768_435_200_000;

    private long ms = T0;

    public long NowMs => Interlocked.Read(ref ms);

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(NowMs);

    public void Advance(TimeSpan by) => Interlocked.Add(ref ms, (long)by.TotalMilliseconds);
}
