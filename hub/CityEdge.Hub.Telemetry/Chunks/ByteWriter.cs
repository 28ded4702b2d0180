using System.Buffers.Binary;

namespace CityEdge.Hub.Telemetry;

/// <summary>A growing byte buffer that is used again and again.</summary>
internal sealed class ByteWriter
{
    private byte[] bytes = new byte[1024];

    public int Length { get; private set; }

    public ReadOnlySpan<byte> Written => bytes.AsSpan(0, Length);

    public void Clear() => Length = 0;

    public Span<byte> Take(int count)
    {
        if (Length + count > bytes.Length) Array.Resize(ref bytes, Math.Max(bytes.Length * 2, Length + count));
        var span = bytes.AsSpan(Length, count);
        Length += count;
        return span;
    }

    public void Byte(byte value) => Take(1)[0] = value;

    public void Bytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    public void Int64(long value) => BinaryPrimitives.WriteInt64LittleEndian(Take(8), value);

    public void Int32(int value) => BinaryPrimitives.WriteInt32LittleEndian(Take(4), value);

    /// <summary>LEB128.</summary>
    public void Varint(ulong value)
    {
        if (Length + 10 > bytes.Length) Array.Resize(ref bytes, bytes.Length * 2);
        while (value >= 0x80)
        {
            bytes[Length++] = (byte)(value | 0x80);
            value >>= 7;
        }
        bytes[Length++] = (byte)value;
    }

    public static ulong ZigZag(long value) => (ulong)((value << 1) ^ (value >> 63));
}
