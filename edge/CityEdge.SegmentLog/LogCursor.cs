namespace CityEdge.SegmentLog;

/// <summary>
/// A consumer's named place in a log: everything below <see cref="Position"/> is done with. Durable when <see cref="FlushAsync"/> returns, else within
/// <see cref="AppendLogOptions.CursorFlushInterval"/>; after a crash it may be older, never newer, than what was committed: at least once.
/// </summary>
public sealed class LogCursor
{
    private readonly AppendLog log;
    private readonly ILogFiles files;
    private readonly string directory;
    private readonly SemaphoreSlim writing = new(1, 1);
    private readonly ILogFile?[] copies = new ILogFile?[2];
    private long position;
    private long stored;
    private long sequence;
    private bool closed;

    internal LogCursor(AppendLog log, ILogFiles files, string directory, string name, long position, long stored, long sequence)
    {
        (this.log, this.files, this.directory, Name) = (log, files, directory, name);
        (this.position, this.stored, this.sequence) = (position, stored, sequence);
    }

    /// <summary>Its name in the log's folder.</summary>
    public string Name { get; }

    /// <summary>Committed position; moves up by itself when the cap removes what it points to.</summary>
    public long Position => Volatile.Read(ref position);

    internal bool Dirty => Position != Volatile.Read(ref stored);

    /// <summary>Moves the cursor up to a record's NextPosition; a lower one changes nothing. <see cref="ArgumentOutOfRangeException"/> past what is durable.</summary>
    public void Commit(long nextPosition)
    {
        if (nextPosition > log.DurableEnd)
            throw new ArgumentOutOfRangeException(nameof(nextPosition), nextPosition, $"Cursor {Name}: only {log.DurableEnd} is durable.");
        if (MoveUp(nextPosition)) log.CursorMoved();
    }

    internal bool MoveUp(long to)
    {
        var seen = Position;
        while (seen < to)
        {
            var found = Interlocked.CompareExchange(ref position, to, seen);
            if (found == seen) return true;
            seen = found;
        }
        return false;
    }

    /// <summary>Returns when the position committed so far is on disk. <see cref="IOException"/> when that failed: the old position still stands.</summary>
    public Task FlushAsync(CancellationToken ct = default) => Dirty ? Task.Run(() => WriteAsync(ct), ct) : Task.CompletedTask;

    private async Task WriteAsync(CancellationToken ct)
    {
        await writing.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            Store();
        }
        finally
        {
            writing.Release();
        }
    }

    /// <summary>Not concurrently with itself.</summary>
    internal void Store()
    {
        var now = Position;
        if (now == stored && sequence > 0) return;
        ObjectDisposedException.ThrowIf(closed, this);
        var next = sequence + 1;
        var slot = (int)(next & 1);
        if (copies[slot] is null)
        {
            copies[slot] = files.Open(CursorFile.PathOf(directory, Name, next), create: !files.List(directory).Contains($"{Name}.{slot}"));
            files.FlushDirectory(directory);
        }
        CursorFile.Write(copies[slot]!, next, now);
        sequence = next;
        Volatile.Write(ref stored, now);
    }

    internal async Task CloseAsync(bool remove)
    {
        await writing.WaitAsync().ConfigureAwait(false);
        try
        {
            closed = true;
            foreach (var copy in copies) copy?.Dispose();
            copies[0] = copies[1] = null;
            if (!remove) return;
            files.Delete(CursorFile.PathOf(directory, Name, 0));
            files.Delete(CursorFile.PathOf(directory, Name, 1));
            files.FlushDirectory(directory);
        }
        finally
        {
            writing.Release();
        }
    }
}
