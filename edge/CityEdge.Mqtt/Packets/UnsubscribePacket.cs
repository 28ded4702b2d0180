namespace CityEdge.Mqtt;

/// <summary>UNSUBSCRIBE (5.0 §3.10): at least one filter.</summary>
public sealed record UnsubscribePacket(ushort PacketId, IReadOnlyList<string> Filters, MqttProperties? Properties = null);
