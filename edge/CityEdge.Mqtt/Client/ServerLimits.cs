namespace CityEdge.Mqtt;

/// <summary>What the server announced in CONNACK (5.0 §3.2.2.3); without it, no limits.</summary>
internal sealed class ServerLimits(MqttProperties? connAck)
{
    public int ReceiveMaximum { get; } = connAck?.ReceiveMaximum ?? ushort.MaxValue;

    private readonly uint maximumPacketSize = connAck?.MaximumPacketSize ?? uint.MaxValue;
    private readonly QoS maximumQoS = connAck?.MaximumQoS ?? QoS.ExactlyOnce;
    private readonly bool retainAvailable = connAck?.RetainAvailable ?? true;

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
