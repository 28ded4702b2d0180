namespace CityEdge.Hub.Tickets.Tests;

/// <summary>Wall clock that stands until it is moved.</summary>
internal sealed class ManualTimeProvider : TimeProvider
{
    private long ms = Scene.T0 + 86_400_000;

    public override DateTimeOffset GetUtcNow() => DateTimeOffset.FromUnixTimeMilliseconds(Interlocked.Read(ref ms));

    public void Advance(TimeSpan by) => Interlocked.Add(ref ms, (long)by.TotalMilliseconds);
}
