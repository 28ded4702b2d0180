namespace CityEdge.SegmentLog;

public sealed partial class AppendLog
{
    private const int ChunkBytes = 128 << 10;
    private readonly Lock repairGate = new();

    /// <summary>
    /// Adds durable records to <paramref name="into"/>, in order, from a record boundary on, and returns how many. A position below <see cref="Start"/> means
    /// Start; one inside a record means that record. At least one record is given if there is one, however large; damaged regions are skipped.
    /// </summary>
    public int Read(long from, ICollection<LogRecord> into, int maxRecords, int maxBytes)
    {
        ArgumentNullException.ThrowIfNull(into);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(maxRecords);
        var position = from;
        int count = 0, retries = 0;
        long bytes = 0;
        while (count < maxRecords && (count == 0 || bytes < maxBytes))
        {
            if (!Locate(ref position, out var segment, out var limit)) break;
            ILogFile file;
            byte[] chunk;
            try
            {
                file = handles.Get(segment);
                chunk = ReadChunk(file, segment, position, limit, count == 0 ? maxBytes : maxBytes - bytes);
            }
            catch (Exception e) when (e is ObjectDisposedException or FileNotFoundException && !closing && retries++ < 100)
            {
                // Trimmed or closed by the handle cache meanwhile: look again.
                continue;
            }
            var used = 0;
            while (count < maxRecords && (count == 0 || bytes < maxBytes))
            {
                var room = limit - position;
                var length = RecordFormat.TotalLength(chunk.AsSpan(used), position, room);
                if (length > chunk.Length - used && used > 0) break;
                if (length == 0 || length > chunk.Length - used || !RecordFormat.CrcHolds(chunk.AsSpan(used, length), segment.Salt))
                {
                    if (used > 0 && chunk.Length - used < RecordFormat.HeaderBytes && room > chunk.Length - used) break;
                    if (retries++ > 64 + segments.Count) throw new IOException($"{segment.Path} reads differently each time at position {position}: check the disk.");
                    position = Repair(segment, position);
                    break;
                }
                into.Add(RecordFormat.ToRecord(chunk.AsMemory(used, length)));
                count++;
                bytes += length;
                used += length;
                position += length;
                if (position == limit || segment.SkipHole(position) != position) break;
            }
        }
        return count;
    }

    /// <summary>The segment that holds the next readable byte at or after a position, and how far it may be read. False when there is none yet.</summary>
    private bool Locate(ref long position, out Segment segment, out long limit)
    {
        lock (gate)
        {
            if (position < start) position = start;
            var index = FindSegment(position);
            while (true)
            {
                segment = segments[index];
                limit = Math.Min(segment.End, durableEnd);
                position = segment.SkipHole(position);
                if (position < limit) return true;
                if (position >= durableEnd || index + 1 >= segments.Count) return false;
                index++;
                position = Math.Max(position, segments[index].Base);
            }
        }
    }

    private int FindSegment(long position)
    {
        int low = 0, high = segments.Count - 1;
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            if (segments[middle].Base <= position) low = middle;
            else high = middle - 1;
        }
        return low;
    }

    private static byte[] ReadChunk(ILogFile file, Segment segment, long position, long limit, long wanted)
    {
        var chunk = new byte[(int)Math.Min(limit - position, Math.Clamp(wanted, 4096, ChunkBytes))];
        var read = file.Read(chunk, segment.FileOffset(position));
        var length = RecordFormat.TotalLength(chunk.AsSpan(0, read), position, limit - position);
        if (length > chunk.Length)
        {
            chunk = new byte[length];
            read = file.Read(chunk, segment.FileOffset(position));
        }
        return read == chunk.Length ? chunk : chunk[..read];
    }

    /// <summary>Walks a segment in which a record did not check, notes its holes, and says where reading goes on.</summary>
    private long Repair(Segment segment, long position)
    {
        lock (repairGate)
        {
            long limit;
            lock (gate) limit = Math.Min(segment.End, durableEnd);
            var file = handles.Get(segment);
            var result = SegmentScanner.Scan(file, segment.Base, segment.Salt, limit, boundaryFor: position);
            lock (gate)
            {
                if (!segments.Contains(segment)) return position;
                if (segment == segments[^1])
                {
                    // The end of the segment that is being written stays where it is: a damaged last record is a hole up to there.
                    var holes = result.End < limit ? [.. result.Holes, new Hole(result.End, limit, Torn: false)] : result.Holes;
                    foreach (var hole in holes)
                    {
                        if (!hole.Torn) quarantine.Copy(file, segment, hole.Start, hole.End);
                    }
                    segment.Holes = holes;
                }
                else
                {
                    Adopt(segment, result, file, tailToo: true);
                }
            }
            return result.Boundary;
        }
    }
}
