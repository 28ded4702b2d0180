using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Lines of one request, in a buffer that is used again and again.</summary>
internal sealed class InfluxBatch
{
    public byte[] Bytes { get; private set; } = new byte[64 * 1024];

    public int Length { get; set; }

    public List<Line> Lines { get; } = [];

    /// <summary>Rows that cannot be written as a line, with the reason; they are kept as dead letters before the batch counts as done.</summary>
    public List<(TelemetryRow Row, RefusalReason Reason, string Message)> Unwritable { get; } = [];

    /// <summary>Rises by one from batch to batch.</summary>
    public long Number { get; private set; }

    /// <summary>Journal position before its first row.</summary>
    public long FromPosition { get; private set; }

    /// <summary>Journal position that is reached when this batch and all before it are stored.</summary>
    public long NextPosition { get; set; }

    /// <summary>True when a row repeats a time of the batch before: the two must not be under way together, or the wrong one might win.</summary>
    public bool AfterPrevious { get; set; }

    /// <summary>The request under way, or its end.</summary>
    public Task Sending { get; set; } = Task.CompletedTask;

    /// <summary>The request has ended without its lines being stored.</summary>
    public bool IsFailed => Sending is { IsCompleted: true, IsCompletedSuccessfully: false };

    /// <summary>The caller has heard of the failure: the request may go again.</summary>
    public bool FailureTold { get; set; }

    public void Begin(long number, long position)
    {
        (Length, Number, FromPosition, NextPosition, AfterPrevious, FailureTold) = (0, number, position, position, false, false);
        Lines.Clear();
        Unwritable.Clear();
    }

    /// <summary>Room for at least this many bytes behind <see cref="Length"/>.</summary>
    public Span<byte> Room(int atLeast)
    {
        if (Bytes.Length - Length < atLeast)
        {
            var bytes = Bytes;
            Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + atLeast));
            Bytes = bytes;
        }
        return Bytes.AsSpan(Length);
    }

    public int Start(int line) => line == 0 ? 0 : Lines[line - 1].End;

    /// <summary>The bytes of lines from ≤ i &lt; to.</summary>
    public ReadOnlyMemory<byte> Range(int from, int to) => Bytes.AsMemory(Start(from), Lines[to - 1].End - Start(from));

    /// <summary>Takes lines out; the others move together.</summary>
    public void Remove(HashSet<int> lines)
    {
        var (kept, length) = (0, 0);
        var start = 0;
        for (var i = 0; i < Lines.Count; i++)
        {
            var line = Lines[i];
            if (!lines.Contains(i))
            {
                Bytes.AsSpan(start, line.End - start).CopyTo(Bytes.AsSpan(length));
                length += line.End - start;
                Lines[kept++] = line with { End = length };
            }
            start = line.End;
        }
        Lines.RemoveRange(kept, Lines.Count - kept);
        Length = length;
    }

    /// <summary>One line: where it ends, and whose it is.</summary>
    public readonly record struct Line(int End, long TimeMs, PointId Point);
}
