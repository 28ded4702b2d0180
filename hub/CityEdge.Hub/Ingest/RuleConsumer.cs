using System.Buffers;
using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using CityEdge.SegmentLog;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// The consumer of the journal that registers points, runs rules and hands alarms to the ticket room. What it writes and its journal position are
/// one SQLite commit (design §4, "Cursor and effect"), so that a crash at any instruction repeats nothing and skips nothing.
/// </summary>
public sealed class RuleConsumer(AppendLog journal, TicketStore tickets, RuleFold fold, RuleEngine engine, EngineReader reader, HubMetrics metrics, TimeProvider time, ILogger<RuleConsumer> logger)
{
    private const int BatchRecords = 512;
    private const int BatchBytes = 4 << 20;

    /// <summary>How long a drained consumer waits before it looks at the wall clock again, real time.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan SnapshotEvery = TimeSpan.FromSeconds(5);

    private readonly Effects effects = new();
    private readonly List<LogRecord> batch = [];
    private readonly ArrayBufferWriter<byte> snapshot = new();
    private LogCursor? cursor;
    private long position;
    private long savedPosition;
    private long lastSnapshot;
    private long lastDeadlineCheck;

    /// <summary>Up to where the journal is folded and its effects are stored.</summary>
    public PositionGate Folded { get; } = new();

    /// <summary>Points and devices whose registry rows changed, after the commit.</summary>
    public event Action<IReadOnlyCollection<PointId>, IReadOnlyCollection<string>>? Changed;

    /// <summary>Folds the journal from where the engine's snapshot was taken up to the stored position; nothing is written.</summary>
    /// <param name="snapshotPosition">Journal position of the snapshot.</param>
    /// <param name="changed">What loading it said: alarms of rules that are no longer the same.</param>
    public void Recover(long snapshotPosition, IReadOnlyList<AlarmTransition> changed)
    {
        cursor = journal.OpenCursor("rules", snapshotPosition);
        position = Math.Max(snapshotPosition, journal.Start);
        savedPosition = tickets.Cursor;
        while (position < savedPosition)
        {
            batch.Clear();
            if (journal.Read(position, batch, BatchRecords, BatchBytes) == 0) break;
            foreach (var record in batch)
            {
                if (record.Position >= savedPosition) break;
                fold.Fold(record, effects);
                position = record.NextPosition;
            }
            effects.Clear();
        }
        Folded.Advance(position);
        fold.Emit(changed, time.GetUtcNow().ToUnixTimeMilliseconds(), effects);
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            batch.Clear();
            var count = journal.Read(position, batch, BatchRecords, BatchBytes);
            lock (reader.Gate) FoldBatch(count);
            await StoreAsync(ct);
            if (count == 0) await WaitAsync(ct);
        }
    }

    /// <summary>Stores position and snapshot once more, so that the next start has nothing to fold. Call after <see cref="RunAsync"/> has ended.</summary>
    public async Task StopAsync()
    {
        effects.ForceSnapshot = true;
        await StoreAsync(CancellationToken.None);
    }

    private void FoldBatch(int count)
    {
        foreach (var record in batch)
        {
            FoldOne(record);
            position = record.NextPosition;
        }
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        // The wall clock moves only a drained consumer: in a backlog time is what the records say.
        if (count == 0) fold.Advance(now, effects);
        if (count > 0 && time.GetElapsedTime(lastDeadlineCheck) < TimeSpan.FromSeconds(1)) return;
        lastDeadlineCheck = time.GetTimestamp();
        fold.FireDeadlines(count == 0 ? now : batch[^1].TimeMs, effects);
    }

    private void FoldOne(in LogRecord record)
    {
        try
        {
            fold.Fold(record, effects);
        }
#pragma warning disable CA1031 // One poisonous record must not stop the city: it is kept and named.
        catch (Exception error)
#pragma warning restore CA1031
        {
            logger.LogError(error, "Journal record at {Position} could not be folded; it is with the dead letters.", record.Position);
            var letter = DeadLetters.Create(record.Position, record.TimeMs, null, null, RefusalReason.BadRecord, $"Could not be folded: {error.Message}", -1, record.Body);
            metrics.Refused(RefusalReason.BadRecord);
            effects.Add(tx => DeadLetters.Add(tx.Connection, letter));
        }
    }

    private async Task StoreAsync(CancellationToken ct)
    {
        var snapshotDue = effects.ForceSnapshot || (position > savedPosition && System.Diagnostics.Stopwatch.GetElapsedTime(lastSnapshot) > SnapshotEvery);
        if (!effects.Any && !snapshotDue)
        {
            Folded.Advance(position);
            return;
        }
        if (snapshotDue)
        {
            snapshot.ResetWrittenCount();
            engine.Save(snapshot);
        }
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await tickets.WriteAsync(
                    tx =>
                    {
                        effects.WriteTo(tx);
                        tx.SaveCursor(position);
                        if (snapshotDue) tx.SaveSnapshot(position, snapshot.WrittenSpan);
                        return true;
                    },
                    CancellationToken.None);
                break;
            }
            catch (SqliteException error)
            {
                // Disk full, I/O error: nothing is lost, the journal keeps the records. Try again for as long as it takes.
                metrics.Retry("rules");
                logger.LogError(error, "Alarms and tickets could not be stored, attempt {Attempt}; trying again.", attempt + 1);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(30_000, 250 << Math.Min(attempt, 7))), TimeProvider.System, ct);
            }
        }
        if (snapshotDue)
        {
            lastSnapshot = System.Diagnostics.Stopwatch.GetTimestamp();
            cursor?.Commit(position);
            journal.Trim();
        }
        savedPosition = position;
        Folded.Advance(position);
        if (effects.Points.Count + effects.Devices.Count > 0) Changed?.Invoke([.. effects.Points], [.. effects.Devices]);
        effects.Clear();
    }

    private async Task WaitAsync(CancellationToken ct)
    {
        using var tick = CancellationTokenSource.CreateLinkedTokenSource(ct);
        tick.CancelAfter(Tick);
        try
        {
            await journal.WaitForDataAsync(position, tick.Token);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Time to look at the clock.
        }
    }
}
