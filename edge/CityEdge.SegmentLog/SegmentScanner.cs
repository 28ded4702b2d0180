using System.Buffers;

namespace CityEdge.SegmentLog;

/// <summary>What walking a segment found. Positions are logical.</summary>
/// <param name="End">Past the last whole record.</param>
/// <param name="Records">Whole records.</param>
/// <param name="Holes">Damaged regions followed by a whole record.</param>
/// <param name="DirtyEnd">Past the last byte that is not zero, when that is beyond <paramref name="End"/>; else <paramref name="End"/>.</param>
/// <param name="Boundary">Start of the record or hole that covers the position asked for.</param>
internal sealed record ScanResult(long End, long Records, Hole[] Holes, long DirtyEnd, long Boundary);

/// <summary>Walks the records of one segment through a sliding window, looking for the next whole record where one is damaged.</summary>
internal static class SegmentScanner
{
    private const int WindowBytes = 1 << 20;

    /// <param name="file">The segment.</param>
    /// <param name="basePosition">Its base.</param>
    /// <param name="salt">Its salt.</param>
    /// <param name="limit">Logical position past which nothing is looked at.</param>
    /// <param name="visit">Called for each whole record; the body is valid during the call only.</param>
    /// <param name="boundaryFor">Position whose covering record is wanted.</param>
    public static ScanResult Scan(ILogFile file, long basePosition, uint salt, long limit, Action<LogRecord>? visit = null, long boundaryFor = -1)
    {
        limit = Math.Min(limit, basePosition + Math.Max(0, file.Length - SegmentHeader.Bytes));
        using var window = new Window(file, basePosition, limit);
        var holes = new List<Hole>();
        long position = basePosition, records = 0, boundary = basePosition;
        while (position < limit)
        {
            if (position <= boundaryFor) boundary = position;
            var record = WholeRecord(window, position, limit, salt);
            if (record.IsEmpty)
            {
                var next = FindNext(window, position + 1, limit, salt);
                if (next < 0) break;
                var mark = RecordFormat.DurableMark(window.At(next, RecordFormat.HeaderBytes).Span);
                holes.Add(new Hole(position, next, Torn: mark <= position));
                position = next;
                continue;
            }
            records++;
            visit?.Invoke(RecordFormat.ToRecord(record));
            position += record.Length;
        }
        if (position <= boundaryFor) boundary = position;
        return new ScanResult(position, records, [.. holes], DirtyEnd(window, position, limit), boundary);
    }

    private static ReadOnlyMemory<byte> WholeRecord(Window window, long position, long limit, uint salt)
    {
        if (limit - position < RecordFormat.HeaderBytes) return default;
        var length = RecordFormat.TotalLength(window.At(position, RecordFormat.HeaderBytes).Span, position, limit - position);
        if (length == 0) return default;
        var record = window.At(position, length);
        return record.Length == length && RecordFormat.CrcHolds(record.Span, salt) ? record : default;
    }

    private static long FindNext(Window window, long from, long limit, uint salt)
    {
        while (limit - from >= RecordFormat.HeaderBytes)
        {
            var ahead = window.AtLeast(from, RecordFormat.HeaderBytes).Span;
            if (ahead.Length < RecordFormat.HeaderBytes) return -1;
            var found = ahead[RecordFormat.MagicOffset..].IndexOf(RecordFormat.MagicBytes);
            if (found < 0)
            {
                // The magic may lie across the end of what was looked at: keep its last byte, and the four before it.
                from += Math.Max(1, ahead.Length - RecordFormat.MagicOffset - 1);
                continue;
            }
            from += found;
            if (!WholeRecord(window, from, limit, salt).IsEmpty) return from;
            from++;
        }
        return -1;
    }

    private static long DirtyEnd(Window window, long position, long limit)
    {
        var dirty = position;
        while (position < limit)
        {
            var ahead = window.AtLeast(position, 1).Span;
            if (ahead.IsEmpty) break;
            var last = ahead.LastIndexOfAnyExcept((byte)0);
            if (last >= 0) dirty = position + last + 1;
            position += ahead.Length;
        }
        return dirty;
    }

    private sealed class Window(ILogFile file, long basePosition, long limit) : IDisposable
    {
        private byte[] buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(limit - basePosition, 64, WindowBytes));
        private long start = -1;
        private int length;

        /// <summary>Exactly this many bytes, fewer only where the file ends.</summary>
        public ReadOnlyMemory<byte> At(long position, int count)
        {
            var ahead = AtLeast(position, count);
            return ahead.Length > count ? ahead[..count] : ahead;
        }

        /// <summary>All that the window holds from a position on; filled anew when that is fewer than asked.</summary>
        public ReadOnlyMemory<byte> AtLeast(long position, int count)
        {
            if (start < 0 || position < start || position + count > start + length)
            {
                if (count > buffer.Length)
                {
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = ArrayPool<byte>.Shared.Rent(count);
                }
                var want = (int)Math.Min(buffer.Length, limit - position);
                length = file.Read(buffer.AsSpan(0, want), SegmentHeader.Bytes + (position - basePosition));
                start = position;
            }
            var offset = (int)(position - start);
            return offset >= length ? default : buffer.AsMemory(offset, length - offset);
        }

        public void Dispose() => ArrayPool<byte>.Shared.Return(buffer);
    }
}
