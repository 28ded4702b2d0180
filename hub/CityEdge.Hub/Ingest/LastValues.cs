using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// The newest reading of each point after a start: what was stored before it. Asked once at the start, and once more when the telemetry store has been fed
/// what it had not saved, because only then it knows the newest.
/// </summary>
public sealed class LastValues(HubRegistry registry, ITelemetryStore store, TelemetryConsumer consumer, long startedAt)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Loads as many as <paramref name="budget"/> allows; the rest follows in the background.</summary>
    public async Task LoadAsync(TimeSpan budget, CancellationToken ct)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(ct);
        limit.CancelAfter(budget);
        try
        {
            await LoadAsync(limit.Token);
        }
        catch (Exception error) when (error is TelemetryUnavailableException || (error is OperationCanceledException && !ct.IsCancellationRequested))
        {
            // The store is away or slow: the background pass asks again.
        }
    }

    /// <summary>The second pass; returns when it is done.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (true)
        {
            if (consumer.Position >= startedAt && consumer.Available)
            {
                try
                {
                    await LoadAsync(ct);
                    return;
                }
                catch (TelemetryUnavailableException)
                {
                    // It went away meanwhile; the consumer says so.
                }
            }
            await Task.Delay(Pause, TimeProvider.System, ct);
        }
    }

    private async Task LoadAsync(CancellationToken ct)
    {
        foreach (var point in registry.Points)
        {
            ct.ThrowIfCancellationRequested();
            if (await store.LastAsync(point.Id, point.Kind, ct) is not { } last) continue;
            if (point.Last is { } known && known.TimeMs >= last.TimeMs) continue;
            point.Last = new Contracts.Reading(point.Id, last.TimeMs, last.Value, point.Unit, last.Quality);
        }
    }
}
