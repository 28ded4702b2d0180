namespace CityEdge.Mqtt;

/// <summary>UNSUBACK (5.0 §3.11): one code per filter in order; in 3.1.1 there are none.</summary>
public sealed record UnsubAckPacket(ushort PacketId, IReadOnlyList<ReasonCode> Codes, MqttProperties? Properties = null);
