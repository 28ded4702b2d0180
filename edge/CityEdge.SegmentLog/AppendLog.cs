namespace CityEdge.SegmentLog;

/// <summary>
/// Append-only log of byte records on disk: the agent's spool and the hub's journal (design §2, §4). Positions are logical bytes, 64-bit, never used twice.
/// A record is durable, and readable, once <see cref="DurableEnd"/> has passed it: one flusher writes and fsyncs whatever was appended while its last flush
/// ran. All members may be called from any thread. <see cref="LogFailedException"/> after an I/O error, <see cref="ObjectDisposedException"/> after closing.
/// </summary>
public sealed partial class AppendLog : IAsyncDisposable
{
    private readonly object gate = new();
    private readonly AppendLogOptions options;
    private readonly ILogFiles files;
    private readonly IDisposable directoryLock;
    private readonly SegmentHandles handles;
    private readonly Quarantine quarantine;
    private readonly List<Segment> segments = [];
    private readonly List<Segment> graveyard = [];
    private readonly int maxSegments;
    private readonly long maxUnflushed;
    private readonly FlushPacer pacer;
    private readonly Thread flusher;
    private readonly TaskCompletionSource stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Batch pending = new();
    private Batch? flushing;
    private Action<long>[] handlers = [];
    private TaskCompletionSource? dataSignal;
    private LogFailedException? failure;
    private bool closing;
    private long end;
    private long durableEnd;
    private long start;
    private uint salt;
    private long flushedRecords, flushes, droppedRecords, droppedBytes, tornBytes;
    private int handlerFaults;

    private AppendLog(AppendLogOptions options, ILogFiles files)
    {
        options.Validate();
        this.options = options;
        this.files = files;
        maxSegments = (int)Math.Min(int.MaxValue, options.MaxBytes / options.SegmentBytes) - 1;
        maxUnflushed = Math.Max(1, Math.Min(options.MaxUnflushedBytes, options.SegmentBytes));
        handles = new SegmentHandles(files);
        pacer = new FlushPacer(options.FlushInterval, options.Clock);
        files.CreateDirectory(options.Directory);
        files.CreateDirectory(CursorDirectory);
        directoryLock = files.Lock(options.Directory);
        try
        {
            quarantine = new Quarantine(files, Path.Combine(options.Directory, "quarantine"), options.QuarantineMaxBytes);
            Recover();
        }
        catch
        {
            handles.Dispose();
            directoryLock.Dispose();
            throw;
        }
        flusher = new Thread(FlushLoop) { IsBackground = true, Name = "log flusher" };
        flusher.Start();
    }

    /// <summary>
    /// Opens or creates the log. A half-written tail is cut off and counted; damaged regions are copied to <c>quarantine/</c>, counted and skipped; all else is
    /// readable. Throws <see cref="IOException"/> when another process has the folder, <see cref="InvalidDataException"/> for a newer format.
    /// </summary>
    public static AppendLog Open(AppendLogOptions options, ILogFiles? files = null) => new(options, files ?? DiskLogFiles.Instance);

    /// <summary>First position that can be read.</summary>
    public long Start => Volatile.Read(ref start);

    /// <summary>Past the last appended record.</summary>
    public long End => Volatile.Read(ref end);

    /// <summary>Past the last durable record.</summary>
    public long DurableEnd => Volatile.Read(ref durableEnd);

    /// <summary>Completes when the log has failed; never faults. For hosts that stop when they can no longer keep their promise.</summary>
    public Task Failed => failed.Task;

    /// <summary>
    /// Appends a record and returns its NextPosition. Not durable until <see cref="DurableEnd"/> has reached that. Waits while too much is unflushed.
    /// Throws <see cref="LogFullException"/> when full and refusing, <see cref="ArgumentException"/> for a body over the limit.
    /// </summary>
    public long Append(byte kind, long timeMs, ReadOnlySpan<byte> body) => Append(kind, timeMs, body, default);

    /// <summary>As the other overload; the body is <paramref name="head"/> followed by <paramref name="tail"/>, copied once.</summary>
    public long Append(byte kind, long timeMs, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail)
    {
        var size = SizeOf(head.Length + (long)tail.Length);
        lock (gate)
        {
            while (true)
            {
                if (TryAppend(kind, timeMs, head, tail, size) is { } next) return next;
                Monitor.Wait(gate);
            }
        }
    }

