using System.Buffers;
using System.Buffers.Binary;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Encodes the messages to one client: its version, its Maximum Packet Size, its topic aliases. Under the session's gate, which orders the packets.</summary>
internal sealed class PublishWriter(MqttVersion version, long maxPacket, int aliasMaximum)
{
    private Dictionary<string, ushort>? _aliases;
    private int _aliasMaximum = aliasMaximum;

    /// <summary>Writes one PUBLISH; false, with nothing written, when it is larger than the client takes (MQTT 5.0 §3.1.2.11.4).</summary>
    public bool Write(IBufferWriter<byte> output, JournalMessage message, QoS qos, bool retain, bool dup, ushort packetId, uint? secondsLeft, ReadOnlySpan<uint> ids)
    {
        if (_aliasMaximum == 0 && message.Many && !dup && ids.IsEmpty && message.Frames is { } frames)
        {
            var whole = frames.Get(message, version, qos, retain, secondsLeft, out var packetIdAt);
            if (whole.Length > maxPacket) return false;
            var span = output.GetSpan(whole.Length);
            whole.CopyTo(span);
            if (packetIdAt != 0) BinaryPrimitives.WriteUInt16BigEndian(span[packetIdAt..], packetId);
            output.Advance(whole.Length);
            return true;
        }
        var known = false;
        var alias = _aliasMaximum == 0 ? (ushort)0 : AliasOf(message.TopicText, out known);
        var packet = new RawPublish
        {
            Topic = known ? default : message.Topic,
            TopicAlias = alias,
            Payload = message.Payload,
            QoS = qos,
            Retain = retain,
            Dup = dup,
            PacketId = packetId,
            Properties = message.Properties,
            MessageExpiryInterval = secondsLeft,
            SubscriptionIdentifiers = ids,
        };
        if (maxPacket != long.MaxValue && PacketEncoder.Measure(version, packet) > maxPacket)
        {
            if (alias == 0 || known) return false;
            // Setting an alias takes three bytes more than there may be.
            _aliasMaximum = _aliases?.Count ?? 0;
            return Write(output, message, qos, retain, dup, packetId, secondsLeft, ids);
        }
        if (alias != 0 && !known) (_aliases ??= new Dictionary<string, ushort>(StringComparer.Ordinal)).Add(message.TopicText, alias);
        PacketEncoder.Write(output, version, packet);
        return true;
    }

    /// <summary>The first topics sent get the aliases (MQTT 5.0 §3.3.2.3.4); 0 for none.</summary>
    private ushort AliasOf(string topic, out bool known)
    {
        known = false;
        if (_aliases is not null && _aliases.TryGetValue(topic, out var alias))
        {
            known = true;
            return alias;
        }
        var used = _aliases?.Count ?? 0;
        return used < _aliasMaximum ? (ushort)(used + 1) : (ushort)0;
    }
}
