using System.Buffers.Binary;
using System.Text;

namespace CityEdge.Hub.Broker;

/// <summary>Reads what <see cref="RecordWriter"/> wrote. Never throws: after the first short or damaged field <see cref="Ok"/> is false and all further fields are empty.</summary>
internal ref struct RecordReader(ReadOnlySpan<byte> body)
{
    private ReadOnlySpan<byte> _rest = body;

    public bool Ok { get; private set; } = true;

    public readonly int Remaining => _rest.Length;

    private ReadOnlySpan<byte> Take(int length)
    {
        if (!Ok || length < 0 || length > _rest.Length)
        {
            Ok = false;
            return default;
        }
        var taken = _rest[..length];
        _rest = _rest[length..];
        return taken;
    }

    public byte Byte()
    {
        var span = Take(1);
        return Ok ? span[0] : (byte)0;
    }

    public bool Bool() => Byte() != 0;

    public ushort UInt16()
    {
        var span = Take(2);
        return Ok ? BinaryPrimitives.ReadUInt16LittleEndian(span) : (ushort)0;
    }

    public long Int64()
    {
        var span = Take(8);
        return Ok ? BinaryPrimitives.ReadInt64LittleEndian(span) : 0;
    }

    public uint VarUInt()
    {
        uint value = 0;
        for (var shift = 0; shift < 35; shift += 7)
        {
            var next = Byte();
            if (!Ok) return 0;
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return value;
        }
        Ok = false;
        return 0;
    }

    /// <summary>A count of items that each take at least one byte: a larger one is damage, not an allocation.</summary>
    public int Count()
    {
        var value = VarUInt();
        if (value <= _rest.Length) return (int)value;
        Ok = false;
        return 0;
    }

    public string String()
    {
        var span = Take(Count());
        return Ok ? Encoding.UTF8.GetString(span) : "";
    }

    public byte[] Bytes()
    {
        var span = Take(Count());
        return Ok ? span.ToArray() : [];
    }
}
