using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace CityEdge.Rules;

/// <summary>Little-endian primitives of a snapshot, written in pieces so that a large one is held only once, by its receiver; without one it is kept here.</summary>
internal sealed class SnapshotWriter(IBufferWriter<byte>? receiver = null) : IDisposable
{
    private const int PieceSize = 1 << 16;
    private readonly IBufferWriter<byte> to = receiver ?? new ArrayBufferWriter<byte>();
    private readonly IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] piece = new byte[PieceSize];
    private int used;

    /// <summary>All that was written; empty when there is a receiver.</summary>
    public ReadOnlySpan<byte> Written
    {
        get
        {
            Flush();
            return to is ArrayBufferWriter<byte> own && receiver is null ? own.WrittenSpan : default;
        }
    }

    public void Byte(byte value) => Next(1)[0] = value;

    public void Bool(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void Int(int value) => BinaryPrimitives.WriteInt32LittleEndian(Next(4), value);

    public void Long(long value) => BinaryPrimitives.WriteInt64LittleEndian(Next(8), value);

    public void Double(double value) => Long(BitConverter.DoubleToInt64Bits(value));

    public void Text(string value)
    {
        var length = Encoding.UTF8.GetByteCount(value);
        Int(length);
        if (length <= PieceSize)
        {
            Encoding.UTF8.GetBytes(value, Next(length));
            return;
        }
        foreach (var b in Encoding.UTF8.GetBytes(value)) Byte(b);
    }

    /// <summary>The check sum of all that was written, itself not part of it; nothing may follow.</summary>
    public void CheckSum(int length)
    {
        Flush();
        to.Write(hash.GetHashAndReset().AsSpan(0, length));
    }

    public void Dispose() => hash.Dispose();

    private Span<byte> Next(int length)
    {
        if (used + length > PieceSize) Flush();
        var place = piece.AsSpan(used, length);
        used += length;
        return place;
    }

    private void Flush()
    {
        hash.AppendData(piece, 0, used);
        to.Write(piece.AsSpan(0, used));
        used = 0;
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
