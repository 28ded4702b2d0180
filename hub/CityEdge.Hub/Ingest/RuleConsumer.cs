using System.Buffers;
using System.Diagnostics;
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
public sealed class RuleConsumer(AppendLog journal, TicketStore tickets, RuleFold fold, RuleEngine engine, AlarmDesk desk, EngineReader reader, HubMetrics metrics, TimeProvider time, ILogger<RuleConsumer> logger)
{
    private const int BatchBytes = 1 << 20;

    /// <summary>How long a drained consumer waits before it looks at the wall clock again, real time.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// Least time between two wake-ups while records keep coming. The journal flushes up to 500 times a second; a wake-up for each would cost more than the work, in every consumer
    /// that follows this one. After a quiet time the first record is handled at once.
    /// </summary>
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan SnapshotEvery = TimeSpan.FromSeconds(5);

    private readonly Effects effects = new();
    private readonly LogChunk batch = new();
    private readonly ArrayBufferWriter<byte> snapshot = new();
    private LogCursor? cursor;
    private long position;
    private long savedPosition;
    private long newestSnapshot;
    private long olderSnapshot;
    private long lastSnapshot;
    private long lastDeadlineCheck;
    private long lastWake;

    /// <summary>Up to where the journal is folded and its effects are stored.</summary>
    public PositionGate Folded { get; } = new();

    /// <inheritdoc cref="RuleFold.Outcomes" />
    public RuleOutcomes Outcomes => fold.Outcomes;

    /// <summary>Points and devices whose registry rows changed, after the commit.</summary>
    public event Action<IReadOnlyCollection<PointId>, IReadOnlyCollection<string>>? Changed;

    /// <summary>Rules, assets or points changed, after the commit: the points, and whether it may concern others too.</summary>
    public event Action<IReadOnlyCollection<PointId>, bool>? Reconfigured;

    /// <summary>Folds the journal from where the engine's snapshot was taken up to the stored position; its effects are stored already and are not written again.</summary>
    public void Recover(RecoveredEngine recovered)
    {
        position = recovered.Position;
        olderSnapshot = recovered.OlderPosition;
        newestSnapshot = recovered.Position;
        cursor = journal.OpenCursor("rules", olderSnapshot);
        savedPosition = tickets.Cursor;
        position = Math.Max(position, journal.Start);
        fold.Recovering = true;
        while (position < savedPosition)
        {
            if (journal.Read(position, batch, BatchBytes) == 0) break;
            foreach (var record in batch)
            {
                if (record.Position >= savedPosition)
                {
                    position = savedPosition;
                    break;
                }
                FoldOne(record);
                position = record.NextPosition;
            }
            effects.Clear();
        }
        fold.Recovering = false;
        // Damaged regions can end the journal before it; they are skipped.
        position = Math.Max(position, savedPosition);
        Folded.Advance(position);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        fold.Emit(recovered.Transitions, now, effects);
        if (!recovered.FellBack) return;
        var differences = fold.DifferencesFromStore(now);
        logger.LogWarning("The rule engine did not start from its newest snapshot; {Count} alarms are closed or raised so that alarms and rules agree again.", differences.Count);
        fold.Emit(differences, now, effects);
        effects.ForceSnapshot = true;
    }

