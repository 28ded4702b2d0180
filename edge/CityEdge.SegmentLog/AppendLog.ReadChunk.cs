namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    /// <summary>
    /// Fills a chunk with durable records, in order, from a record boundary on, and returns how many; 0: there is none yet. As
    /// <see cref="Read(long, ICollection{LogRecord}, int, int)"/>, but it allocates nothing once the chunk has grown, and gives what one look at the disk brings, about
    /// <paramref name="maxBytes"/> (4 KiB to 1 MiB) at most. What the last flush wrote comes from memory.
    /// </summary>
    public int Read(long from, LogChunk into, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(into);
        var wanted = Math.Clamp(maxBytes, 4096, LogChunk.MostBytes);
        var position = from;
        if (ReadRecent(ref position, into, wanted)) return into.Count;
        for (var retries = 0; Locate(ref position, out var segment, out var limit);)
        {
            try
            {
                if (ReadSegment(segment, position, limit, into, wanted)) return into.Count;
            }
            catch (Exception e) when (e is ObjectDisposedException or FileNotFoundException && !closing && retries++ < 100)
            {
                // Trimmed or closed by the handle cache meanwhile: look again.
                continue;
            }
            if (retries++ > 64 + segments.Count) throw new IOException($"{segment.Path} reads differently each time at position {position}: check the disk.");
            position = Repair(segment, position);
        }
        into.Set(0, 0, Math.Max(from, Start));
        return 0;
    }

    /// <summary>From the batch that was flushed last: no system call, and no checksum of what never left this process.</summary>
    private bool ReadRecent(ref long position, LogChunk into, int wanted)
    {
        while (true)
        {
            int length;
            lock (gate)
            {
                if (position < start) position = start;
                if (recent is null || position < recent.Start || position >= recent.End) return false;
                length = (int)Math.Min(wanted, recent.End - position);
                recent.At(position, length).CopyTo(into.Space(length));
            }
            var bytes = into.Space(length);
            int used = 0, records = 0;
            while (used < length)
            {
                var size = RecordFormat.TotalLength(bytes[used..], position + used, long.MaxValue);
                if (size == 0 || size > length - used)
                {
                    if (used > 0) break;
                    // Not a boundary: the scanner will find the one that is meant.
                    if (size == 0) return false;
                    wanted = size;
                    break;
                }
                used += size;
                records++;
            }
            if (records == 0) continue;
            into.Set(records, used, position + used);
            return true;
        }
    }

    /// <summary>False when the record at the position does not check.</summary>
    private bool ReadSegment(Segment segment, long position, long limit, LogChunk into, int wanted)
    {
        var file = handles.Get(segment);
        var bytes = into.Space((int)Math.Min(limit - position, wanted));
        var read = file.Read(bytes, segment.FileOffset(position));
        var first = RecordFormat.TotalLength(bytes[..read], position, limit - position);
        if (first > read)
        {
            bytes = into.Space(first);
            read = file.Read(bytes, segment.FileOffset(position));
        }
        int used = 0, records = 0;
        while (position + used < limit)
        {
            var size = RecordFormat.TotalLength(bytes[used..read], position + used, limit - position - used);
            if (size == 0 || size > read - used || !RecordFormat.CrcHolds(bytes.Slice(used, size), segment.Salt)) break;
            used += size;
            records++;
            if (segment.SkipHole(position + used) != position + used) break;
        }
        if (records == 0) return false;
        into.Set(records, used, position + used);
        return true;
    }
}
