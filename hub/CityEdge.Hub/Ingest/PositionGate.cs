namespace CityEdge.Hub.Ingest;

/// <summary>A journal position that only grows, and those who wait for it: the telemetry consumer stays behind the registry, an API answer waits for its change.</summary>
public sealed class PositionGate
{
    private readonly Lock gate = new();
    private readonly List<(long Position, TaskCompletionSource Waiter)> waiters = [];
    private long position;

    public long Position => Volatile.Read(ref position);

    /// <summary>Moves the position on and completes who waited for it.</summary>
    public void Advance(long to)
    {
        List<TaskCompletionSource>? ready = null;
        lock (gate)
        {
            if (to <= position) return;
            position = to;
            for (var i = waiters.Count - 1; i >= 0; i--)
            {
                if (waiters[i].Position > to) continue;
                (ready ??= []).Add(waiters[i].Waiter);
                waiters.RemoveAt(i);
            }
        }
        if (ready is null) return;
        foreach (var waiter in ready) waiter.TrySetResult();
    }

    /// <summary>Completes when the position has reached <paramref name="wanted"/>.</summary>
    public Task WaitAsync(long wanted, CancellationToken ct)
    {
        lock (gate)
        {
            if (position >= wanted) return Task.CompletedTask;
            var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            waiters.Add((wanted, waiter));
            return waiter.Task.WaitAsync(ct);
        }
    }
}
