using System.Numerics;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Writes rows of one series as one chunk. Layout, all counts LEB128: CRC-32C of the rest (4 bytes), format 1, rows, runs of types, runs of qualities, times
/// (first, then delta of delta, zigzag), then one column per type: numbers as decimals of one scale (delta, zigzag) with the exact bits of those that are none,
/// booleans as bits, texts with back references, data with lengths. Rows need not be in order of time. One encoder serves one thread.
/// </summary>
internal sealed class ChunkEncoder
{
    private readonly ByteWriter output = new();
    private readonly Dictionary<string, int> texts = new(StringComparer.Ordinal);
    private ulong[] tokens = new ulong[128];
    private double[] numbers = new double[128];

    /// <summary>The encoded chunk; valid until the next call. 1 to <see cref="ChunkDecoder.MaxRows"/> rows.</summary>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<StoredReading> rows)
    {
        ArgumentOutOfRangeException.ThrowIfZero(rows.Length, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows.Length, ChunkDecoder.MaxRows, nameof(rows));
        if (tokens.Length < rows.Length) (tokens, numbers) = (new ulong[rows.Length], new double[rows.Length]);
        output.Clear();
        output.Int32(0);
        output.Byte(ChunkDecoder.Format);
        output.Varint((ulong)rows.Length);
        var seen = WriteTypes(rows);
        WriteQualities(rows);
        WriteTimes(rows);
        if ((seen & (1 << (int)ReadingType.Number)) != 0) WriteNumbers(rows);
        if ((seen & (1 << (int)ReadingType.Boolean)) != 0) WriteBooleans(rows);
        if ((seen & (1 << (int)ReadingType.Text)) != 0) WriteTexts(rows);
        if ((seen & (1 << (int)ReadingType.Data)) != 0) WriteData(rows);
        var sum = Checksum(output.Written[4..]);
        var length = output.Length;
        output.Clear();
        output.Int32((int)sum);
        output.Take(length - 4);
        return output.Written;
    }

