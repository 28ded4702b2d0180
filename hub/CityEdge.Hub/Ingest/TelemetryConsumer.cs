using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// The consumer of the journal that feeds the telemetry store. A store that is away is backlog in the journal, not memory: the same rows are given
/// again until they are taken. It stays behind the rule consumer, which decides what a point is, and stores a
/// reading as the kind that its point had at the reading's place in the journal.
/// </summary>
public sealed class TelemetryConsumer(HubOptions options, AppendLog journal, ITelemetryStore store, HubRegistry registry, PositionGate folded, HubMetrics metrics, SystemIncidents incidents, ILogger<TelemetryConsumer> logger)
{
    private const int BatchBytes = 1 << 20;
    private readonly LogChunk batch = new();
    private readonly List<TelemetryRow> rows = [];
    private readonly MessageDecoder decoder = new(options, registry);
    private LogCursor? cursor;
    /// <summary>What a remote store has been sent but has not answered must be waited for; an embedded one shows its rows at once.</summary>
    private readonly bool flushWhenIdle = options.Telemetry.Kind != "embedded";
    private long position;
    private long taken;
    private long troubledAt;
    private int equalAnswers;

    /// <summary>How long nothing must come before what is under way is waited for, real time.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMilliseconds(100);

    /// <summary>Also a server that asks for no pause at all gets one.</summary>
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Position of the next record to give to the store; once nothing comes any more, all before it are stored.</summary>
    public long Position => Volatile.Read(ref position);

    /// <summary>False while the store cannot be reached.</summary>
    public bool Available { get; private set; } = true;

    /// <summary>Why the store cannot be reached; null while it can.</summary>
    public string? Problem { get; private set; }

    /// <summary>Whether waiting helps; null while the store takes rows.</summary>
    public TelemetryTrouble? Trouble { get; private set; }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        cursor = journal.OpenCursor("telemetry", store.DurablePosition);
        position = taken = Math.Max(store.DurablePosition, journal.Start);
        while (!ct.IsCancellationRequested)
        {
            await folded.WaitAsync(taken + 1, ct);
            rows.Clear();
            var limit = folded.Position;
            var cpu = ThreadCpu.Seconds();
            journal.Read(taken, batch, BatchBytes);
            var next = taken;
            foreach (var record in batch)
            {
                if (record.Position >= limit) break;
                if (record.Kind == JournalKind.Publish) Decode(record);
                next = record.NextPosition;
            }
            if (batch.Count > 0) metrics.Stage("telemetry_decode", cpu);
            if (next == taken) next = limit;
            await GiveAsync(next, ct);
            taken = next;
            if (flushWhenIdle && await IsIdleAsync(ct)) await FlushAsync(ct);
            Volatile.Write(ref position, taken);
            SaveCursor();
        }
    }

    /// <summary>Keeps what the store says is durable; call when nothing runs any more.</summary>
    public void SaveCursor() => cursor?.Commit(Math.Min(journal.DurableEnd, Math.Max(cursor.Position, store.DurablePosition)));

    private void Decode(in LogRecord record)
    {
        if (MessageDecoder.IsForeign(record.Body.Span) || !PublishRecord.TryDecode(record.Body, out var publish)) return;
        DecodedMessage message;
        try
        {
            message = decoder.Decode(publish, record.TimeMs, record.Position);
        }
#pragma warning disable CA1031 // The rule consumer has put the poisonous record with the dead letters; it must not hold telemetry up.
        catch (Exception error)
#pragma warning restore CA1031
        {
            logger.LogError(error, "Journal record at {Position} could not be decoded; its readings are not stored.", record.Position);
            return;
        }
        foreach (var (reading, _) in message.Readings)
        {
            // A point that the registry does not have, or not yet at this record, was refused by a cap; the rule consumer has kept the dead letter.
            if (registry.FindPoint(reading.Point) is not { } point || point.RegisteredAt > record.Position) continue;
            var kind = registry.History.Before(reading.Point, record.Position)?.Kind ?? point.Kind;
            rows.Add(new TelemetryRow(reading.Point, kind, reading.TimeMs, reading.Value, reading.Quality));
        }
    }

    private async Task<bool> IsIdleAsync(CancellationToken ct)
    {
        using var wait = CancellationTokenSource.CreateLinkedTokenSource(ct);
        wait.CancelAfter(Idle);
        try
        {
            await folded.WaitAsync(taken + 1, wait.Token);
            return false;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            return true;
        }
    }

    private Task GiveAsync(long next, CancellationToken ct) => UntilTakenAsync(() => store.WriteAsync(rows, next, ct), proves: !flushWhenIdle, ct);

    private Task FlushAsync(CancellationToken ct) => UntilTakenAsync(() => store.FlushAsync(ct), proves: true, ct);

    private async Task UntilTakenAsync(Func<ValueTask> give, bool proves, CancellationToken ct)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                var cpu = ThreadCpu.Seconds();
                var giving = give();
                // What it does before it has to wait: for the embedded store everything.
                metrics.Stage("telemetry_store", cpu);
                await giving;
                // A remote store has taken rows when it has answered, not when they are under way.
                if (proves || store.DurablePosition > troubledAt) await WorksAsync(ct);
                return;
            }
            catch (TelemetryUnavailableException error)
            {
                await TroubledAsync(error, ct);
                var backOff = error.RetryAfter ?? TimeSpan.FromMilliseconds(Math.Min(30_000, 250 << Math.Min(attempt, 7)) * (0.5 + Random.Shared.NextDouble() / 2));
                await Task.Delay(backOff < ShortestPause ? ShortestPause : backOff, TimeProvider.System, ct);
            }
        }
    }

    private async Task TroubledAsync(TelemetryUnavailableException error, CancellationToken ct)
    {
        equalAnswers = error.Trouble == TelemetryTrouble.Busy && error.Message == Problem ? equalAnswers + 1 : 1;
        if (Available) logger.LogWarning("Telemetry store is away, readings wait in the journal: {Problem}", error.Message);
        (Available, Problem, Trouble, troubledAt) = (false, error.Message, error.Trouble, store.DurablePosition);
        metrics.Retry("telemetry");
        if (error.Trouble == TelemetryTrouble.Stopped || equalAnswers >= TelemetryIncident.EqualAnswers) await incidents.RaiseAsync(TelemetryIncident.Of(error), ct);
    }

    private async Task WorksAsync(CancellationToken ct)
    {
        if (!Available) logger.LogInformation("Telemetry store takes readings again.");
        (Available, Problem, Trouble, equalAnswers) = (true, null, null, 0);
        await incidents.ClearAsync(TelemetryIncident.Subject, ct);
    }
}
