namespace CityEdge.Mqtt;

/// <summary>
/// A checked PUBLISH (5.0 §3.3) that points into the received body: nothing is copied or allocated. Valid as long as those bytes are.
/// </summary>
public readonly ref struct PublishView
{
    /// <summary>UTF-8, valid; empty only in 5.0 with <see cref="TopicAlias"/>.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    /// <summary>Where the topic's bytes begin in the body; it is always 2.</summary>
    public int TopicOffset => 2;

    /// <summary>Application message.</summary>
    public ReadOnlySpan<byte> Payload { get; init; }

    /// <summary>Where the payload begins in the body; it goes to the end.</summary>
    public int PayloadOffset { get; init; }

    /// <summary>Checked properties without their length; empty in 3.1.1. Read with <see cref="PropertyReader"/>.</summary>
    public ReadOnlySpan<byte> RawProperties { get; init; }

    public QoS QoS { get; init; }

    public bool Retain { get; init; }

    public bool Dup { get; init; }

    /// <summary>0 at QoS 0, otherwise 1 to 65 535.</summary>
    public ushort PacketId { get; init; }

    /// <summary>0 when absent.</summary>
    public ushort TopicAlias { get; init; }

    /// <summary>Seconds; null when absent.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>A client must not send one (MQTT-3.3.4-6): a server answers with a protocol error.</summary>
    public bool HasSubscriptionIdentifier { get; init; }

    /// <summary>A Payload Format Indicator of 1: the payload promises to be UTF-8 (§3.3.2.3.2).</summary>
    public bool PayloadIsUtf8 { get; init; }
}