    public static uint Checksum(ReadOnlySpan<byte> bytes)
    {
        var crc = ~0u;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, BitConverter.ToUInt64(bytes));
            bytes = bytes[8..];
        }
        foreach (var b in bytes) crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }

    private int WriteTypes(ReadOnlySpan<StoredReading> rows)
    {
        var seen = 0;
        for (var i = 0; i < rows.Length;)
        {
            var type = rows[i].Value.Type;
            if (type == ReadingType.None) throw new ArgumentException("A row without a value cannot be stored.", nameof(rows));
            var run = i;
            while (run < rows.Length && rows[run].Value.Type == type) run++;
            seen |= 1 << (int)type;
            output.Byte((byte)type);
            output.Varint((ulong)(run - i));
            i = run;
        }
        return seen;
    }

    private void WriteQualities(ReadOnlySpan<StoredReading> rows)
    {
        var runs = 1;
        for (var i = 1; i < rows.Length; i++) runs += rows[i].Quality != rows[i - 1].Quality ? 1 : 0;
        if (runs == 1 && rows[0].Quality == Quality.Good)
        {
            output.Varint(0);
            return;
        }
        output.Varint((ulong)runs);
        for (var i = 0; i < rows.Length;)
        {
            var run = i;
            while (run < rows.Length && rows[run].Quality == rows[i].Quality) run++;
            output.Varint((uint)rows[i].Quality);
            output.Varint((ulong)(run - i));
            i = run;
        }
    }

    private void WriteTimes(ReadOnlySpan<StoredReading> rows)
    {
        output.Varint(ByteWriter.ZigZag(rows[0].TimeMs));
        long step = 0;
        for (var i = 1; i < rows.Length; i++)
        {
            var next = unchecked(rows[i].TimeMs - rows[i - 1].TimeMs);
            tokens[i - 1] = ByteWriter.ZigZag(unchecked(next - step));
            step = next;
        }
        WriteTokens(tokens.AsSpan(0, rows.Length - 1));
    }

    private void WriteNumbers(ReadOnlySpan<StoredReading> rows)
    {
        var count = 0;
        foreach (ref readonly var row in rows)
        {
            if (row.Value.Type == ReadingType.Number) numbers[count++] = row.Value.Number;
        }
        var values = numbers.AsSpan(0, count);
        var scale = 0;
        foreach (var value in values)
        {
            for (var s = scale; s <= DecimalScale.Max; s++)
            {
                if (!DecimalScale.TryScale(value, s, out _)) continue;
                scale = s;
                break;
            }
        }
        long previous = 0;
        var (exact, raw, single) = (0, 0, true);
        for (var i = 0; i < count; i++)
        {
            if (DecimalScale.TryScale(values[i], scale, out var whole))
            {
                tokens[exact++] = ByteWriter.ZigZag(whole - previous);
                previous = whole;
                continue;
            }
            single &= DecimalScale.IsSingle(values[i]);
            raw++;
        }
        output.Byte((byte)(scale | (raw > 0 ? DecimalScale.HasRaw : 0) | (raw > 0 && single ? DecimalScale.RawSingle : 0)));
        if (raw > 0) WriteRaw(values, scale, single);
        WriteTokens(tokens.AsSpan(0, exact));
    }

    private void WriteRaw(ReadOnlySpan<double> values, int scale, bool single)
    {
        var bits = output.Take((values.Length + 7) / 8);
        bits.Clear();
        for (var i = 0; i < values.Length; i++)
        {
            if (!DecimalScale.TryScale(values[i], scale, out _)) bits[i >> 3] |= (byte)(1 << (i & 7));
        }
        for (var i = 0; i < values.Length; i++)
        {
            if (DecimalScale.TryScale(values[i], scale, out _)) continue;
            if (single) output.Int32(BitConverter.SingleToInt32Bits((float)values[i]));
            else output.Int64(BitConverter.DoubleToInt64Bits(values[i]));
        }
    }

    private void WriteBooleans(ReadOnlySpan<StoredReading> rows)
    {
        var (bits, filled) = (0, 0);
        foreach (ref readonly var row in rows)
        {
            if (row.Value.Type != ReadingType.Boolean) continue;
            bits |= (row.Value.Boolean ? 1 : 0) << filled;
            if (++filled < 8) continue;
            output.Byte((byte)bits);
            (bits, filled) = (0, 0);
        }
        if (filled > 0) output.Byte((byte)bits);
    }

    private void WriteTexts(ReadOnlySpan<StoredReading> rows)
    {
        texts.Clear();
        foreach (ref readonly var row in rows)
        {
            if (row.Value.Type != ReadingType.Text) continue;
            var text = row.Value.Text!;
            if (texts.TryGetValue(text, out var index))
            {
                output.Varint((ulong)index);
                continue;
            }
            texts[text] = texts.Count + 1;
            output.Varint(0);
            var length = Encoding.UTF8.GetByteCount(text);
            output.Varint((ulong)length);
            Encoding.UTF8.GetBytes(text, output.Take(length));
        }
        texts.Clear();
    }

    private void WriteData(ReadOnlySpan<StoredReading> rows)
    {
        foreach (ref readonly var row in rows)
        {
            if (row.Value.Type != ReadingType.Data) continue;
            output.Varint((ulong)row.Value.Data.Length);
            output.Bytes(row.Value.Data.Span);
        }
    }

    /// <summary>Plain varints, or, where it is shorter, each run of zeros as a zero and the number of zeros that follow it.</summary>
    private void WriteTokens(ReadOnlySpan<ulong> values)
    {
        if (values.IsEmpty) return;
        var (zeros, runs) = (0, 0);
        for (var i = 0; i < values.Length; i++)
        {
            if (values[i] != 0) continue;
            zeros++;
            if (i == 0 || values[i - 1] != 0) runs++;
        }
        var shortened = 2 * runs < zeros;
        output.Byte(shortened ? (byte)1 : (byte)0);
        for (var i = 0; i < values.Length; i++)
        {
            output.Varint(values[i]);
            if (!shortened || values[i] != 0) continue;
            var run = i;
            while (run + 1 < values.Length && values[run + 1] == 0) run++;
            output.Varint((ulong)(run - i));
            i = run;
        }
    }
}
