using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>The connection as its session's outgoing half sees it.</summary>
internal sealed partial class ClientConnection : ISessionConnection
{
    private Dictionary<string, ushort>? _sentAliases;

    public bool Congested => Output.Congested;

    public void Kick() => Output.Kick();

    public void KickLater() => Output.KickLater();

    /// <summary>The first topics sent get the aliases (MQTT 5.0 §3.3.2.3.4); 0 for none. Under the session's gate, which orders the packets.</summary>
    private ushort AliasOf(string topic, out bool known)
    {
        known = false;
        if (ClientAliasMaximum == 0) return 0;
        if (_sentAliases is not null && _sentAliases.TryGetValue(topic, out var alias))
        {
            known = true;
            return alias;
        }
        var used = _sentAliases?.Count ?? 0;
        return used < ClientAliasMaximum ? (ushort)(used + 1) : (ushort)0;
    }

    /// <summary>A message to this client; false when it is larger than the client takes.</summary>
    public bool WritePublish(JournalMessage message, QoS qos, bool retain, bool dup, ushort packetId, long? secondsLeft, uint[] ids)
    {
        var alias = AliasOf(message.Record.Topic, out var known);
        var packet = new RawPublish
        {
            Topic = known ? default : message.Record.TopicUtf8.Span,
            TopicAlias = alias,
            Payload = message.Record.Payload.Span,
            QoS = qos,
            Retain = retain,
            Dup = dup,
            PacketId = packetId,
            Properties = message.Record.Properties.Span,
            MessageExpiryInterval = secondsLeft is { } left ? (uint)left : null,
            SubscriptionIdentifiers = ids,
        };
        if (ClientMaxPacket != long.MaxValue && PacketEncoder.Measure(Version, packet) > ClientMaxPacket)
        {
            if (alias == 0 || known)
            {
                _core.Counters.Dropped(DropReason.TooLargeForClient);
                return false;
            }
            // Setting an alias takes three bytes more than there may be.
            ClientAliasMaximum = _sentAliases?.Count ?? 0;
            return WritePublish(message, qos, retain, dup, packetId, secondsLeft, ids);
        }
        if (alias != 0 && !known) (_sentAliases ??= new Dictionary<string, ushort>(StringComparer.Ordinal)).Add(message.Record.Topic, alias);
        lock (Output.Gate) PacketEncoder.Write(Output, Version, packet);
        _core.Counters.Out(qos);
        return true;
    }
}
