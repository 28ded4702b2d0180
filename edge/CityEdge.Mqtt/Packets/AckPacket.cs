namespace CityEdge.Mqtt;

/// <summary>PUBACK, PUBREC, PUBREL or PUBCOMP (5.0 §3.4 to §3.7); in 3.1.1 without code and properties.</summary>
public readonly record struct AckPacket(PacketType Type, ushort PacketId, ReasonCode Code = ReasonCode.Success, MqttProperties? Properties = null);
