using System.Collections;

namespace CityEdge.SegmentLog;

/// <summary>
/// A reusable buffer for reading an <see cref="AppendLog"/> without allocating: filled by <see cref="AppendLog.Read(long, LogChunk, int)"/>, then enumerated. The records'
/// bodies are slices of the buffer: good until it is filled again. One thread at a time.
/// </summary>
public sealed class LogChunk
{
    internal const int MostBytes = 1 << 20;
    private byte[] buffer = [];
    private int length;

    /// <summary>Records held.</summary>
    public int Count { get; private set; }

    /// <summary>Where to read on: past the last record held; what the reading began with when there is none.</summary>
    public long NextPosition { get; private set; }

    /// <summary>Enumerates the records, oldest first.</summary>
    public Enumerator GetEnumerator() => new(this);

    internal Span<byte> Space(int bytes)
    {
        if (buffer.Length < bytes) buffer = new byte[Math.Min(Math.Max(bytes, 4096), Math.Max(bytes, 2 * buffer.Length))];
        return buffer.AsSpan(0, bytes);
    }

    internal void Set(int records, int bytes, long next) => (Count, length, NextPosition) = (records, bytes, next);

    /// <summary>Walks the records of a chunk. A struct: <c>foreach</c> over a chunk allocates nothing.</summary>
    public struct Enumerator : IEnumerator<LogRecord>
    {
        private readonly LogChunk chunk;
        private int at;
        private int size;

        internal Enumerator(LogChunk chunk) => this.chunk = chunk;

        /// <inheritdoc />
        public readonly LogRecord Current => RecordFormat.ToRecord(chunk.buffer.AsMemory(at, size));

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc />
        public bool MoveNext()
        {
            at += size;
            if (at >= chunk.length) return false;
            size = RecordFormat.HeaderBytes + RecordFormat.BodyLength(chunk.buffer.AsSpan(at));
            return true;
        }

        /// <inheritdoc />
        public void Reset() => (at, size) = (0, 0);

        /// <inheritdoc />
        public readonly void Dispose()
        {
        }
    }
}
