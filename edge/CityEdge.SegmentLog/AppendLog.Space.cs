namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    private readonly Dictionary<Segment, long> dropMarks = [];

    /// <summary>Frees whole segments below the lowest cursor. Frees nothing while there is no cursor.</summary>
    public void Trim() => Trim(long.MaxValue);

    /// <summary>Frees whole segments below the lowest cursor and below <paramref name="notAbove"/>, e.g. the position of the last snapshot.</summary>
    public void Trim(long notAbove)
    {
        lock (gate)
        {
            ThrowIfUnusable();
            TrimBelow(notAbove);
        }
    }

    private void TrimBelow(long notAbove)
    {
        if (cursors.Count == 0) return;
        var lowest = Math.Min(Math.Min(notAbove, durableEnd), LowestCursor());
        while (segments.Count > 1 && segments[1].Base <= lowest && segments[1].OnDisk) Remove(segments[0]);
    }

    /// <summary>Under the gate: room for one more segment. False: wait for a flush first.</summary>
    private bool MakeRoom()
    {
        if (segments.Count < maxSegments) return true;
        TrimBelow(long.MaxValue);
        if (segments.Count < maxSegments) return true;
        if (options.WhenFull == WhenFull.Refuse) throw new LogFullException(options.Directory, options.MaxBytes);
        while (segments.Count >= maxSegments)
        {
            // Positions come from the newest segment's name: never delete the last one that is on disk.
            if (segments[1].Base > durableEnd || !segments[1].OnDisk) return false;
            dropMarks[segments[0]] = cursors.Count == 0 ? 0 : LowestCursor();
            Remove(segments[0]);
        }
        foreach (var cursor in cursors) cursor.MoveUp(start);
        return true;
    }

    private void Remove(Segment segment)
    {
        segments.Remove(segment);
        graveyard.Add(segment);
        Volatile.Write(ref start, segments[0].Base);
        Monitor.PulseAll(gate);
    }

    private long LowestCursor()
    {
        var lowest = long.MaxValue;
        foreach (var cursor in cursors) lowest = Math.Min(lowest, cursor.Position);
        return lowest;
    }

    /// <summary>On the flusher: counts what a drop loses, then deletes the file.</summary>
    private void Bury(Segment segment)
    {
        bool dropped;
        long mark;
        lock (gate) dropped = dropMarks.Remove(segment, out mark);
        if (dropped) CountDropped(segment, mark);
        handles.Forget(segment);
        files.Delete(segment.Path);
    }

    private void CountDropped(Segment segment, long mark)
    {
        try
        {
            long records = 0, bytes = 0;
            SegmentScanner.Scan(handles.Get(segment), segment.Base, segment.Salt, segment.End, record =>
            {
                if (record.Position < mark) return;
                records++;
                bytes += record.NextPosition - record.Position;
            });
            lock (gate)
            {
                droppedRecords += records;
                droppedBytes += bytes;
            }
        }
        catch (FileNotFoundException)
        {
            // Someone deleted the segment before the cap did: how many records it had can no longer be known.
            lock (gate) droppedBytes += segment.End - segment.Base;
        }
    }

    /// <summary>A snapshot of the log's figures.</summary>
    public LogStats Stats
    {
        get
        {
            lock (gate)
            {
                int regions = 0;
                long bytes = 0, records = 0;
                for (var i = 0; i < segments.Count; i++)
                {
                    var segment = segments[i];
                    foreach (var hole in segment.Holes)
                    {
                        if (!hole.Torn) Count(hole.End - hole.Start, segment);
                    }
                    if (i + 1 < segments.Count && segment.Scanned && segment.End < segments[i + 1].Base) Count(segments[i + 1].Base - segment.End, segment);
                }
                return new LogStats
                {
                    Start = start,
                    DurableEnd = durableEnd,
                    End = end,
                    Segments = segments.Count,
                    DiskBytes = segments.Sum(s => s.Capacity + SegmentHeader.Bytes),
                    MaxBytes = options.MaxBytes,
                    FlushedRecords = flushedRecords,
                    Flushes = flushes,
                    DroppedRecords = droppedRecords,
                    DroppedBytes = droppedBytes,
                    TornBytes = tornBytes,
                    QuarantinedRegions = regions,
                    QuarantinedBytes = bytes,
                    QuarantinedRecordsEstimate = records,
                    HandlerFaults = Volatile.Read(ref handlerFaults),
                    Failure = failure?.Message,
                    NoSpace = noSpace,
                    Cursors = [.. cursors.Select(c => new CursorStats(c.Name, c.Position, Math.Max(0, durableEnd - c.Position)))],
                };

                void Count(long lost, Segment segment)
                {
                    regions++;
                    bytes += lost;
                    var mean = segment.MeanRecord();
                    records += mean == 0 ? 1 : Math.Max(1, (lost + mean / 2) / mean);
                }
            }
        }
    }
}
