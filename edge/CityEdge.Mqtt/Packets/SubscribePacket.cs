namespace CityEdge.Mqtt;

/// <summary>SUBSCRIBE (5.0 §3.8): at least one filter.</summary>
public sealed record SubscribePacket(ushort PacketId, IReadOnlyList<Subscription> Subscriptions, MqttProperties? Properties = null);
