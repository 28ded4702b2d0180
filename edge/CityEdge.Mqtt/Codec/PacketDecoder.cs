using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace CityEdge.Mqtt;

/// <summary>
/// Decodes packet bodies (the bytes after Remaining Length, as <see cref="PacketFraming"/> cuts them) of MQTT 3.1.1 and 5.0. Never throws on input: false comes with an
/// <see cref="MqttProtocolError"/>. Strings and properties are copied out; only <see cref="TryViewPublish"/> allocates nothing.
/// </summary>
public static partial class PacketDecoder
{
    /// <summary>PUBLISH without copying or allocating; the hot path. The topic may be empty only in 5.0 with a Topic Alias (§3.3.2.3.4).</summary>
    public static bool TryViewPublish(byte header, ReadOnlySpan<byte> body, MqttVersion version, out PublishView publish, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.Publish);
        var qos = (QoS)((header >> 1) & 3);
        var topic = reader.Utf8("Topic Name");
        reader.FailIf(topic.ContainsAny((byte)'+', (byte)'#'), ReasonCode.TopicNameInvalid, "Topic Name has a wildcard (5.0 §3.3.2.1)");
        ushort packetId = 0;
        if (qos != QoS.AtMostOnce) packetId = reader.PacketId();
        ReadOnlySpan<byte> raw = default;
        ushort alias = 0;
        uint? expiry = null;
        bool identified = false, utf8 = false;
        if (version == MqttVersion.V500)
        {
            raw = reader.RawProperties();
            var properties = new PropertyReader(raw, PacketType.Publish);
            while (properties.MoveNext())
            {
                switch (properties.Id)
                {
                    case PropertyId.TopicAlias: alias = (ushort)properties.Number; break;
                    case PropertyId.MessageExpiryInterval: expiry = properties.Number; break;
                    case PropertyId.SubscriptionIdentifier: identified = true; break;
                    case PropertyId.PayloadFormatIndicator: utf8 = properties.Number == 1; break;
                }
            }
            if (properties.Error is { } fault) reader.Fail(fault);
        }
        if (topic.IsEmpty && alias == 0)
            reader.Fail(version == MqttVersion.V500 ? ReasonCode.ProtocolError : ReasonCode.MalformedPacket, "Topic Name is empty (5.0 §4.7.3)");
        var offset = reader.Position;
        publish = new PublishView
        {
            Topic = topic, Payload = reader.Rest(), PayloadOffset = offset, RawProperties = raw, QoS = qos, Retain = (header & 1) != 0, Dup = (header & 8) != 0,
            PacketId = packetId, TopicAlias = alias, MessageExpiryInterval = expiry, HasSubscriptionIdentifier = identified, PayloadIsUtf8 = utf8,
        };
        return Done(reader, out error);
    }

    /// <summary>PUBLISH as an object; its payload is a slice of <paramref name="body"/>.</summary>
    public static bool TryDecodePublish(byte header, ReadOnlyMemory<byte> body, MqttVersion version, out PublishPacket publish, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        publish = default;
        if (!TryViewPublish(header, body.Span, version, out var view, out error)) return false;
        MqttProperties? properties = null;
        if (!view.RawProperties.IsEmpty) properties = PropertyCodec.Decode(view.RawProperties, (int)PacketType.Publish, out error);
        if (error is not null) return false;
        publish = new(Encoding.UTF8.GetString(view.Topic), body[view.PayloadOffset..], view.QoS, view.Retain, view.Dup, view.PacketId, properties);
        return true;
    }

    /// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP; in 5.0 code and properties may be left off (§3.4.2.1).</summary>
    public static bool TryDecodeAck(PacketType type, ReadOnlySpan<byte> body, MqttVersion version, out AckPacket ack, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, type);
        var id = reader.PacketId();
        var code = ReasonCode.Success;
        MqttProperties? properties = null;
        if (version == MqttVersion.V500 && reader.Remaining > 0)
        {
            code = ReadCode(ref reader, type);
            if (reader.Remaining > 0) properties = reader.Properties((int)type);
        }
        reader.End();
        ack = new(type, id, code, properties);
        return Done(reader, out error);
    }

    /// <summary>Checks that PINGREQ or PINGRESP has no body (§3.12, §3.13).</summary>
    public static bool TryDecodePing(PacketType type, ReadOnlySpan<byte> body, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, type);
        reader.End();
        return Done(reader, out error);
    }

    /// <summary>DISCONNECT; in 5.0 code and properties may be left off (§3.14.2), in 3.1.1 there are none.</summary>
    public static bool TryDecodeDisconnect(
        ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out DisconnectPacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.Disconnect);
        var code = ReasonCode.Success;
        MqttProperties? properties = null;
        if (version == MqttVersion.V500 && reader.Remaining > 0)
        {
            code = ReadCode(ref reader, PacketType.Disconnect);
            if (reader.Remaining > 0) properties = reader.Properties((int)PacketType.Disconnect);
        }
        reader.End();
        return Done(reader, out error, out packet, new DisconnectPacket(code, properties));
    }

    /// <summary>AUTH; a packet type that 3.1.1 reserves.</summary>
    public static bool TryDecodeAuth(ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out AuthPacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.Auth);
        reader.FailIf(version == MqttVersion.V311, ReasonCode.MalformedPacket, "packet type 15 is reserved in 3.1.1 (3.1.1 §2.2.1)");
        var code = ReasonCode.Success;
        MqttProperties? properties = null;
        if (!body.IsEmpty)
        {
            code = ReadCode(ref reader, PacketType.Auth);
            if (reader.Remaining > 0) properties = reader.Properties((int)PacketType.Auth);
            reader.FailIf(properties?.AuthenticationMethod is null, ReasonCode.ProtocolError, "no Authentication Method (5.0 §3.15.2.2.2)");
        }
        reader.End();
        return Done(reader, out error, out packet, new AuthPacket(code, properties));
    }

    private static ReasonCode ReadCode(ref WireReader reader, PacketType type)
    {
        var code = (ReasonCode)reader.Byte("Reason Code");
        reader.FailIf(!ReasonCodes.IsAllowed(type, code), ReasonCode.ProtocolError, $"Reason Code 0x{(byte)code:X2} is not one of this packet's (5.0 §2.4)");
        return code;
    }

    private static bool Done(in WireReader reader, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        error = reader.Error;
        return error is null;
    }

    private static bool Done<T>(in WireReader reader, [NotNullWhen(false)] out MqttProtocolError? error, [NotNullWhen(true)] out T? packet, T decoded)
        where T : class
    {
        error = reader.Error;
        packet = error is null ? decoded : null;
        return error is null;
    }
}
