using System.Buffers.Binary;

namespace CityEdge.Hub.Telemetry;

/// <summary>Reads what <see cref="ByteWriter"/> wrote. Never throws: past the end, or on nonsense, <see cref="Failed"/> is set and zeros come.</summary>
internal ref struct ByteReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> rest = bytes;

    public bool Failed { get; private set; }

    public readonly bool AtEnd => rest.IsEmpty;

    /// <summary>What is not read yet.</summary>
    public readonly ReadOnlySpan<byte> Rest => rest;

    public void Fail() => Failed = true;

    public ReadOnlySpan<byte> Bytes(int count)
    {
        if (count < 0 || count > rest.Length)
        {
            Failed = true;
            rest = default;
            return default;
        }
        var taken = rest[..count];
        rest = rest[count..];
        return taken;
    }

    public byte Byte() => Bytes(1) is [var value] ? value : (byte)0;

    public long Int64() => Bytes(8) is { Length: 8 } b ? BinaryPrimitives.ReadInt64LittleEndian(b) : 0;

    public int Int32() => Bytes(4) is { Length: 4 } b ? BinaryPrimitives.ReadInt32LittleEndian(b) : 0;

    public ulong Varint()
    {
        ulong value = 0;
        for (var i = 0; i < 10 && i < rest.Length; i++)
        {
            value |= (ulong)(rest[i] & 0x7f) << (7 * i);
            if (rest[i] >= 0x80) continue;
            rest = rest[(i + 1)..];
            return value;
        }
        Failed = true;
        rest = default;
        return 0;
    }

    /// <summary>A varint that must not be above a limit.</summary>
    public int Count(int limit)
    {
        var value = Varint();
        if (value <= (ulong)limit) return (int)value;
        Failed = true;
        return 0;
    }

    public static long UnZigZag(ulong value) => (long)(value >> 1) ^ -(long)(value & 1);
}
