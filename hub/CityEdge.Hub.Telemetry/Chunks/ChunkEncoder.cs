using System.Numerics;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Writes rows of one series as one chunk. Layout, all counts LEB128: CRC-32C of the rest (4 bytes), format 2, flags and the type that all rows share, rows;
/// runs of types where they differ; runs of qualities where not all are good; <see cref="TimeColumn"/>; then one column per type: <see cref="NumberColumn"/>,
/// booleans as bits, texts with back references, data with lengths. Rows need not be in order of time. One encoder serves one thread.
/// </summary>
internal sealed class ChunkEncoder
{
    private readonly ByteWriter output = new();
    private readonly Dictionary<string, int> texts = new(StringComparer.Ordinal);
    private readonly ChunkColumns columns = new();
    private readonly TimeColumn times;
    private readonly NumberColumn numbers;
    private double[] some = [];

    public ChunkEncoder()
    {
        var packer = new IntPacker();
        (times, numbers) = (new TimeColumn(packer), new NumberColumn(packer));
    }

    /// <summary>The encoded chunk; valid until the next call. 1 to <see cref="ChunkDecoder.MaxRows"/> rows.</summary>
    public ReadOnlySpan<byte> Encode(ReadOnlySpan<StoredReading> rows)
    {
        columns.Clear();
        foreach (ref readonly var row in rows) columns.Add(row);
        return Encode(columns, 0, rows.Length);
    }

    /// <summary>The rows from <paramref name="start"/> up to <paramref name="end"/> as a chunk; valid until the next call.</summary>
    public ReadOnlySpan<byte> Encode(ChunkColumns rows, int start, int end)
    {
        var count = end - start;
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, ChunkDecoder.MaxRows, nameof(rows));
        var uniform = rows.Uniform;
        var good = true;
        for (var i = start; i < end && !rows.AllGood; i++) good &= rows.QualityOf(i) == Quality.Good;
        output.Clear();
        output.Int32(0);
        output.Byte(ChunkDecoder.Format);
        output.Byte((byte)((int)uniform | (uniform == ReadingType.None ? ChunkDecoder.MixedTypes : 0) | (good ? 0 : ChunkDecoder.HasQualities)));
        output.Varint((ulong)count);
        var seen = uniform == ReadingType.None ? WriteTypes(rows, start, end) : 1 << (int)uniform;
        if (!good) WriteQualities(rows, start, end);
        times.Write(output, rows.Times[start..end]);
        if (uniform == ReadingType.Number) numbers.Write(output, rows.Numbers[start..end]);
        else if ((seen & (1 << (int)ReadingType.Number)) != 0) WriteSomeNumbers(rows, start, end);
        if ((seen & (1 << (int)ReadingType.Boolean)) != 0) WriteBooleans(rows, start, end);
        if ((seen & (1 << (int)ReadingType.Text)) != 0) WriteTexts(rows, start, end);
        if ((seen & (1 << (int)ReadingType.Data)) != 0) WriteData(rows, start, end);
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

    private int WriteTypes(ChunkColumns rows, int start, int end)
    {
        var seen = 0;
        for (var i = start; i < end;)
        {
            var type = rows.TypeOf(i);
            if (type == ReadingType.None) throw new ArgumentException("A row without a value cannot be stored.", nameof(rows));
            var run = i;
            while (run < end && rows.TypeOf(run) == type) run++;
            seen |= 1 << (int)type;
            output.Byte((byte)type);
            output.Varint((ulong)(run - i));
            i = run;
        }
        return seen;
    }

    private void WriteQualities(ChunkColumns rows, int start, int end)
    {
        for (var i = start; i < end;)
        {
            var run = i;
            while (run < end && rows.QualityOf(run) == rows.QualityOf(i)) run++;
            output.Varint((uint)rows.QualityOf(i));
            output.Varint((ulong)(run - i));
            i = run;
        }
    }

    private void WriteSomeNumbers(ChunkColumns rows, int start, int end)
    {
        if (some.Length < end - start) some = new double[end - start];
        var count = 0;
        for (var i = start; i < end; i++)
        {
            if (rows.TypeOf(i) == ReadingType.Number) some[count++] = rows.Numbers[i];
        }
        numbers.Write(output, some.AsSpan(0, count));
    }

    private void WriteBooleans(ChunkColumns rows, int start, int end)
    {
        var (bits, filled) = (0, 0);
        for (var i = start; i < end; i++)
        {
            if (rows.TypeOf(i) != ReadingType.Boolean) continue;
            bits |= (rows.Numbers[i] != 0 ? 1 : 0) << filled;
            if (++filled < 8) continue;
            output.Byte((byte)bits);
            (bits, filled) = (0, 0);
        }
        if (filled > 0) output.Byte((byte)bits);
    }

    private void WriteTexts(ChunkColumns rows, int start, int end)
    {
        texts.Clear();
        for (var i = start; i < end; i++)
        {
            if (rows.TypeOf(i) != ReadingType.Text) continue;
            var text = rows.Value(i).Text!;
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

    private void WriteData(ChunkColumns rows, int start, int end)
    {
        for (var i = start; i < end; i++)
        {
            if (rows.TypeOf(i) != ReadingType.Data) continue;
            var data = rows.Value(i).Data;
            output.Varint((ulong)data.Length);
            output.Bytes(data.Span);
        }
    }
}
