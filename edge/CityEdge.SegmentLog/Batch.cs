namespace CityEdge.SegmentLog;

/// <summary>Records that one flush will make durable. Appenders fill it under the gate; then it belongs to the flusher.</summary>
internal sealed class Batch
{
    private const int KeepBytes = 4 << 20;
    private readonly List<Part> parts = [];
    private byte[] buffer = new byte[64 << 10];

    /// <summary>Bytes of the batch that go to one segment.</summary>
    public readonly record struct Part(Segment Segment, int Offset, long Position, int Length);

    /// <summary>Position of the first record; the records lie in the buffer as they do in the log, without gaps.</summary>
    public long Start { get; private set; }

    public int Length { get; private set; }
    public int Records { get; private set; }
    public long End { get; private set; }
    public IReadOnlyList<Part> Parts => parts;

    /// <summary>Completes when the batch is durable, or fails with the log. Continuations never run on the flusher.</summary>
    public TaskCompletionSource Durable { get; private set; } = NewSource();

    public Span<byte> Bytes(Part part) => buffer.AsSpan(part.Offset, part.Length);

    public Span<byte> Add(Segment segment, long position, int size)
    {
        if (buffer.Length - Length < size) Array.Resize(ref buffer, (int)Math.Min(Array.MaxLength, Math.Max((long)Length + size, buffer.Length * 2L)));
        if (parts.Count > 0 && parts[^1].Segment == segment) parts[^1] = parts[^1] with { Length = parts[^1].Length + size };
        else parts.Add(new Part(segment, Length, position, size));
        if (Length == 0) Start = position;
        var span = buffer.AsSpan(Length, size);
        Length += size;
        Records++;
        End = position + size;
        return span;
    }

    public ReadOnlySpan<byte> At(long position, int length) => buffer.AsSpan((int)(position - Start), length);

    public void Seal(long durableEnd)
    {
        foreach (var part in parts)
        {
            for (var rest = Bytes(part); !rest.IsEmpty;)
            {
                var size = RecordFormat.HeaderBytes + RecordFormat.BodyLength(rest);
                RecordFormat.Seal(rest[..size], part.Segment.Salt, durableEnd);
                rest = rest[size..];
            }
        }
    }

    public void Reset()
    {
        parts.Clear();
        Length = Records = 0;
        if (buffer.Length > KeepBytes) buffer = new byte[KeepBytes];
        Durable = NewSource();
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
