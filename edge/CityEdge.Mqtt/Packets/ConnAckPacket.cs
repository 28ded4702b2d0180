namespace CityEdge.Mqtt;

/// <summary>CONNACK (5.0 §3.2). In 3.1.1 the code travels as return code 0 to 5 (3.1.1 §3.2.2.3).</summary>
public sealed record ConnAckPacket(bool SessionPresent, ReasonCode Code, MqttProperties? Properties = null);
