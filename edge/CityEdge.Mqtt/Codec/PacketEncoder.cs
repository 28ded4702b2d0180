using System.Buffers;
using System.Text;

namespace CityEdge.Mqtt;

/// <summary>
/// Writes whole control packets of MQTT 3.1.1 and 5.0. In 3.1.1 properties and codes that it does not know are left out. Throws <see cref="ArgumentException"/> only for
/// mistakes of the caller: a string over 65 535 bytes, a property that the packet may not carry, a packet over 268 435 455 bytes.
/// </summary>
public static class PacketEncoder
{
    // Payloads up to this size go into the same span as the head; longer ones are copied in the output's own pieces.
    private const int InlinePayload = 4096;

    /// <summary>CONNECT, in the version that it names.</summary>
    public static void Write(IBufferWriter<byte> output, ConnectPacket packet)
    {
        if (packet.Version == MqttVersion.V311 && packet.Password is not null && packet.UserName is null)
            throw new ArgumentException("3.1.1 has no password without a user name (MQTT-3.1.2-22)");
        var writer = default(WireWriter);
        Body(ref writer, packet);
        writer.Open(output, Header(PacketType.Connect));
        Body(ref writer, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, ConnectPacket p)
        {
            w.Text("MQTT");
            w.Byte((byte)p.Version);
            var flags = (p.CleanStart ? 0x02 : 0) | (p.Password is null ? 0 : 0x40) | (p.UserName is null ? 0 : 0x80);
            if (p.Will is { } announced) flags |= 0x04 | ((int)announced.QoS << 3) | (announced.Retain ? 0x20 : 0);
            w.Byte((byte)flags);
            w.UInt16(p.KeepAlive);
            if (p.Version == MqttVersion.V500) w.Properties(p.Properties, (int)PacketType.Connect);
            w.Text(p.ClientId);
            if (p.Will is { } will)
            {
                if (p.Version == MqttVersion.V500) w.Properties(will.Properties, PropertyTable.Will);
                w.Text(will.Topic);
                w.Binary(will.Payload.Span);
            }
            if (p.UserName is not null) w.Text(p.UserName);
            if (p.Password is not null) w.Binary(p.Password);
        }
    }

    /// <summary>CONNACK.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, ConnAckPacket packet)
    {
        var writer = default(WireWriter);
        Body(ref writer, version, packet);
        writer.Open(output, Header(PacketType.ConnAck));
        Body(ref writer, version, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, MqttVersion version, ConnAckPacket p)
        {
            w.Flag(p.SessionPresent);
            w.Byte(version == MqttVersion.V500 ? (byte)p.Code : ReasonCodes.ToConnectReturnCode(p.Code));
            if (version == MqttVersion.V500) w.Properties(p.Properties, (int)PacketType.ConnAck);
        }
    }

    /// <summary>PUBLISH.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, in PublishPacket packet)
    {
        var topicLength = Encoding.UTF8.GetByteCount(packet.Topic);
        var propertiesLength = packet.Properties is null || version != MqttVersion.V500 ? 0 : PropertyCodec.Measure(packet.Properties, (int)PacketType.Publish);
        var head = OpenPublish(output, version, packet.QoS, packet.Retain, packet.Dup, topicLength, propertiesLength, packet.Payload.Length, out var inline);
        head.Text(packet.Topic);
        if (packet.QoS != QoS.AtMostOnce) head.UInt16(packet.PacketId);
        if (version == MqttVersion.V500) head.Properties(packet.Properties, (int)PacketType.Publish);
        Finish(output, ref head, packet.Payload.Span, inline);
    }

    /// <summary>PUBLISH from bytes at hand; allocates nothing.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, in RawPublish packet)
    {
        var propertiesLength = version == MqttVersion.V500 ? RawPropertiesLength(packet) : 0;
        var head = OpenPublish(output, version, packet.QoS, packet.Retain, packet.Dup, packet.Topic.Length, propertiesLength, packet.Payload.Length, out var inline);
        head.Binary(packet.Topic);
        if (packet.QoS != QoS.AtMostOnce) head.UInt16(packet.PacketId);
        if (version == MqttVersion.V500)
        {
            head.VarInt((uint)propertiesLength);
            if (packet.MessageExpiryInterval is { } expiry)
            {
                head.Byte((byte)PropertyId.MessageExpiryInterval);
                head.UInt32(expiry);
            }
            foreach (var identifier in packet.SubscriptionIdentifiers)
            {
                head.Byte((byte)PropertyId.SubscriptionIdentifier);
                head.VarInt(identifier);
            }
            if (packet.TopicAlias != 0)
            {
                head.Byte((byte)PropertyId.TopicAlias);
                head.UInt16(packet.TopicAlias);
            }
            head.Raw(packet.Properties);
        }
        Finish(output, ref head, packet.Payload, inline);
    }

