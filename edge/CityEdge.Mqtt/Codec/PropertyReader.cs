using System.Buffers.Binary;

namespace CityEdge.Mqtt;

/// <summary>
/// Walks raw 5.0 properties (without their length prefix) and checks each against §2.2.2: known, allowed in the packet, not repeated, of its type and in its range.
/// Allocates nothing unless there is an error. Not for use after <see cref="MoveNext"/> returned false, except <see cref="Error"/>.
/// </summary>
public ref struct PropertyReader
{
    private readonly ReadOnlySpan<byte> raw;
    private readonly int place;
    private int position;
    private ulong seen;

    /// <summary>Reads the properties of a packet of that type.</summary>
    public PropertyReader(ReadOnlySpan<byte> raw, PacketType packet)
        : this(raw, (int)packet)
    {
    }

    internal PropertyReader(ReadOnlySpan<byte> raw, int place)
    {
        this.raw = raw;
        this.place = place;
    }

    /// <summary>The property at hand.</summary>
    public PropertyId Id { get; private set; }

    /// <summary>Value of a byte or integer property.</summary>
    public uint Number { get; private set; }

    /// <summary>UTF-8 of a string, bytes of a binary, or the name of a User Property.</summary>
    public ReadOnlySpan<byte> Bytes { get; private set; }

    /// <summary>UTF-8 value of a User Property.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Identifier and value as they stand on the wire.</summary>
    public ReadOnlySpan<byte> Raw { get; private set; }

    /// <summary>Set when <see cref="MoveNext"/> stopped at something wrong.</summary>
    public MqttProtocolError? Error { get; private set; }

    /// <summary>Goes to the next property; false at the end or at the first error.</summary>
    public bool MoveNext()
    {
        if (position >= raw.Length || Error is not null) return false;
        var start = position;
        Id = (PropertyId)raw[position++];
        var (type, places) = PropertyTable.Lookup(Id);
        if (type == PropertyType.None || (places & (1 << place)) == 0)
            return Fail(ReasonCode.MalformedPacket, "is not a property of this packet (5.0 §2.2.2.2)");
        if (!PropertyTable.MayRepeat(Id, place))
        {
            if ((seen & (1UL << (byte)Id)) != 0) return Fail(ReasonCode.ProtocolError, "is there twice");
            seen |= 1UL << (byte)Id;
        }
        if (!ReadValue(type)) return false;
        Raw = raw[start..position];
        return CheckRange();
    }

    private bool ReadValue(PropertyType type)
    {
        var rest = raw[position..];
        switch (type)
        {
            case PropertyType.Flag when rest.Length >= 1:
                Number = rest[0];
                position += 1;
                return true;
            case PropertyType.UInt16 when rest.Length >= 2:
                Number = BinaryPrimitives.ReadUInt16BigEndian(rest);
                position += 2;
                return true;
            case PropertyType.UInt32 when rest.Length >= 4:
                Number = BinaryPrimitives.ReadUInt32BigEndian(rest);
                position += 4;
                return true;
            case PropertyType.VarInt:
                var read = VariableByteInteger.Read(rest, out var number);
                if (read <= 0) return Fail(ReasonCode.MalformedPacket, "is not a variable byte integer (5.0 §1.5.5)");
                Number = number;
                position += read;
                return true;
            case PropertyType.Binary when TryReadBytes(out var binary):
                Bytes = binary;
                return true;
            case PropertyType.Text when TryReadBytes(out var text):
                Bytes = text;
                return Utf8Text.IsValid(text) || Fail(ReasonCode.MalformedPacket, Utf8Text.Fault);
            case PropertyType.Pair when TryReadBytes(out var name) && TryReadBytes(out var value):
                Bytes = name;
                Value = value;
                return (Utf8Text.IsValid(name) && Utf8Text.IsValid(value)) || Fail(ReasonCode.MalformedPacket, Utf8Text.Fault);
            default:
                return Fail(ReasonCode.MalformedPacket, "runs over the end of the properties");
        }
    }

    private bool TryReadBytes(out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var rest = raw[position..];
        if (rest.Length < 2) return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(rest);
        if (rest.Length < 2 + length) return false;
        bytes = rest.Slice(2, length);
        position += 2 + length;
        return true;
    }

    private bool CheckRange() => Id switch
    {
        PropertyId.TopicAlias when Number == 0 => Fail(ReasonCode.TopicAliasInvalid, "is 0 (5.0 §3.3.2.3.4)"),
        PropertyId.SubscriptionIdentifier or PropertyId.ReceiveMaximum or PropertyId.MaximumPacketSize when Number == 0 => Fail(ReasonCode.ProtocolError, "is 0"),
        PropertyId.ResponseTopic when !TopicFilter.IsValidTopic(Bytes) => Fail(ReasonCode.ProtocolError, "is empty or has a wildcard (5.0 §3.3.2.3.5)"),
        _ when PropertyTable.Lookup(Id).Type == PropertyType.Flag && Number > 1 => Fail(ReasonCode.ProtocolError, $"is {Number}; only 0 and 1 are defined"),
        _ => true,
    };

    private bool Fail(ReasonCode code, string fault)
    {
        var name = PropertyTable.Lookup(Id).Type == PropertyType.None ? "" : $" {Id}";
        Error = new(code, $"{PropertyTable.PlaceName(place)} properties: 0x{(byte)Id:X2}{name} {fault}");
        return false;
    }
}
