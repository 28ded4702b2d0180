namespace CityEdge.Mqtt;

/// <summary>What the server announced in CONNACK (5.0 §3.2.2.3); without it, no limits.</summary>
internal sealed class ServerLimits(MqttProperties? connAck)
{
    public int ReceiveMaximum { get; } = connAck?.ReceiveMaximum ?? ushort.MaxValue;

    private readonly uint maximumPacketSize = connAck?.MaximumPacketSize ?? uint.MaxValue;
    private readonly QoS maximumQoS = connAck?.MaximumQoS ?? QoS.ExactlyOnce;
    private readonly bool retainAvailable = connAck?.RetainAvailable ?? true;

    /// <summary>Whether the packet is within the server's Maximum Packet Size.</summary>
    public bool Fits(MqttVersion version, in PublishPacket packet) => maximumPacketSize == uint.MaxValue || PacketEncoder.Measure(version, packet) <= maximumPacketSize;

    /// <summary>Why the server would not take a subscription: sending it would be a protocol error (5.0 §3.2.2.3.11 to 13); null when it takes it.</summary>
    public ReasonCode? Check(in Subscription subscription, bool identified)
    {
        if (connAck is null) return null;
        var shared = subscription.Filter.StartsWith("$share/", StringComparison.Ordinal);
        if (shared && connAck.SharedSubscriptionAvailable == false) return ReasonCode.SharedSubscriptionsNotSupported;
        if (subscription.Filter.AsSpan().ContainsAny('+', '#') && connAck.WildcardSubscriptionAvailable == false) return ReasonCode.WildcardSubscriptionsNotSupported;
        return identified && connAck.SubscriptionIdentifierAvailable == false ? ReasonCode.SubscriptionIdentifiersNotSupported : null;
    }

    /// <summary>Null when the server takes it.</summary>
    public PublishResult? Check(MqttVersion version, in PublishPacket packet)
    {
        if (packet.QoS > maximumQoS) return new(ReasonCode.QoSNotSupported, $"the server takes at most {maximumQoS}");
        if (packet.Retain && !retainAvailable) return new(ReasonCode.RetainNotSupported, "the server does not retain messages");
        if (maximumPacketSize == uint.MaxValue) return null;
        var size = PacketEncoder.Measure(version, packet);
        return size > maximumPacketSize ? new(ReasonCode.PacketTooLarge, $"the packet has {size} bytes, the server takes at most {maximumPacketSize}") : null;
    }
}
