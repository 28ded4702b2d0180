namespace CityEdge.Mqtt;

/// <summary>
/// A PUBLISH to be written from bytes at hand, for a server that forwards: topic and properties as they came, with the values that change per receiver beside them.
/// </summary>
public readonly ref struct RawPublish
{
    /// <summary>UTF-8; may be empty in 5.0 with a <see cref="TopicAlias"/>.</summary>
    public ReadOnlySpan<byte> Topic { get; init; }

    public ReadOnlySpan<byte> Payload { get; init; }

    public QoS QoS { get; init; }

    public bool Retain { get; init; }

    public bool Dup { get; init; }

    /// <summary>Ignored at QoS 0.</summary>
    public ushort PacketId { get; init; }

    /// <summary>Raw properties as <see cref="ForwardedProperties.Copy"/> leaves them; ignored in 3.1.1.</summary>
    public ReadOnlySpan<byte> Properties { get; init; }

    /// <summary>Remaining seconds (§3.3.2.3.3); null when it does not expire.</summary>
    public uint? MessageExpiryInterval { get; init; }

    /// <summary>Identifiers of the matching subscriptions (§3.3.2.3.8).</summary>
    public ReadOnlySpan<uint> SubscriptionIdentifiers { get; init; }

    /// <summary>0 for none.</summary>
    public ushort TopicAlias { get; init; }
}
