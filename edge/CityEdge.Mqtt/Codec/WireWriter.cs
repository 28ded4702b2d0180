using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace CityEdge.Mqtt;

/// <summary>Writes the fields of a packet, first only counting, then into the output's span: one code path gives both length and bytes.</summary>
internal ref struct WireWriter
{
    private Span<byte> span;
    private bool writing;

    public int Length { get; private set; }

    /// <summary>Writes into bytes at hand, without a header.</summary>
    public static WireWriter Into(Span<byte> span) => new() { span = span, writing = true };

    /// <summary>Ends counting: takes a span for the counted body behind a fixed header and starts writing.</summary>
    public void Open(IBufferWriter<byte> output, byte header) => OpenSized(output, header, Length, 0);

    /// <summary>Starts writing a packet of that Remaining Length, whose last <paramref name="apart"/> bytes will not go through this writer.</summary>
    public void OpenSized(IBufferWriter<byte> output, byte header, long remaining, int apart)
    {
        if (remaining > VariableByteInteger.Max)
            throw new ArgumentException($"{PacketFraming.TypeOf(header)} of {remaining} bytes cannot be sent: MQTT ends at {VariableByteInteger.Max} (5.0 §2.1.4)");
        span = output.GetSpan((int)(1 + VariableByteInteger.Length((uint)remaining) + remaining - apart));
        writing = true;
        Length = 0;
        Byte(header);
        VarInt((uint)remaining);
    }

    public void Byte(byte value)
    {
        if (writing) span[Length] = value;
        Length++;
    }

    public void Flag(bool value) => Byte(value ? (byte)1 : (byte)0);

    public void UInt16(ushort value)
    {
        if (writing) BinaryPrimitives.WriteUInt16BigEndian(span[Length..], value);
        Length += 2;
    }

    public void UInt32(uint value)
    {
        if (writing) BinaryPrimitives.WriteUInt32BigEndian(span[Length..], value);
        Length += 4;
    }

    public void VarInt(uint value)
    {
        if (value > VariableByteInteger.Max) throw new ArgumentException($"{value} does not fit a variable byte integer (5.0 §1.5.5)");
        Length += writing ? VariableByteInteger.Write(span[Length..], value) : VariableByteInteger.Length(value);
    }

    public void Raw(ReadOnlySpan<byte> bytes)
    {
        if (writing) bytes.CopyTo(span[Length..]);
        Length += bytes.Length;
    }

    public void Binary(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > ushort.MaxValue) throw new ArgumentException($"Binary data of {bytes.Length} bytes: MQTT takes at most 65535 (5.0 §1.5.6)");
        UInt16((ushort)bytes.Length);
        Raw(bytes);
    }

    public void Text(string text)
    {
        var count = Encoding.UTF8.GetByteCount(text);
        if (count > ushort.MaxValue) throw new ArgumentException($"A string of {count} UTF-8 bytes: MQTT takes at most 65535 (5.0 §1.5.4)");
        UInt16((ushort)count);
        if (writing) Encoding.UTF8.GetBytes(text, span[Length..]);
        Length += count;
    }

    /// <summary>Property Length and properties (§2.2.2).</summary>
    public void Properties(MqttProperties? properties, int place)
    {
        if (properties is null)
        {
            Byte(0);
            return;
        }
        VarInt((uint)PropertyCodec.Measure(properties, place));
        PropertyCodec.Emit(ref this, properties, place);
    }
}
