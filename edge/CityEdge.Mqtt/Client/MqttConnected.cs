namespace CityEdge.Mqtt;

/// <summary>A connection was accepted.</summary>
/// <param name="SessionPresent">The server resumed the session; otherwise subscriptions are made again and un-acknowledged messages sent as new.</param>
/// <param name="ClientId">As given, or as the server assigned it.</param>
/// <param name="Properties">Of CONNACK: the server's limits; null in 3.1.1 or when it sent none.</param>
public sealed record MqttConnected(bool SessionPresent, string ClientId, MqttProperties? Properties);
