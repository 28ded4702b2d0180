namespace CityEdge.Mqtt;

/// <summary>AUTH (5.0 §3.15): a step of enhanced authentication; needs an Authentication Method unless the packet is empty.</summary>
public sealed record AuthPacket(ReasonCode Code = ReasonCode.Success, MqttProperties? Properties = null);
