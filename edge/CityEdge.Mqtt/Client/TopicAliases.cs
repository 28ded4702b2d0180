namespace CityEdge.Mqtt;

/// <summary>Topic aliases of one connection, both directions (5.0 §3.3.2.3.4). Under the client's gate.</summary>
internal sealed class TopicAliases(int outgoing, int incoming)
{
    private readonly Dictionary<string, MqttProperties> given = new(StringComparer.Ordinal);
    private readonly Dictionary<ushort, string> taken = [];

    /// <summary>None in either direction.</summary>
    public static TopicAliases None { get; } = new(0, 0);

    /// <summary>The packet as it goes out: the first topics of a connection get an alias, from then on it stands for them.</summary>
    public PublishPacket Outgoing(PublishPacket packet, Func<PublishPacket, bool> fits)
    {
        if (outgoing == 0) return packet;
        var known = given.TryGetValue(packet.Topic, out var alone);
        if (alone is null)
        {
            if (given.Count == outgoing) return packet;
            alone = new() { TopicAlias = (ushort)(given.Count + 1) };
        }
        var properties = alone;
        if (packet.Properties is not null)
        {
            properties = packet.Properties.Clone();
            properties.TopicAlias = alone.TopicAlias;
        }
        var shorter = packet with { Topic = known ? "" : packet.Topic, Properties = properties };
        // Where the alias itself would break the server's Maximum Packet Size the topic goes without.
        if (!fits(shorter)) return packet;
        if (!known) given.Add(packet.Topic, alone);
        return shorter;
    }

    /// <summary>The packet with its topic. Throws <see cref="MqttLinkException"/> for an alias that was not allowed or never set.</summary>
    public PublishPacket Incoming(in PublishPacket packet)
    {
        if (packet.Properties?.TopicAlias is not { } alias) return packet;
        if (alias > incoming)
            throw new MqttLinkException(ReasonCode.TopicAliasInvalid, $"the server used topic alias {alias}; {(incoming == 0 ? "none were" : $"{incoming} is the highest")} allowed (5.0 §3.1.2.11.5)");
        packet.Properties.TopicAlias = null;
        if (packet.Topic.Length > 0)
        {
            taken[alias] = packet.Topic;
            return packet;
        }
        return taken.TryGetValue(alias, out var topic) ? packet with { Topic = topic }
            : throw new MqttLinkException(ReasonCode.ProtocolError, $"the server used topic alias {alias} before it gave it a topic (5.0 §3.3.2.3.4)");
    }
}
