using System.Buffers.Binary;
using System.Text;

namespace CityEdge.Mqtt;

/// <summary>
/// Reads the fields of one packet body in order. After the first fault every read gives a default and <see cref="Error"/> stays, so that decoders read straight on and
/// ask once at the end; no read goes beyond the body.
/// </summary>
internal ref struct WireReader(ReadOnlySpan<byte> body, PacketType packet)
{
    private readonly ReadOnlySpan<byte> body = body;

    public MqttProtocolError? Error { get; private set; }

    public int Position { get; private set; }

    public readonly int Remaining => Error is null ? body.Length - Position : 0;

    public void Fail(ReasonCode code, string fault) => Error ??= new(code, $"{PropertyTable.PlaceName((int)packet)}: {fault}");

    public void Fail(MqttProtocolError error) => Error ??= error;

    public void FailIf(bool broken, ReasonCode code, string fault)
    {
        if (broken) Fail(code, fault);
    }

    public byte Byte(string field) => Take(1, field) is { IsEmpty: false } bytes ? bytes[0] : (byte)0;

    public ushort UInt16(string field) => Take(2, field) is { IsEmpty: false } bytes ? BinaryPrimitives.ReadUInt16BigEndian(bytes) : (ushort)0;

    /// <summary>A Packet Identifier, which may not be 0 (MQTT-2.2.1-3; 3.1.1 MQTT-2.3.1-1).</summary>
    public ushort PacketId()
    {
        var id = UInt16("Packet Identifier");
        FailIf(id == 0, ReasonCode.ProtocolError, "Packet Identifier is 0 (5.0 §2.2.1)");
        return id;
    }

    public ReadOnlySpan<byte> Binary(string field) => Take(UInt16(field), field);

    public ReadOnlySpan<byte> Utf8(string field)
    {
        var bytes = Binary(field);
        if (Utf8Text.IsValid(bytes)) return bytes;
        Fail(ReasonCode.MalformedPacket, $"{field} {Utf8Text.Fault}");
        return default;
    }

    public string Text(string field) => Encoding.UTF8.GetString(Utf8(field));

    /// <summary>The bytes of the properties, without their length; they are not looked into.</summary>
    public ReadOnlySpan<byte> RawProperties()
    {
        if (Error is not null) return default;
        var read = VariableByteInteger.Read(body[Position..], out var length);
        if (read <= 0 || length > body.Length - Position - read)
        {
            Fail(ReasonCode.MalformedPacket, "Property Length is missing, not a variable byte integer or runs over the end of the packet (5.0 §2.2.2.1)");
            return default;
        }
        Position += read;
        return Take((int)length, "properties");
    }

    /// <summary>Decoded properties; null when there are none.</summary>
    public MqttProperties? Properties(int place)
    {
        var raw = RawProperties();
        if (raw.IsEmpty) return null;
        var properties = PropertyCodec.Decode(raw, place, out var error);
        Error ??= error;
        return properties;
    }

    public ReadOnlySpan<byte> Rest() => Take(Remaining, "payload");

    public void End() => FailIf(Remaining > 0, ReasonCode.MalformedPacket, $"{Remaining} bytes after the end of the packet's fields");

    private ReadOnlySpan<byte> Take(int count, string field)
    {
        if (Error is not null) return default;
        if (count > body.Length - Position)
        {
            Fail(ReasonCode.MalformedPacket, $"{field} runs over the end of the packet");
            return default;
        }
        var bytes = body.Slice(Position, count);
        Position += count;
        return bytes;
    }
}