    /// <summary>Appends and completes when durable; waits without holding a thread. Errors as of <see cref="Append(byte, long, ReadOnlySpan{byte})"/>.</summary>
    public async ValueTask<long> AppendAsync(byte kind, long timeMs, ReadOnlyMemory<byte> body, CancellationToken ct = default)
    {
        var size = SizeOf(body.Length);
        while (true)
        {
            ct.ThrowIfCancellationRequested();
            Task wait;
            long? next;
            lock (gate)
            {
                next = TryAppend(kind, timeMs, body.Span, default, size);
                wait = (next is null && flushing is not null ? flushing : pending).Durable.Task;
            }
            await wait.WaitAsync(ct).ConfigureAwait(false);
            if (next is { } position) return position;
        }
    }

    /// <summary>Completes when everything below a position that an append returned is durable. At once, without allocation, when it already is.</summary>
    public ValueTask WaitDurableAsync(long nextPosition, CancellationToken ct = default)
    {
        if (DurableEnd >= nextPosition) return ValueTask.CompletedTask;
        Task wait;
        lock (gate)
        {
            if (durableEnd >= nextPosition) return ValueTask.CompletedTask;
            ThrowIfUnusable();
            if (nextPosition > end) throw new ArgumentOutOfRangeException(nameof(nextPosition), nextPosition, $"Nothing was appended past {end}.");
            wait = (flushing is not null && nextPosition <= flushing.End ? flushing : pending).Durable.Task;
        }
        return new ValueTask(ct.CanBeCanceled ? wait.WaitAsync(ct) : wait);
    }

    /// <summary>Calls a handler on the flusher after each flush with the new <see cref="DurableEnd"/>: it must be quick. One that throws is removed and counted. Dispose to stop.</summary>
    public IDisposable OnDurable(Action<long> handler)
    {
        lock (gate) handlers = [.. handlers, handler];
        return new Registration(this, handler);
    }

    /// <summary>Completes when <see cref="DurableEnd"/> is past <paramref name="from"/>.</summary>
    public async ValueTask WaitForDataAsync(long from, CancellationToken ct = default)
    {
        while (DurableEnd <= from)
        {
            Task wait;
            lock (gate)
            {
                if (durableEnd > from) return;
                ThrowIfUnusable();
                dataSignal ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                wait = dataSignal.Task;
            }
            await wait.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>Flushes what is pending and the cursors, and closes the files. Never throws: what could not be flushed has failed its waiters.</summary>
    public async ValueTask DisposeAsync()
    {
        lock (gate)
        {
            if (closing) return;
            closing = true;
            Monitor.PulseAll(gate);
        }
        await stopped.Task.ConfigureAwait(false);
        await CloseCursorsAsync().ConfigureAwait(false);
        handles.Dispose();
        directoryLock.Dispose();
        lock (gate) dataSignal?.TrySetException(new ObjectDisposedException(nameof(AppendLog)));
    }

    private long SizeOf(long bodyBytes) => bodyBytes <= options.MaxRecordBytes
        ? RecordFormat.HeaderBytes + bodyBytes
        : throw new ArgumentException($"The record has {bodyBytes} bytes; the log in {options.Directory} takes {options.MaxRecordBytes} (MaxRecordBytes).");

    /// <summary>Under the gate. Null: wait for a flush and try again.</summary>
    private long? TryAppend(byte kind, long timeMs, ReadOnlySpan<byte> head, ReadOnlySpan<byte> tail, long size)
    {
        ThrowIfUnusable();
        if (noSpace is not null) throw new LogFullException(options.Directory, noSpace);
        if (pending.Length > 0 && pending.Length + size > maxUnflushed) return null;
        var segment = segments[^1];
        if (end - segment.Base + size > segment.Capacity)
        {
            if (!MakeRoom()) return null;
            segment = new Segment(PathOf(end), end, options.SegmentBytes - SegmentHeader.Bytes, salt);
            segments.Add(segment);
        }
        var wake = pending.Length == 0;
        RecordFormat.Write(pending.Add(segment, end, (int)size), kind, timeMs, end, head, tail);
        segment.End = end + size;
        segment.Records++;
        Volatile.Write(ref end, segment.End);
        if (wake) Monitor.PulseAll(gate);
        return end;
    }

    private void ThrowIfUnusable()
    {
        if (failure is not null) throw new LogFailedException(options.Directory, failure.InnerException!);
        ObjectDisposedException.ThrowIf(closing, this);
    }

    private string PathOf(long basePosition) => Path.Combine(options.Directory, Segment.FileName(basePosition));

    private sealed class Registration(AppendLog log, Action<long> handler) : IDisposable
    {
        public void Dispose() => log.RemoveHandler(handler);
    }

    private void RemoveHandler(Action<long> handler)
    {
        lock (gate)
        {
            var index = Array.IndexOf(handlers, handler);
            if (index >= 0) handlers = [.. handlers[..index], .. handlers[(index + 1)..]];
        }
    }
}
