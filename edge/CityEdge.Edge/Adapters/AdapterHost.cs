using System.Collections.Concurrent;
using CityEdge.Adapters;
using CityEdge.Contracts;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>Runs the adapters, each through a normaliser of its own, and starts one again that has ended where it should not have.</summary>
internal sealed class AdapterHost(IReadOnlyList<IAdapter> adapters, IReadingSink sink, TimeProvider wireClock, ILogger logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromMinutes(1);
    private readonly ConcurrentDictionary<string, CancellationTokenSource> running = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Point, NormaliserDrop Reason), byte> toldOf = [];
    private readonly long[] dropped = new long[Enum.GetValues<NormaliserDrop>().Length];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private const int MostTold = 1000;

    public IReadOnlyList<IAdapter> Adapters => adapters;

    /// <summary>Readings not passed on, by reason; dead-band is not a fault.</summary>
    public IReadOnlyDictionary<NormaliserDrop, long> Dropped =>
        Enum.GetValues<NormaliserDrop>().Where(d => d != NormaliserDrop.None).ToDictionary(d => d, d => Interlocked.Read(ref dropped[(int)d]));

    /// <summary>Completes when cancelled, or when every adapter has ended by itself; faults when the spool does.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        var runs = adapters.Select(a => (Adapter: a, Run: Task.Run(() => KeepRunningAsync(a, cancellation), CancellationToken.None))).ToList();
        var ending = Task.WhenAll(runs.Where(r => r.Adapter.EndsByItself).Select(r => r.Run));
        _ = ending.ContinueWith(_ => ended.TrySetResult(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        // The first fault ends the agent: it does not wait for adapters that never end.
        for (var left = runs.Select(r => r.Run).ToList(); left.Count > 0;)
        {
            var one = await Task.WhenAny(left).ConfigureAwait(false);
            await one.ConfigureAwait(false);
            left.Remove(one);
        }
    }

    /// <summary>Completes when every adapter that ends by itself has.</summary>
    public Task EndedAsync(CancellationToken cancellation) => ended.Task.WaitAsync(cancellation);

    /// <summary>Ends an adapter's run and begins a new one; false when there is none of that id.</summary>
    public bool Restart(string id)
    {
        if (!running.TryGetValue(id, out var stop)) return false;
        stop.Cancel();
        return true;
    }

    private async Task KeepRunningAsync(IAdapter adapter, CancellationToken cancellation)
    {
        var normalised = new NormalisingSink(sink, adapter, OnDrop);
        var delay = FirstDelay;
        while (!cancellation.IsCancellationRequested)
        {
            using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            running[adapter.Id] = stop;
            var began = wireClock.GetTimestamp();
            try
            {
                await adapter.RunAsync(normalised, stop.Token).ConfigureAwait(false);
                if (adapter.EndsByItself && !stop.IsCancellationRequested) return;
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                logger.LogDebug("Adapter {Id} stopped", adapter.Id);
            }
            catch (SegmentLog.LogFailedException)
            {
                throw;
            }
            catch (Exception e)
            {
                adapter.Health.Fault(e.Message);
                logger.LogError(e, "Adapter {Id} ({Type}) ended with a fault; it starts again in {Delay}", adapter.Id, adapter.Type, delay);
            }
            finally
            {
                running.TryRemove(adapter.Id, out _);
            }
            if (cancellation.IsCancellationRequested) return;
            // A restart by command is at once; a fault waits, longer each time unless the adapter had run well meanwhile.
            if (stop.IsCancellationRequested) continue;
            if (wireClock.GetElapsedTime(began) > MaxDelay) delay = FirstDelay;
            await Task.Delay(delay, wireClock, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < MaxDelay ? delay * 2 : MaxDelay;
        }
    }

    private void OnDrop(Reading raw, NormalisedReading result)
    {
        Interlocked.Increment(ref dropped[(int)result.Drop]);
        if (result.Message is not { } message || toldOf.Count > MostTold || !toldOf.TryAdd((raw.Point.Name, result.Drop), 0)) return;
        logger.LogWarning("Reading not sent ({Reason}; said once for each point): {Message}", result.Drop, message);
    }
}
