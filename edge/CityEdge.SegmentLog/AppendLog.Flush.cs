namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    private const string SpareName = "spare.tmp";
    private static readonly TimeSpan LookForRoomEvery = TimeSpan.FromSeconds(1);
    private readonly byte[] zeros = new byte[256 << 10];
    private Task<ILogFile>? spare;
    private Batch? spareBatch;
    private string? noSpace;

    // The batch that was flushed last, for readers that are up to date.
    private Batch? recent;

    /// <summary>The one flusher: takes whatever was appended while its last flush ran. An idle log flushes at once, a busy one batches by itself, and no more often than its pace.</summary>
    private void FlushLoop()
    {
        try
        {
            while (true)
            {
                Batch? batch = null;
                Segment[] buried;
                lock (gate)
                {
                    var due = WaitForWork();
                    if (pending.Length == 0 && graveyard.Count == 0) break;
                    buried = [.. graveyard];
                    graveyard.Clear();
                    if (due)
                    {
                        pacer.Take();
                        batch = flushing = pending;
                        pending = spareBatch ?? new Batch();
                        spareBatch = null;
                        Monitor.PulseAll(gate);
                    }
                }
                Bury(buried);
                if (batch is not null) Flush(batch);
            }
        }
        catch (Exception e)
        {
            Fail(e);
        }
        DiscardSpare();
        stopped.SetResult();
    }

    /// <summary>Under the gate: until there is a file to delete, something to flush whose time has come (true), or the end.</summary>
    private bool WaitForWork()
    {
        while (true)
        {
            var delay = 0;
            if (pending.Length > 0)
            {
                // Nobody waits for a log that closes.
                delay = closing ? 0 : pacer.Delay();
                if (delay == 0) return true;
            }
            if (graveyard.Count > 0 || closing) return false;
            if (delay == 0) Monitor.Wait(gate);
            else Monitor.Wait(gate, delay);
        }
    }

    private void Flush(Batch batch)
    {
        batch.Seal(DurableEnd);
        foreach (var part in batch.Parts)
        {
            // A segment is durable before the next one exists: only the newest can have a torn tail.
            if (!part.Segment.OnDisk) CreateSegmentOnceThereIsRoom(part.Segment);
            var file = handles.Get(part.Segment, active: true);
            file.Write(batch.Bytes(part), part.Segment.FileOffset(part.Position));
            file.Flush();
        }
        Action<long>[] told;
        TaskCompletionSource? signal;
        TaskCompletionSource durable = batch.Durable;
        long reached;
        lock (gate)
        {
            reached = batch.End;
            Volatile.Write(ref durableEnd, reached);
            flushes++;
            flushedRecords += batch.Records;
            flushing = null;
            (signal, dataSignal) = (dataSignal, null);
            told = handlers;
            (recent, spareBatch) = (batch, recent);
            spareBatch?.Reset();
            Monitor.PulseAll(gate);
        }
        durable.TrySetResult();
        signal?.TrySetResult();
        foreach (var handler in told)
        {
            try
            {
                handler(reached);
            }
            catch (Exception)
            {
                // A faulty listener must not take the log down with it; it is counted and hears no more.
                Interlocked.Increment(ref handlerFaults);
                RemoveHandler(handler);
            }
        }
    }

    /// <summary>
    /// A full disk is met here, before a byte of the batch is written: nothing is torn, so it need not be the end. What was appended already waits for its flush, what comes is refused,
    /// until there is room.
    /// </summary>
    private void CreateSegmentOnceThereIsRoom(Segment segment)
    {
        while (true)
        {
            try
            {
                CreateSegment(segment);
                break;
            }
            catch (IOException e) when (IsDiskFull(e))
            {
                Segment[] buried;
                lock (gate)
                {
                    if (closing) throw;
                    noSpace = e.Message;
                    Monitor.PulseAll(gate);
                    // A trim may free what is needed.
                    if (graveyard.Count == 0) Monitor.Wait(gate, LookForRoomEvery);
                    if (closing) throw;
                    buried = [.. graveyard];
                    graveyard.Clear();
                }
                Bury(buried);
            }
        }
        lock (gate) noSpace = null;
    }

    private void Bury(Segment[] buried)
    {
        foreach (var segment in buried) Bury(segment);
    }

    /// <summary>ENOSPC and EDQUOT; ERROR_HANDLE_DISK_FULL and ERROR_DISK_FULL on Windows.</summary>
    private static bool IsDiskFull(IOException error) => error.HResult is 28 or 122 or unchecked((int)0x80070027) or unchecked((int)0x80070070);

    private void CreateSegment(Segment segment)
    {
        ILogFile file;
        try
        {
            file = spare is null ? CreateSpare() : spare.GetAwaiter().GetResult();
        }
        catch (IOException) when (spare is not null)
        {
            // The disk may have been full when the spare was made, and a trim may have freed it since. A second failure fails the log.
            file = CreateSpare();
        }
        spare = null;
        try
        {
            file.Write(SegmentHeader.Create(segment.Base, segment.Salt), 0);
            file.Flush();
            files.Rename(Path.Combine(options.Directory, SpareName), segment.Path);
            files.FlushDirectory(options.Directory);
        }
        catch
        {
            file.Dispose();
            throw;
        }
        handles.Adopt(segment, file);
        segment.OnDisk = true;
        // Made ready meanwhile, so that no flush waits for the zeros of the next segment; the cap counts it.
        spare = Task.Run(CreateSpare);
    }

    /// <summary>Zero-filled, so that a flush in the segment changes data only: an fsync of a file that grows also journals its length (2 to 3 times slower here).</summary>
    private ILogFile CreateSpare()
    {
        var file = files.Open(Path.Combine(options.Directory, SpareName), create: true);
        try
        {
            for (long written = 0; written < options.SegmentBytes; written += zeros.Length)
                file.Write(zeros.AsSpan(0, (int)Math.Min(zeros.Length, options.SegmentBytes - written)), written);
            file.Flush();
            return file;
        }
        catch (Exception e)
        {
            file.Dispose();
            // Half a spare would keep the last of the disk from everyone else on it.
            if (e is IOException full && IsDiskFull(full)) files.Delete(Path.Combine(options.Directory, SpareName));
            throw;
        }
    }

    private void DiscardSpare()
    {
        if (spare is null) return;
        try
        {
            spare.GetAwaiter().GetResult().Dispose();
            files.Delete(Path.Combine(options.Directory, SpareName));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Nothing is lost with it: the next opening deletes it.
        }
        spare = null;
    }

    private void Fail(Exception cause)
    {
        TaskCompletionSource?[] waiting;
        LogFailedException error;
        lock (gate)
        {
            error = failure = new LogFailedException(options.Directory, cause);
            waiting = [flushing?.Durable, pending.Durable, dataSignal];
            Monitor.PulseAll(gate);
        }
        foreach (var source in waiting)
        {
            if (source is null) continue;
            source.TrySetException(error);
            _ = source.Task.Exception;
        }
        failed.TrySetResult();
    }
}
