using System.Diagnostics.CodeAnalysis;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Reads what <see cref="ChunkEncoder"/> wrote, and chunks of format 1. Damaged bytes give an error text, never an exception, and cost at most <see cref="MaxRows"/> rows of work.</summary>
internal static class ChunkDecoder
{
    public const byte Format = 2;

    /// <summary>Most rows of one chunk.</summary>
    public const int MaxRows = 8192;

    /// <summary>Flags of format 2: what all rows share is not written.</summary>
    public const int MixedTypes = 0x40;

    public const int HasQualities = 0x80;

    /// <summary>Appends the rows of a chunk; on an error nothing is appended.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> body, List<StoredReading> into, [NotNullWhen(false)] out string? error)
    {
        var columns = ChunkColumns.Rent();
        try
        {
            if (!TryDecode(body, columns, out error)) return false;
            columns.CopyTo(0, columns.Count, into);
            return true;
        }
        finally
        {
            ChunkColumns.Return(columns);
        }
    }

    /// <summary>Replaces the rows of <paramref name="into"/> by those of a chunk; on an error it is empty.</summary>
    public static bool TryDecode(ReadOnlySpan<byte> body, ChunkColumns into, [NotNullWhen(false)] out string? error)
    {
        into.Clear();
        error = null;
        if (body.Length < 6) error = "chunk is shorter than its header";
        else if (BitConverter.ToUInt32(body) != ChunkEncoder.Checksum(body[4..])) error = "checksum does not match";
        else if (body[4] is not (Format or FormatOne.Format)) error = $"chunk format {body[4]} is unknown, this program reads formats 1 to {Format}";
        if (error is not null) return false;
        var reader = new ByteReader(body[5..]);
        if (body[4] == FormatOne.Format) FormatOne.Decode(ref reader, into);
        else Decode(ref reader, into);
        if (!reader.Failed && reader.AtEnd) return true;
        error = reader.Failed ? "chunk ends early or holds nonsense" : "bytes are left over after the last column";
        into.Clear();
        return false;
    }

    private static void Decode(ref ByteReader reader, ChunkColumns into)
    {
        var flags = reader.Byte();
        var count = reader.Count(MaxRows);
        var type = (ReadingType)(flags & 0x0f);
        if (count == 0 || (flags & 0x30) != 0 || type > ReadingType.Data || ((flags & MixedTypes) == 0 && type == ReadingType.None)) reader.Fail();
        if (reader.Failed) return;
        into.Take(count);
        Span<int> counts = stackalloc int[5];
        if ((flags & MixedTypes) != 0)
        {
            ReadTypes(ref reader, into, counts);
        }
        else
        {
            into.SetUniform(type);
            counts[(int)type] = count;
        }
        if ((flags & HasQualities) != 0 && !reader.Failed) ReadQualities(ref reader, into);
        if (reader.Failed) return;
        var (first, second) = into.Scratch();
        TimeColumn.Read(ref reader, into.Times, first.Span);
        if (reader.Failed) return;
        var numbers = counts[(int)ReadingType.Number];
        if (numbers == count) NumberColumn.Read(ref reader, into.Numbers, first.Span, second.Span);
        else if (numbers > 0) ReadSomeNumbers(ref reader, into, numbers, first.Span, second.Span);
        if (counts[(int)ReadingType.Boolean] > 0) ReadBooleans(ref reader, into);
        if (counts[(int)ReadingType.Text] > 0) ReadTexts(ref reader, into);
        if (counts[(int)ReadingType.Data] > 0) ReadData(ref reader, into);
    }

    private static void ReadTypes(ref ByteReader reader, ChunkColumns into, scoped Span<int> counts)
    {
        for (var i = 0; i < into.Count;)
        {
            var type = reader.Byte();
            var run = reader.Count(into.Count - i);
            if (run == 0 || type is 0 or > (byte)ReadingType.Data) reader.Fail();
            if (reader.Failed) return;
            counts[type] += run;
            for (var end = i + run; i < end; i++) into.SetType(i, (ReadingType)type);
        }
    }

    private static void ReadQualities(ref ByteReader reader, ChunkColumns into)
    {
        for (var i = 0; i < into.Count;)
        {
            var quality = (Quality)(int)reader.Varint();
            var run = reader.Count(into.Count - i);
            if (run == 0) reader.Fail();
            if (reader.Failed) return;
            for (var end = i + run; i < end; i++) into.SetQuality(i, quality);
        }
    }

    private static void ReadSomeNumbers(ref ByteReader reader, ChunkColumns into, int count, Span<long> first, Span<long> second)
    {
        var some = new double[count];
        NumberColumn.Read(ref reader, some, first, second);
        var numbers = into.Numbers;
        for (int i = 0, at = 0; i < into.Count; i++)
        {
            if (into.TypeOf(i) == ReadingType.Number) numbers[i] = some[at++];
        }
    }

    private static void ReadBooleans(ref ByteReader reader, ChunkColumns into)
    {
        var numbers = into.Numbers;
        var (bits, left) = (0, 0);
        for (var i = 0; i < into.Count; i++)
        {
            if (into.TypeOf(i) != ReadingType.Boolean) continue;
            if (left == 0) (bits, left) = (reader.Byte(), 8);
            numbers[i] = bits & 1;
            bits >>= 1;
            left--;
        }
    }

    private static void ReadTexts(ref ByteReader reader, ChunkColumns into)
    {
        var texts = new List<string>();
        for (var i = 0; i < into.Count; i++)
        {
            if (into.TypeOf(i) != ReadingType.Text) continue;
            var index = reader.Count(texts.Count);
            if (!reader.Failed && index == 0) texts.Add(Encoding.UTF8.GetString(reader.Bytes(reader.Count(int.MaxValue))));
            if (reader.Failed) return;
            into.SetReference(i, texts[index == 0 ? ^1 : index - 1]);
        }
    }

    private static void ReadData(ref ByteReader reader, ChunkColumns into)
    {
        for (var i = 0; i < into.Count; i++)
        {
            if (into.TypeOf(i) != ReadingType.Data) continue;
            into.SetReference(i, reader.Bytes(reader.Count(int.MaxValue)).ToArray());
            if (reader.Failed) return;
        }
    }
}