    /// <summary>Bytes of the whole packet, to compare with a receiver's Maximum Packet Size (5.0 §3.1.2.11.4).</summary>
    public static long Measure(MqttVersion version, in RawPublish packet)
    {
        var remaining = PublishRemaining(version, packet.QoS, packet.Topic.Length, version == MqttVersion.V500 ? RawPropertiesLength(packet) : 0, packet.Payload.Length);
        return 1 + VariableByteInteger.Length((uint)Math.Min(remaining, VariableByteInteger.Max)) + remaining;
    }

    /// <summary>Bytes of the whole packet.</summary>
    public static long Measure(MqttVersion version, in PublishPacket packet)
    {
        var properties = packet.Properties is null || version != MqttVersion.V500 ? 0 : PropertyCodec.Measure(packet.Properties, (int)PacketType.Publish);
        var remaining = PublishRemaining(version, packet.QoS, Encoding.UTF8.GetByteCount(packet.Topic), properties, packet.Payload.Length);
        return 1 + VariableByteInteger.Length((uint)Math.Min(remaining, VariableByteInteger.Max)) + remaining;
    }

    /// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP; a success without properties takes four bytes in both versions (5.0 §3.4.2.1).</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, in AckPacket packet)
    {
        var header = Header(packet.Type);
        if (version == MqttVersion.V311 || (packet.Code == ReasonCode.Success && packet.Properties is null))
        {
            var span = output.GetSpan(4);
            (span[0], span[1], span[2], span[3]) = (header, 2, (byte)(packet.PacketId >> 8), (byte)packet.PacketId);
            output.Advance(4);
            return;
        }
        var writer = default(WireWriter);
        Body(ref writer, packet);
        writer.Open(output, header);
        Body(ref writer, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, in AckPacket p)
        {
            w.UInt16(p.PacketId);
            w.Byte((byte)p.Code);
            if (p.Properties is not null) w.Properties(p.Properties, (int)p.Type);
        }
    }

    /// <summary>SUBSCRIBE.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, SubscribePacket packet)
    {
        var writer = default(WireWriter);
        Body(ref writer, version, packet);
        writer.Open(output, Header(PacketType.Subscribe));
        Body(ref writer, version, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, MqttVersion version, SubscribePacket p)
        {
            w.UInt16(p.PacketId);
            if (version == MqttVersion.V500) w.Properties(p.Properties, (int)PacketType.Subscribe);
            for (var i = 0; i < p.Subscriptions.Count; i++)
            {
                var s = p.Subscriptions[i];
                var options = (int)s.QoS;
                if (version == MqttVersion.V500) options |= (s.NoLocal ? 0x04 : 0) | (s.RetainAsPublished ? 0x08 : 0) | ((int)s.RetainHandling << 4);
                w.Text(s.Filter);
                w.Byte((byte)options);
            }
        }
    }

    /// <summary>SUBACK; in 3.1.1 every failure is 0x80.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, SubAckPacket packet)
    {
        var writer = default(WireWriter);
        Body(ref writer, version, packet);
        writer.Open(output, Header(PacketType.SubAck));
        Body(ref writer, version, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, MqttVersion version, SubAckPacket p)
        {
            w.UInt16(p.PacketId);
            if (version == MqttVersion.V500) w.Properties(p.Properties, (int)PacketType.SubAck);
            for (var i = 0; i < p.Codes.Count; i++)
                w.Byte(version == MqttVersion.V311 && ReasonCodes.IsFailure(p.Codes[i]) ? (byte)ReasonCode.UnspecifiedError : (byte)p.Codes[i]);
        }
    }

