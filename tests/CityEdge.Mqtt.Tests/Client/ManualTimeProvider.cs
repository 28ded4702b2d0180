namespace CityEdge.Mqtt.Tests.Client;

/// <summary>A clock that stands until told to advance; its timers fire inside <see cref="Advance"/>.</summary>
public sealed class ManualTimeProvider : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TaskCompletionSource changed = New();
    private long now = new DateTimeOffset(2026, 11, 1, 0, 0, 0, TimeSpan.Zero).UtcTicks;

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => Volatile.Read(ref now);

    public override DateTimeOffset GetUtcNow() => new(GetTimestamp(), TimeSpan.Zero);

    public void Advance(TimeSpan by)
    {
        var target = GetTimestamp() + by.Ticks;
        while (true)
        {
            ManualTimer? next;
            lock (gate)
            {
                next = timers.Where(t => t.Due <= target).MinBy(t => t.Due);
                if (next is null)
                {
                    now = target;
                    return;
                }
                now = Math.Max(now, next.Due);
                timers.Remove(next);
            }
            next.Fire();
        }
    }

    /// <summary>Waits until some timer is set to fire that long from now.</summary>
    public async Task WaitForTimerAsync(TimeSpan due, CancellationToken cancellation)
    {
        while (true)
        {
            Task wait;
            lock (gate)
            {
                if (timers.Any(t => t.Due == now + due.Ticks)) return;
                if (changed.Task.IsCompleted) changed = New();
                wait = changed.Task;
            }
            try
            {
                await wait.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
            }
            catch (TimeoutException)
            {
                lock (gate)
                    throw new TimeoutException($"no timer set for {due} from now; there are: {string.Join(", ", timers.Select(t => TimeSpan.FromTicks(t.Due - now)))}");
            }
        }
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        public long Due { get; private set; }

        public void Fire() => callback(state);

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner.gate)
            {
                owner.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = owner.now + dueTime.Ticks;
                owner.timers.Add(this);
                owner.changed.TrySetResult();
            }
            return true;
        }

        public void Dispose()
        {
            lock (owner.gate) owner.timers.Remove(this);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
