namespace CityEdge.Contracts;

/// <summary>
/// The demo's clock: starts at a fixed date and runs <c>Speed</c> times as fast as the machine's (design §5, <c>demo</c>). Hub, agents and
/// console share it by (<see cref="Origin"/>, <see cref="RealOrigin"/>, <see cref="Speed"/>). Timers made from it are given in its own time.
/// </summary>
public sealed class ScaledTimeProvider(DateTimeOffset origin, DateTimeOffset realOrigin, double speed) : TimeProvider
{
    /// <summary>This clock's time at <see cref="RealOrigin"/>.</summary>
    public DateTimeOffset Origin { get; } = origin;

    /// <summary>The machine's time at which this clock started.</summary>
    public DateTimeOffset RealOrigin { get; } = realOrigin;

    /// <summary>Seconds of this clock per second of the machine's, &gt; 0.</summary>
    public double Speed { get; } = speed > 0 ? speed : throw new ArgumentOutOfRangeException(nameof(speed), speed, "The demo's speed must be greater than 0.");

    /// <inheritdoc />
    public override DateTimeOffset GetUtcNow() => Origin + (System.GetUtcNow() - RealOrigin) * Speed;

    /// <inheritdoc />
    public override long GetTimestamp() => (long)(System.GetTimestamp() * Speed);

    /// <inheritdoc />
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        System.CreateTimer(callback, state, Scale(dueTime), Scale(period));

    private TimeSpan Scale(TimeSpan time) => time < TimeSpan.Zero || time == TimeSpan.Zero ? time : TimeSpan.FromMilliseconds(Math.Max(1, time.TotalMilliseconds / Speed));
}
