using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace CityEdge.Rules;

/// <summary>Little-endian primitives of a snapshot, written.</summary>
internal sealed class SnapshotWriter
{
    private readonly ArrayBufferWriter<byte> buffer = new();

    public ReadOnlySpan<byte> Written => buffer.WrittenSpan;

    public void Byte(byte value)
    {
        buffer.GetSpan(1)[0] = value;
        buffer.Advance(1);
    }

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value)
    {
        BinaryPrimitives.WriteInt32LittleEndian(buffer.GetSpan(4), value);
        buffer.Advance(4);
    }

    public void Long(long value)
    {
        BinaryPrimitives.WriteInt64LittleEndian(buffer.GetSpan(8), value);
        buffer.Advance(8);
    }

    public void Double(double value) => Long(BitConverter.DoubleToInt64Bits(value));

    public void Text(string value)
    {
        Int(Encoding.UTF8.GetByteCount(value));
        buffer.Advance(Encoding.UTF8.GetBytes(value, buffer.GetSpan(Encoding.UTF8.GetByteCount(value))));
    }
}

/// <summary>The same, read; <see cref="Failed"/> instead of exceptions when the bytes end early or a length is absurd.</summary>
internal ref struct SnapshotReader(ReadOnlySpan<byte> from)
{
    private ReadOnlySpan<byte> rest = from;

    public bool Failed { get; private set; }

    public readonly int Remaining => rest.Length;

    public byte Byte() => Take(1) is [var value] ? value : (byte)0;

    public bool Bool() => Byte() != 0;

    public int Int() => Take(4) is { Length: 4 } bytes ? BinaryPrimitives.ReadInt32LittleEndian(bytes) : 0;

    public long Long() => Take(8) is { Length: 8 } bytes ? BinaryPrimitives.ReadInt64LittleEndian(bytes) : 0;

    public double Double() => BitConverter.Int64BitsToDouble(Long());

    public string Text() => Encoding.UTF8.GetString(Take(Int()));

    /// <summary>A count of things of at least <paramref name="leastSize"/> bytes each.</summary>
    public int Count(int leastSize)
    {
        var count = Int();
        if (count >= 0 && (long)count * leastSize <= rest.Length) return count;
        Failed = true;
        return 0;
    }

    private ReadOnlySpan<byte> Take(int length)
    {
        if (length < 0 || length > rest.Length)
        {
            Failed = true;
            rest = default;
            return default;
        }
        var taken = rest[..length];
        rest = rest[length..];
        return taken;
    }
}
