using System.Buffers.Binary;
using System.Numerics;

namespace CityEdge.Hub.Telemetry;

/// <summary>Reads what <see cref="BitWriter"/> wrote. Never throws: past the end <see cref="Failed"/> is set and zeros come.</summary>
internal ref struct BitReader(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly long total = bytes.Length * 8L;
    private long at;

    public bool Failed { get; private set; }

    /// <summary>Bytes that were read from, the last one perhaps in part.</summary>
    public readonly int BytesUsed => (int)((at + 7) >> 3);

    public ulong Get(int bits)
    {
        if (bits == 0) return 0;
        if (at + bits > total) return Fail();
        var (from, shift) = ((int)(at >> 3), (int)(at & 7));
        var value = Load(from) >> shift;
        if (shift + bits > 64) value |= (ulong)bytes[from + 8] << (64 - shift);
        at += bits;
        return bits == 64 ? value : value & ((1UL << bits) - 1);
    }

    /// <summary>Number of ones up to the next zero, which is consumed; at most <paramref name="limit"/> (below 57), then nothing follows the ones.</summary>
    public int Ones(int limit)
    {
        var ones = Math.Min(BitOperations.TrailingZeroCount(~(Load((int)(at >> 3)) >> (int)(at & 7))), limit);
        var used = ones + (ones < limit ? 1 : 0);
        if (at + used > total) return (int)Fail();
        at += used;
        return ones;
    }

    private readonly ulong Load(int from)
    {
        if (from + 8 <= bytes.Length) return BinaryPrimitives.ReadUInt64LittleEndian(bytes[from..]);
        ulong value = 0;
        for (var i = bytes.Length - 1; i >= from; i--) value = (value << 8) | bytes[i];
        return value;
    }

    private ulong Fail()
    {
        Failed = true;
        at = total;
        return 0;
    }
}
