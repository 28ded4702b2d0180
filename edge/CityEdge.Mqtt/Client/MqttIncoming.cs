namespace CityEdge.Mqtt;

/// <summary>
/// A received message. With manual acknowledgement call <see cref="AcknowledgeAsync"/> once the message is safe; acknowledgements leave in order of arrival, so an early one
/// waits for those before it (5.0 §4.6). An acknowledgement after the connection was lost is dropped for QoS 1, and the server delivers again.
/// </summary>
public sealed class MqttIncoming
{
    private readonly Action<MqttIncoming, ReasonCode> acknowledge;

    internal MqttIncoming(in PublishPacket packet, Action<MqttIncoming, ReasonCode> acknowledge) => (Packet, this.acknowledge) = (packet, acknowledge);

    public string Topic => Packet.Topic;

    /// <summary>Owned by the message: it stays valid.</summary>
    public ReadOnlyMemory<byte> Payload => Packet.Payload;

    public QoS QoS => Packet.QoS;

    public bool Retain => Packet.Retain;

    /// <summary>The server may have delivered it before; never set on a repeat of QoS 2, which is not handed out.</summary>
    public bool Dup => Packet.Dup;

    public MqttProperties? Properties => Packet.Properties;

    internal PublishPacket Packet { get; }

    internal AckSlot? Slot { get; set; }

    internal bool IsAcknowledged { get; set; }

    /// <summary>Marks the message as handled; PUBACK or PUBREC goes out when all before it are. Calling again does nothing. In 5.0 a failure code refuses the message.</summary>
    public ValueTask AcknowledgeAsync(ReasonCode code = ReasonCode.Success)
    {
        acknowledge(this, code);
        return ValueTask.CompletedTask;
    }
}