    /// <summary>Runs until cancelled.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            // Before reading: a message that is being flushed has an earlier arrival time than a clock read after it.
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var (end, durable) = (journal.End, journal.DurableEnd);
            var cpu = ThreadCpu.Seconds();
            var count = journal.Read(position, batch, BatchBytes);
            lock (reader.Gate) FoldBatch(now, drained: count == 0 && end == durable);
            if (count > 0) metrics.Stage("rules_fold", cpu);
            await StoreAsync(ct);
            if (count == 0) await WaitAsync(durable, ct);
        }
    }

    /// <summary>Stores position and snapshot once more, so that the next start has nothing to fold. Call after <see cref="RunAsync"/> has ended; gives up when cancelled, which loses nothing.</summary>
    public async Task StopAsync(CancellationToken ct)
    {
        effects.ForceSnapshot = true;
        try
        {
            await StoreAsync(ct);
        }
        catch (OperationCanceledException) when (ct.IsCancellationRequested)
        {
            logger.LogWarning("Alarms and tickets could not be stored at stop; the next start folds the journal from position {Position} on.", savedPosition);
        }
    }

    private void FoldBatch(long now, bool drained)
    {
        var newest = 0L;
        foreach (var record in batch)
        {
            FoldOne(record);
            (position, newest) = (record.NextPosition, record.TimeMs);
        }
        effects.From(-1, now);
        // The wall clock moves only a drained consumer: in a backlog time is what the records say.
        if (drained) fold.Advance(now, effects);
        if (!drained && (batch.Count == 0 || time.GetElapsedTime(lastDeadlineCheck) < TimeSpan.FromSeconds(1))) return;
        lastDeadlineCheck = time.GetTimestamp();
        fold.FireDeadlines(drained ? now : newest, effects);
    }

    private void FoldOne(in LogRecord record)
    {
        effects.From(record.Position, record.TimeMs);
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
        var snapshotDue = effects.ForceSnapshot || (position > savedPosition && Stopwatch.GetElapsedTime(lastSnapshot) > SnapshotEvery);
        if (!effects.Any && !snapshotDue)
        {
            Folded.Advance(position);
            return;
        }
        if (snapshotDue)
        {
            var cpu = ThreadCpu.Seconds();
            fold.SaveSeen(effects);
            snapshot.ResetWrittenCount();
            FoldSnapshot.Save(engine, desk, snapshot);
            metrics.Stage("rules_snapshot", cpu);
        }
        await CommitAsync(snapshotDue, ct);
        savedPosition = position;
        if (snapshotDue)
        {
            lastSnapshot = Stopwatch.GetTimestamp();
            if (newestSnapshot < position) (olderSnapshot, newestSnapshot) = (newestSnapshot, position);
            // A damaged snapshot falls back to the one before, and needs the journal from there on.
            cursor?.Commit(olderSnapshot);
            journal.Trim();
        }
        Folded.Advance(position);
        var (points, devices) = (effects.Points.ToList(), effects.Devices.ToList());
        var (configured, all) = (effects.ForceSnapshot, effects.Reconfigured);
        // Before anyone hears of it: a listener that fails must not have the effects written twice.
        effects.Clear();
        if (points.Count + devices.Count > 0) Changed?.Invoke(points, devices);
        if (configured && (all || points.Count > 0)) Reconfigured?.Invoke(points, all);
    }

    private async Task CommitAsync(bool snapshotDue, CancellationToken ct)
    {
        var oneByOne = false;
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                await tickets.WriteAsync(
                    tx =>
                    {
                        var cpu = ThreadCpu.Seconds();
                        if (oneByOne) effects.WriteEachTo(tx, Poisonous);
                        else effects.WriteTo(tx);
                        tx.SaveCursor(position);
                        if (snapshotDue) tx.SaveSnapshot(position, snapshot.WrittenSpan);
                        metrics.Stage("rules_store", cpu);
                    },
                    CancellationToken.None);
                return;
            }
            catch (Exception error) when (!oneByOne && error is not ObjectDisposedException && !IsDisk(error))
            {
                // An effect that the store refuses would be refused for ever: find it, keep it as a dead letter, store the others.
                oneByOne = true;
                metrics.Retry("rules");
                logger.LogError(error, "Effects of journal records could not be stored together; each is stored alone.");
            }
            catch (SqliteException error)
            {
                // Disk full, I/O error: nothing is lost, the journal keeps the records. Try again for as long as it takes.
                metrics.Retry("rules");
                logger.LogError(error, "Alarms and tickets could not be stored, attempt {Attempt}; trying again. Free space on the disk of {Path}.", attempt + 1, tickets.Path);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(30_000, 250 << Math.Min(attempt, 7))), TimeProvider.System, ct);
            }
        }
    }

    /// <summary>Errors of disk and file, which pass when someone mends them: busy, locked, no memory, read-only, I/O, damaged, full, cannot open.</summary>
    private static bool IsDisk(Exception error) => error is SqliteException { SqliteErrorCode: 5 or 6 or 7 or 8 or 10 or 11 or 13 or 14 or 26 };

    private void Poisonous(long from, Exception error)
    {
        metrics.Refused(RefusalReason.BadRecord);
        logger.LogError(error, "An effect of the journal record at {Position} cannot be stored; it is with the dead letters.", from);
    }

    /// <summary>Waits for data past what was durable when nothing was found: a damaged region at the end must not spin.</summary>
    private async Task WaitAsync(long durable, CancellationToken ct)
    {
        using var tick = CancellationTokenSource.CreateLinkedTokenSource(ct);
        tick.CancelAfter(Tick);
        try
        {
            await journal.WaitForDataAsync(Math.Max(position, durable), tick.Token);
            var early = Gather - Stopwatch.GetElapsedTime(lastWake);
            if (early > TimeSpan.Zero) await Task.Delay(early, TimeProvider.System, ct);
            lastWake = Stopwatch.GetTimestamp();
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            // Time to look at the clock.
        }
    }
}
