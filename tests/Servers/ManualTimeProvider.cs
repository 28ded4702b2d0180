namespace CityEdge.Tests.Servers;

/// <summary>A clock that stands until it is moved; its timers fire inside <see cref="Advance"/>, in the order in which they are due.</summary>
public sealed class ManualTimeProvider(DateTimeOffset start) : TimeProvider
{
    private readonly Lock gate = new();
    private readonly List<ManualTimer> timers = [];
    private TaskCompletionSource changed = NewSource();
    private DateTimeOffset now = start;

    /// <summary>Starts on 2026-01-01T00:00:00Z.</summary>
    public ManualTimeProvider()
        : this(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))
    {
    }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    /// <summary>The next timer's due time; null when none is set.</summary>
    public DateTimeOffset? NextDue
    {
        get
        {
            lock (gate) return timers.Count == 0 ? null : timers.Min(t => t.Due);
        }
    }

    public override DateTimeOffset GetUtcNow()
    {
        lock (gate) return now;
    }

    public override long GetTimestamp() => GetUtcNow().UtcTicks;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ManualTimer(this, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    public void Advance(TimeSpan by)
    {
        var until = GetUtcNow() + by;
        while (true)
        {
            ManualTimer? next;
            lock (gate)
            {
                next = timers.Where(t => t.Due <= until).MinBy(t => t.Due);
                now = next is null ? until : next.Due > now ? next.Due : now;
                next?.Reschedule();
            }
            if (next is null) return;
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
                if (timers.Any(t => t.Due == now + due)) return;
                if (changed.Task.IsCompleted) changed = NewSource();
                wait = changed.Task;
            }
            try
            {
                await wait.WaitAsync(TimeSpan.FromSeconds(30), cancellation);
            }
            catch (TimeoutException)
            {
                lock (gate) throw new TimeoutException($"No timer is set for {due} from now; there are: {string.Join(", ", timers.Select(t => t.Due - now))}");
            }
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class ManualTimer(ManualTimeProvider owner, TimerCallback callback, object? state) : ITimer
    {
        private TimeSpan period;

        public DateTimeOffset Due { get; private set; }

        public void Fire() => callback(state);

        public void Reschedule()
        {
            if (period > TimeSpan.Zero) Due += period;
            else owner.timers.Remove(this);
        }

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            lock (owner.gate)
            {
                owner.timers.Remove(this);
                if (dueTime == Timeout.InfiniteTimeSpan) return true;
                Due = owner.now + dueTime;
                this.period = period;
                owner.timers.Add(this);
                owner.changed.TrySetResult();
                return true;
            }
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
