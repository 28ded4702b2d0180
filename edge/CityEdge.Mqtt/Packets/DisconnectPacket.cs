namespace CityEdge.Mqtt;

/// <summary>DISCONNECT (5.0 §3.14); in 3.1.1 only from the client, without code and properties.</summary>
public sealed record DisconnectPacket(ReasonCode Code = ReasonCode.Success, MqttProperties? Properties = null);
