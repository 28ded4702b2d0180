using CityEdge.Adapters;
using CityEdge.Contracts;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>The agent's store on disk. A write that has returned is an acknowledgement: it is flushed (design §2, promise 1).</summary>
internal sealed class Spool : IReadingSink, IAsyncDisposable
{
    public const int SegmentBytes = 1 << 20;
    private readonly AgentConfig config;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly DroppedTally tally;
    private readonly Lock gate = new();
    private TaskCompletionSource progress = NewSource();
    private long readings, events, tooLarge, waits;
    private long pendingAtOpen, appended, acknowledged;

    public Spool(AgentConfig config, TimeProvider clock, ILogger logger, ILogFiles? files)
    {
        (this.config, this.clock, this.logger) = (config, clock, logger);
        Log = AppendLog.Open(OptionsFor(config.Spool), files);
        Cursor = Log.OpenCursor("uplink");
        tally = new DroppedTally(files is null ? config.Spool.Directory : null);
        pendingAtOpen = CountFrom(Cursor.Position);
    }

    public AppendLog Log { get; }

    /// <summary>Everything below it has been acknowledged by the hub.</summary>
    public LogCursor Cursor { get; }

    /// <summary>Readings stored since the start.</summary>
    public long Readings => Interlocked.Read(ref readings);

    /// <summary>Events stored since the start.</summary>
    public long Events => Interlocked.Read(ref events);

    /// <summary>Readings and events refused because one alone is larger than a message.</summary>
    public long TooLarge => Interlocked.Read(ref tooLarge);

    /// <summary>How often an adapter had to wait because the spool was full.</summary>
    public long FullWaits => Interlocked.Read(ref waits);

    public static AppendLogOptions OptionsFor(SpoolConfig spool) => new()
    {
        Directory = spool.Directory,
        SegmentBytes = SegmentBytes,
        MaxBytes = spool.MaxBytes,
        WhenFull = spool.WhenFull,
        MaxRecordBytes = SpoolRecord.MaxJsonBytes + SpoolRecord.HeaderBytes,
        MaxUnflushedBytes = 512 << 10,
        QuarantineMaxBytes = 4 << 20,
        // What was acknowledged since is sent again after a kill.
        CursorFlushInterval = TimeSpan.FromMilliseconds(100),
        Clock = TimeProvider.System,
    };

    public async Task WriteAsync(IReadOnlyList<Reading> batch, CancellationToken cancellation)
    {
        if (batch.Count == 0) return;
        foreach (var body in SpoolRecord.EncodeReadings(config.Site, config.Device, batch as Reading[] ?? [.. batch], Refuse))
            await StoreAsync(SpoolRecord.Telemetry, body, cancellation).ConfigureAwait(false);
        Interlocked.Add(ref readings, batch.Count);

        void Refuse(Reading reading)
        {
            Interlocked.Increment(ref tooLarge);
            logger.LogError("{Point}: one reading of more than {Max} bytes cannot be sent and is refused (too_large)", reading.Point, SpoolRecord.MaxJsonBytes);
        }
    }

    public async Task WriteEventsAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation)
    {
        foreach (var one in events)
        {
            var body = SpoolRecord.EncodeEvent(one);
            if (body.Length - SpoolRecord.HeaderBytes > SpoolRecord.MaxJsonBytes)
            {
                Interlocked.Increment(ref tooLarge);
                logger.LogError("Event {Id} of type {Type}: more than {Max} bytes cannot be sent; it is refused (too_large)", one.Id, one.Type, SpoolRecord.MaxJsonBytes);
                continue;
            }
            await StoreAsync(SpoolRecord.Events, body, cancellation).ConfigureAwait(false);
            Interlocked.Increment(ref this.events);
        }
    }

    private async Task StoreAsync(byte kind, byte[] body, CancellationToken cancellation)
    {
        while (true)
        {
            Task free;
            lock (gate) free = progress.Task;
            try
            {
                await Log.AppendAsync(kind, clock.GetUtcNow().ToUnixTimeMilliseconds(), body, cancellation).ConfigureAwait(false);
                Interlocked.Increment(ref appended);
                return;
            }
            catch (LogFullException)
            {
                // Refusing means that nothing is acknowledged: the adapter waits until the hub has taken something.
                if (Interlocked.Increment(ref waits) == 1) logger.LogWarning("The spool is full ({Max} bytes): adapters wait until the hub has taken something", config.Spool.MaxBytes);
                await free.WaitAsync(cancellation).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The hub has acknowledged everything from one position to another.</summary>
    public void Acknowledge(long from, long to, int records)
    {
        if (from >= Cursor.Position) Interlocked.Add(ref acknowledged, records);
        var segmentBefore = Cursor.Position / SegmentBytes;
        Cursor.Commit(to);
        if (Cursor.Position / SegmentBytes != segmentBefore) Log.Trim();
        TaskCompletionSource moved;
        lock (gate) (moved, progress) = (progress, NewSource());
        moved.TrySetResult();
    }

    /// <summary>Completes when the hub has acknowledged everything that is stored now or is stored meanwhile.</summary>
    public async Task DrainedAsync(CancellationToken cancellation)
    {
        while (true)
        {
            Task moved;
            lock (gate) moved = progress.Task;
            if (Cursor.Position >= Log.End || IsNothingLeft()) return;
            await moved.WaitAsync(cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>The cursor may stop short of the end where the last records are damaged.</summary>
    private bool IsNothingLeft() => Log.DurableEnd == Log.End && Log.Read(Cursor.Position, new List<LogRecord>(1), 1, 1) == 0;

    public SpoolStatus Status()
    {
        var stats = Log.Stats;
        var oldest = new List<LogRecord>(1);
        Log.Read(Cursor.Position, oldest, 1, 1);
        return new SpoolStatus
        {
            Records = Math.Max(0, pendingAtOpen + Interlocked.Read(ref appended) - Interlocked.Read(ref acknowledged) - stats.DroppedRecords),
            Bytes = stats.DiskBytes,
            MaxBytes = stats.MaxBytes,
            Oldest = oldest.Count == 0 ? null : Rfc3339.Format(oldest[0].TimeMs),
            Dropped = tally.Total(stats.DroppedRecords + TooLarge),
        };
    }

    public ValueTask DisposeAsync() => Log.DisposeAsync();

    private long CountFrom(long position)
    {
        long count = 0;
        var some = new List<LogRecord>();
        while (Log.Read(position, some, 4096, 1 << 20) is > 0 and var read)
        {
            count += read;
            position = some[^1].NextPosition;
            some.Clear();
        }
        return count;
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
