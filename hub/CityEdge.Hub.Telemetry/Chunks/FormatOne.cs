using System.Buffers;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Reads the body of a chunk of format 1, which the first stores wrote.</summary>
internal static class FormatOne
{
    public const byte Format = 1;
    private const int MaxScale = 9;
    private const int HasRaw = 0x40;
    private const int RawSingle = 0x80;

    /// <summary>Fills columns from what follows the format byte; on an error the reader has failed.</summary>
    public static void Decode(ref ByteReader reader, ChunkColumns into)
    {
        var count = reader.Count(ChunkDecoder.MaxRows);
        if (count == 0) reader.Fail();
        if (reader.Failed) return;
        var pool = ArrayPool<Row>.Shared;
        var rows = pool.Rent(count);
        try
        {
            Decode(ref reader, rows.AsSpan(0, count));
            if (reader.Failed) return;
            foreach (ref readonly var row in rows.AsSpan(0, count)) into.Add(row.Time, row.Value, row.Quality);
        }
        finally
        {
            pool.Return(rows, clearArray: true);
        }
    }

    private static void Decode(ref ByteReader reader, Span<Row> rows)
    {
        Span<int> counts = stackalloc int[5];
        for (var i = 0; i < rows.Length;)
        {
            var type = reader.Byte();
            var run = reader.Count(rows.Length - i);
            if (run == 0 || type is 0 or > (byte)ReadingType.Data) reader.Fail();
            if (reader.Failed) return;
            counts[type] += run;
            for (var end = i + run; i < end; i++) (rows[i].Type, rows[i].Quality) = ((ReadingType)type, Quality.Good);
        }
        ReadQualities(ref reader, rows);
        ReadTimes(ref reader, rows);
        if (counts[(int)ReadingType.Number] > 0) ReadNumbers(ref reader, rows, counts[(int)ReadingType.Number]);
        if (counts[(int)ReadingType.Boolean] > 0) ReadBooleans(ref reader, rows);
        if (counts[(int)ReadingType.Text] > 0) ReadTexts(ref reader, rows);
        if (counts[(int)ReadingType.Data] > 0) ReadData(ref reader, rows);
    }

    private static void ReadQualities(ref ByteReader reader, Span<Row> rows)
    {
        var runs = reader.Count(rows.Length);
        var at = 0;
        for (var r = 0; r < runs && !reader.Failed; r++)
        {
            var quality = (Quality)(int)reader.Varint();
            var run = reader.Count(rows.Length - at);
            for (var end = at + run; at < end; at++) rows[at].Quality = quality;
        }
        if (runs > 0 && at != rows.Length) reader.Fail();
    }

    private static void ReadTimes(ref ByteReader reader, Span<Row> rows)
    {
        var time = ByteReader.UnZigZag(reader.Varint());
        rows[0].Time = time;
        long step = 0;
        var tokens = new Tokens(ref reader, rows.Length - 1);
        for (var i = 1; i < rows.Length; i++)
        {
            step = unchecked(step + ByteReader.UnZigZag(tokens.Next(ref reader)));
            time = unchecked(time + step);
            rows[i].Time = time;
        }
        tokens.End(ref reader);
    }

    private static void ReadNumbers(ref ByteReader reader, Span<Row> rows, int count)
    {
        var head = reader.Byte();
        var scale = head & 0x3f;
        if (scale > MaxScale) reader.Fail();
        if (reader.Failed) return;
        var isRaw = (head & HasRaw) != 0 ? reader.Bytes((count + 7) / 8) : default;
        var raw = 0;
        for (var i = 0; i < count && !isRaw.IsEmpty; i++) raw += (isRaw[i >> 3] >> (i & 7)) & 1;
        var single = (head & RawSingle) != 0;
        var exact = new ByteReader(reader.Bytes(raw * (single ? 4 : 8)));
        var tokens = new Tokens(ref reader, count - raw);
        if (reader.Failed) return;
        long whole = 0;
        var index = 0;
        foreach (ref var row in rows)
        {
            if (row.Type != ReadingType.Number) continue;
            double value;
            if (!isRaw.IsEmpty && ((isRaw[index >> 3] >> (index & 7)) & 1) != 0)
            {
                value = single ? BitConverter.Int32BitsToSingle(exact.Int32()) : BitConverter.Int64BitsToDouble(exact.Int64());
            }
            else
            {
                whole = unchecked(whole + ByteReader.UnZigZag(tokens.Next(ref reader)));
                value = DecimalScale.ToDouble(whole, scale);
            }
            row.Value = ReadingValue.FromNumber(value);
            index++;
        }
        tokens.End(ref reader);
    }

    private static void ReadBooleans(ref ByteReader reader, Span<Row> rows)
    {
        var (bits, left) = (0, 0);
        foreach (ref var row in rows)
        {
            if (row.Type != ReadingType.Boolean) continue;
            if (left == 0) (bits, left) = (reader.Byte(), 8);
            row.Value = ReadingValue.FromBoolean((bits & 1) != 0);
            bits >>= 1;
            left--;
        }
    }

    private static void ReadTexts(ref ByteReader reader, Span<Row> rows)
    {
        var texts = new List<string>();
        foreach (ref var row in rows)
        {
            if (row.Type != ReadingType.Text) continue;
            var index = reader.Count(texts.Count);
            if (reader.Failed) return;
            if (index == 0) texts.Add(Encoding.UTF8.GetString(reader.Bytes(reader.Count(int.MaxValue))));
            row.Value = ReadingValue.FromText(texts[index == 0 ? ^1 : index - 1]);
        }
    }

    private static void ReadData(ref ByteReader reader, Span<Row> rows)
    {
        foreach (ref var row in rows)
        {
            if (row.Type != ReadingType.Data) continue;
            row.Value = ReadingValue.FromData(reader.Bytes(reader.Count(int.MaxValue)).ToArray());
            if (reader.Failed) return;
        }
    }

    private struct Row
    {
        public long Time;
        public ReadingValue Value;
        public Quality Quality;
        public ReadingType Type;
    }

    /// <summary>A column of varints, with runs of zeros shortened or not.</summary>
    private struct Tokens
    {
        private readonly bool shortened;
        private int zeros;

        public Tokens(ref ByteReader reader, int count)
        {
            var mode = count > 0 ? reader.Byte() : (byte)0;
            if (mode > 1) reader.Fail();
            shortened = mode == 1;
        }

        public ulong Next(ref ByteReader reader)
        {
            if (zeros > 0)
            {
                zeros--;
                return 0;
            }
            var value = reader.Varint();
            if (shortened && value == 0) zeros = reader.Count(ChunkDecoder.MaxRows);
            return value;
        }

        public readonly void End(ref ByteReader reader)
        {
            if (zeros > 0) reader.Fail();
        }
    }
}
