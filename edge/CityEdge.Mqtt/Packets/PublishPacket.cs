namespace CityEdge.Mqtt;

/// <summary>PUBLISH (5.0 §3.3).</summary>
/// <param name="Topic">Without wildcards; empty only in 5.0 with a Topic Alias.</param>
/// <param name="Payload">When decoded, a slice of the given body.</param>
/// <param name="QoS">Delivery.</param>
/// <param name="Retain">Retain flag.</param>
/// <param name="Dup">Set on a re-delivery; never at QoS 0.</param>
/// <param name="PacketId">1 to 65 535; 0 at QoS 0.</param>
/// <param name="Properties">5.0 only.</param>
public readonly record struct PublishPacket(
    string Topic, ReadOnlyMemory<byte> Payload, QoS QoS = QoS.AtMostOnce, bool Retain = false, bool Dup = false, ushort PacketId = 0, MqttProperties? Properties = null);
