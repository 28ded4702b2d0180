namespace CityEdge.Mqtt;

/// <summary>SUBACK (5.0 §3.9): one code per filter in order: granted QoS or a failure (3.1.1 knows only 0x80).</summary>
public sealed record SubAckPacket(ushort PacketId, IReadOnlyList<ReasonCode> Codes, MqttProperties? Properties = null);
