using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>
/// An adapter that asks its device every so often. A failing round is a fault that is counted; the loop goes on. A slow device delays its next round and is never asked twice at once.
/// </summary>
public abstract class PollingAdapter : IAdapter
{
    protected PollingAdapter(string id, string type, AdapterContext context, TimeSpan every)
    {
        (Id, Type, Context, Every) = (id, type, context, every);
        Health = new AdapterHealth(id, context.OnFault);
    }

    /// <inheritdoc />
    public string Id { get; }

    /// <inheritdoc />
    public string Type { get; }

    /// <inheritdoc />
    public abstract IReadOnlyList<PointDeclaration> Points { get; }

    /// <inheritdoc />
    public AdapterHealth Health { get; }

    /// <summary>Time between the starts of two rounds.</summary>
    public TimeSpan Every { get; }

    /// <summary>Surroundings of the adapter.</summary>
    protected AdapterContext Context { get; }

    /// <inheritdoc />
    public async Task RunAsync(IReadingSink sink, CancellationToken cancellation)
    {
        var due = Context.Time.GetUtcNow();
        while (!cancellation.IsCancellationRequested)
        {
            var result = await PollSafelyAsync(cancellation);
            if (result.Readings.Count > 0) await sink.WriteAsync(result.Readings, cancellation);
            if (result.Readings.Count > 0 || result.Faults.Count == 0) Health.Stored(result.Readings.Count);
            foreach (var fault in result.Faults) Health.Fault(fault);
            var now = Context.Time.GetUtcNow();
            due += Every;
            if (due < now) due = now; // never catch up with a burst, and survive a clock that leaps
            else if (due > now + Every) due = now + Every;
            await Task.Delay(due - now, Context.Time, cancellation);
        }
        cancellation.ThrowIfCancellationRequested();
    }

    /// <inheritdoc />
    public async Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation)
    {
        var result = await PollAsync(cancellation);
        return result.Readings.Count == 0 && result.Faults.Count > 0 ? throw new IOException($"adapter {Id}: {string.Join("; ", result.Faults)}") : result.Readings;
    }

    /// <summary>One round. Faults of single points go into the result; an exception is a fault of the whole round.</summary>
    protected abstract Task<PollResult> PollAsync(CancellationToken cancellation);

    /// <summary>A reading now of one of this device's points.</summary>
    protected Reading Now(PointDeclaration point, ReadingValue value, Quality quality = Quality.Good) =>
        new(new PointId(Context.Site, Context.Device, point.Name), Context.Time.GetUtcNow().ToUnixTimeMilliseconds(), value, point.Unit, quality);

    private async Task<PollResult> PollSafelyAsync(CancellationToken cancellation)
    {
        try
        {
            return await PollAsync(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException || !cancellation.IsCancellationRequested)
        {
            // Whatever a driver or a device does wrong must not end the others of this agent.
            return new PollResult([], [$"{Id}: {e.Message}"]);
        }
    }
}