    /// <summary>UNSUBSCRIBE.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, UnsubscribePacket packet)
    {
        var writer = default(WireWriter);
        Body(ref writer, version, packet);
        writer.Open(output, Header(PacketType.Unsubscribe));
        Body(ref writer, version, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, MqttVersion version, UnsubscribePacket p)
        {
            w.UInt16(p.PacketId);
            if (version == MqttVersion.V500) w.Properties(p.Properties, (int)PacketType.Unsubscribe);
            for (var i = 0; i < p.Filters.Count; i++) w.Text(p.Filters[i]);
        }
    }

    /// <summary>UNSUBACK; without codes in 3.1.1.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, UnsubAckPacket packet)
    {
        var writer = default(WireWriter);
        Body(ref writer, version, packet);
        writer.Open(output, Header(PacketType.UnsubAck));
        Body(ref writer, version, packet);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, MqttVersion version, UnsubAckPacket p)
        {
            w.UInt16(p.PacketId);
            if (version == MqttVersion.V311) return;
            w.Properties(p.Properties, (int)PacketType.UnsubAck);
            for (var i = 0; i < p.Codes.Count; i++) w.Byte((byte)p.Codes[i]);
        }
    }

    /// <summary>DISCONNECT; two bytes for a normal one and in 3.1.1.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, DisconnectPacket packet) =>
        WriteCode(output, PacketType.Disconnect, version == MqttVersion.V311 ? ReasonCode.Success : packet.Code, version == MqttVersion.V311 ? null : packet.Properties);

    /// <summary>AUTH, 5.0 only.</summary>
    public static void Write(IBufferWriter<byte> output, MqttVersion version, AuthPacket packet)
    {
        if (version == MqttVersion.V311) throw new ArgumentException("3.1.1 has no AUTH packet");
        WriteCode(output, PacketType.Auth, packet.Code, packet.Properties);
    }

    /// <summary>PINGREQ.</summary>
    public static void WritePingReq(IBufferWriter<byte> output) => WriteCode(output, PacketType.PingReq, ReasonCode.Success, null);

    /// <summary>PINGRESP.</summary>
    public static void WritePingResp(IBufferWriter<byte> output) => WriteCode(output, PacketType.PingResp, ReasonCode.Success, null);

    private static void WriteCode(IBufferWriter<byte> output, PacketType type, ReasonCode code, MqttProperties? properties)
    {
        var writer = default(WireWriter);
        Body(ref writer, type, code, properties);
        writer.Open(output, Header(type));
        Body(ref writer, type, code, properties);
        output.Advance(writer.Length);

        static void Body(ref WireWriter w, PacketType type, ReasonCode code, MqttProperties? properties)
        {
            if (code == ReasonCode.Success && properties is null) return;
            w.Byte((byte)code);
            if (properties is not null) w.Properties(properties, (int)type);
        }
    }

    private static byte Header(PacketType type) =>
        (byte)(((int)type << 4) | (type is PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe ? 2 : 0));

    private static int RawPropertiesLength(in RawPublish packet)
    {
        var length = packet.Properties.Length + (packet.MessageExpiryInterval is null ? 0 : 5) + (packet.TopicAlias == 0 ? 0 : 3);
        foreach (var identifier in packet.SubscriptionIdentifiers) length += 1 + VariableByteInteger.Length(identifier);
        return length;
    }

    private static long PublishRemaining(MqttVersion version, QoS qos, int topic, int properties, int payload) =>
        2L + topic + (qos == QoS.AtMostOnce ? 0 : 2) + (version == MqttVersion.V500 ? VariableByteInteger.Length((uint)properties) + properties : 0) + payload;

    private static WireWriter OpenPublish(
        IBufferWriter<byte> output, MqttVersion version, QoS qos, bool retain, bool dup, int topic, int properties, int payload, out bool inline)
    {
        var header = (byte)(((int)PacketType.Publish << 4) | (dup && qos != QoS.AtMostOnce ? 8 : 0) | ((int)qos << 1) | (retain ? 1 : 0));
        inline = payload <= InlinePayload;
        var writer = default(WireWriter);
        writer.OpenSized(output, header, PublishRemaining(version, qos, topic, properties, payload), inline ? 0 : payload);
        return writer;
    }

    private static void Finish(IBufferWriter<byte> output, ref WireWriter head, ReadOnlySpan<byte> payload, bool inline)
    {
        if (inline) head.Raw(payload);
        output.Advance(head.Length);
        if (!inline) output.Write(payload);
    }
}
