using System.Diagnostics.CodeAnalysis;

namespace CityEdge.Mqtt;

public static partial class PacketDecoder
{
    /// <summary>SUBSCRIBE; an ill-formed filter gives <see cref="ReasonCode.TopicFilterInvalid"/>.</summary>
    public static bool TryDecodeSubscribe(
        ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out SubscribePacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.Subscribe);
        var id = reader.PacketId();
        var properties = version == MqttVersion.V500 ? reader.Properties((int)PacketType.Subscribe) : null;
        reader.FailIf(reader.Remaining == 0, ReasonCode.ProtocolError, "no Topic Filter (MQTT-3.8.3-2)");
        var subscriptions = new List<Subscription>(1);
        while (reader.Remaining > 0)
        {
            var filter = ReadFilter(ref reader);
            var options = reader.Byte("Subscription Options");
            var retain = (RetainHandling)((options >> 4) & 3);
            bool noLocal = (options & 0x04) != 0, asPublished = (options & 0x08) != 0;
            reader.FailIf((options & (version == MqttVersion.V500 ? 0xC0 : 0xFC)) != 0, ReasonCode.MalformedPacket, "reserved Subscription Options are set (MQTT-3.8.3-5)");
            reader.FailIf((options & 3) == 3, ReasonCode.ProtocolError, "Maximum QoS is 3 (5.0 §3.8.3.1)");
            reader.FailIf((byte)retain == 3, ReasonCode.ProtocolError, "Retain Handling is 3 (5.0 §3.8.3.1)");
            reader.FailIf(noLocal && filter.StartsWith("$share/", StringComparison.Ordinal), ReasonCode.ProtocolError, "No Local on a shared subscription (MQTT-3.8.3-4)");
            subscriptions.Add(new(filter, (QoS)(options & 3), noLocal, asPublished, retain));
        }
        return Done(reader, out error, out packet, new SubscribePacket(id, subscriptions, properties));
    }

    /// <summary>SUBACK.</summary>
    public static bool TryDecodeSubAck(
        ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out SubAckPacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.SubAck);
        var id = reader.PacketId();
        var properties = version == MqttVersion.V500 ? reader.Properties((int)PacketType.SubAck) : null;
        reader.FailIf(reader.Remaining == 0, ReasonCode.ProtocolError, "no Reason Code (5.0 §3.9.3)");
        var codes = new List<ReasonCode>(Math.Max(1, reader.Remaining));
        while (reader.Remaining > 0)
        {
            var code = ReadCode(ref reader, PacketType.SubAck);
            reader.FailIf(version == MqttVersion.V311 && (byte)code is not (<= 2 or 0x80), ReasonCode.MalformedPacket, "return code is reserved (3.1.1 §3.9.3)");
            codes.Add(code);
        }
        return Done(reader, out error, out packet, new SubAckPacket(id, codes, properties));
    }

    /// <summary>UNSUBSCRIBE; an ill-formed filter gives <see cref="ReasonCode.TopicFilterInvalid"/>.</summary>
    public static bool TryDecodeUnsubscribe(
        ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out UnsubscribePacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.Unsubscribe);
        var id = reader.PacketId();
        var properties = version == MqttVersion.V500 ? reader.Properties((int)PacketType.Unsubscribe) : null;
        reader.FailIf(reader.Remaining == 0, ReasonCode.ProtocolError, "no Topic Filter (MQTT-3.10.3-2)");
        var filters = new List<string>(1);
        while (reader.Remaining > 0) filters.Add(ReadFilter(ref reader));
        return Done(reader, out error, out packet, new UnsubscribePacket(id, filters, properties));
    }

    /// <summary>UNSUBACK; no codes in 3.1.1.</summary>
    public static bool TryDecodeUnsubAck(
        ReadOnlySpan<byte> body, MqttVersion version, [NotNullWhen(true)] out UnsubAckPacket? packet, [NotNullWhen(false)] out MqttProtocolError? error)
    {
        var reader = new WireReader(body, PacketType.UnsubAck);
        var id = reader.PacketId();
        MqttProperties? properties = null;
        var codes = new List<ReasonCode>(0);
        if (version == MqttVersion.V500)
        {
            properties = reader.Properties((int)PacketType.UnsubAck);
            reader.FailIf(reader.Remaining == 0, ReasonCode.ProtocolError, "no Reason Code (5.0 §3.11.3)");
            while (reader.Remaining > 0) codes.Add(ReadCode(ref reader, PacketType.UnsubAck));
        }
        reader.End();
        return Done(reader, out error, out packet, new UnsubAckPacket(id, codes, properties));
    }

    private static string ReadFilter(ref WireReader reader)
    {
        var filter = reader.Text("Topic Filter");
        reader.FailIf(!TopicFilter.IsValidFilter(filter), ReasonCode.TopicFilterInvalid, $"Topic Filter '{filter}' is not well-formed (5.0 §4.7.1, §4.8.2)");
        return filter;
    }
}
