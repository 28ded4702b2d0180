using System.Diagnostics.CodeAnalysis;

namespace CityEdge.Mqtt;

public static partial class PacketDecoder
{
    /// <summary>
    /// Protocol level of a CONNECT body whose other fields may be broken, so that a server can answer in the right version; null when it is not MQTT 3.1.1 or 5.0.
    /// </summary>
    public static MqttVersion? PeekConnectVersion(ReadOnlySpan<byte> body) =>
        body.Length >= 7 && body[..6].SequenceEqual("\0\u0004MQTT"u8) && body[6] is 4 or 5 ? (MqttVersion)body[6] : null;

    /// <summary>
    /// CONNECT. A foreign protocol name or level gives <see cref="ReasonCode.UnsupportedProtocolVersion"/>; an empty client identifier without Clean Session in 3.1.1 gives
    /// <see cref="ReasonCode.ClientIdentifierNotValid"/> (3.1.1 §3.1.3.1).
    /// </summary>
    public static bool TryDecodeConnect(ReadOnlySpan<byte> body, [NotNullWhen(true)] out ConnectPacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        packet = null;
        var reader = new WireReader(body, PacketType.Connect);
        var name = reader.Text("Protocol Name");
        var level = reader.Byte("Protocol Version");
        reader.FailIf(name != "MQTT" || level is not (4 or 5), ReasonCode.UnsupportedProtocolVersion, $"protocol '{name}' level {level} is not MQTT 3.1.1 or 5.0 (5.0 §3.1.2.2)");
        var version = (MqttVersion)level;
        var flags = reader.Byte("Connect Flags");
        bool cleanStart = (flags & 0x02) != 0, hasWill = (flags & 0x04) != 0, willRetain = (flags & 0x20) != 0, hasPassword = (flags & 0x40) != 0, hasUser = (flags & 0x80) != 0;
        var willQoS = (QoS)((flags >> 3) & 3);
        reader.FailIf((flags & 0x01) != 0, ReasonCode.MalformedPacket, "reserved Connect Flag is set (MQTT-3.1.2-3)");
        reader.FailIf(!hasWill && (flags & 0x38) != 0, ReasonCode.MalformedPacket, "Will QoS or Will Retain without Will Flag (MQTT-3.1.2-11, -13)");
        reader.FailIf((byte)willQoS == 3, ReasonCode.MalformedPacket, "Will QoS is 3 (MQTT-3.1.2-12)");
        reader.FailIf(version == MqttVersion.V311 && hasPassword && !hasUser, ReasonCode.MalformedPacket, "password without user name (3.1.1 MQTT-3.1.2-22)");
        var keepAlive = reader.UInt16("Keep Alive");
        var properties = version == MqttVersion.V500 ? reader.Properties((int)PacketType.Connect) : null;
        var clientId = reader.Text("Client Identifier");
        WillMessage? will = null;
        if (hasWill)
        {
            var willProperties = version == MqttVersion.V500 ? reader.Properties(PropertyTable.Will) : null;
            var topic = reader.Text("Will Topic");
            reader.FailIf(!TopicFilter.IsValidTopic(topic), ReasonCode.TopicNameInvalid, "Will Topic is empty or has a wildcard (5.0 §4.7)");
            will = new(topic, reader.Binary("Will Payload").ToArray(), willQoS, willRetain, willProperties);
        }
        var user = hasUser ? reader.Text("User Name") : null;
        byte[]? password = null;
        if (hasPassword) password = reader.Binary("Password").ToArray();
        reader.End();
        reader.FailIf(version == MqttVersion.V311 && clientId.Length == 0 && !cleanStart, ReasonCode.ClientIdentifierNotValid,
            "empty Client Identifier without Clean Session (3.1.1 MQTT-3.1.3-8)");
        error = reader.Error;
        if (error is null) packet = new(version, clientId, cleanStart, keepAlive, will, user, password, properties);
        return error is null;
    }

    /// <summary>CONNACK.</summary>
    public static bool TryDecodeConnAck(
        ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out ConnAckPacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.ConnAck);
        var flags = reader.Byte("Connect Acknowledge Flags");
        reader.FailIf((flags & 0xFE) != 0, ReasonCode.MalformedPacket, "reserved Connect Acknowledge Flags are set (MQTT-3.2.2-1)");
        var code = ReasonCode.Success;
        MqttProperties? properties = null;
        if (version == MqttVersion.V500)
        {
            code = ReadCode(ref reader, PacketType.ConnAck);
            properties = reader.Properties((int)PacketType.ConnAck);
        }
        else
        {
            var returned = reader.Byte("return code");
            var known = ReasonCodes.FromConnectReturnCode(returned);
            reader.FailIf(known is null, ReasonCode.MalformedPacket, $"return code {returned} is reserved (3.1.1 §3.2.2.3)");
            code = known ?? code;
        }
        reader.FailIf(flags != 0 && code != ReasonCode.Success, ReasonCode.ProtocolError, "Session Present with a refusal (MQTT-3.2.2-6)");
        reader.End();
        return Done(reader, out error, out packet, new ConnAckPacket(flags != 0, code, properties));
    }
}
