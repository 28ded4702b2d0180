namespace CityEdge.Mqtt;

/// <summary>A message to publish. The payload must not change until the publish has completed: it may be sent again.</summary>
/// <param name="Topic">Without wildcards, 1 to 65 535 UTF-8 bytes.</param>
/// <param name="Payload">Application message.</param>
/// <param name="QoS">Delivery; default at least once.</param>
/// <param name="Retain">Whether the server keeps it for later subscribers.</param>
/// <param name="Properties">5.0 only, dropped in 3.1.1; no Topic Alias and no Subscription Identifier.</param>
public sealed record MqttMessage(string Topic, ReadOnlyMemory<byte> Payload, QoS QoS = QoS.AtLeastOnce, bool Retain = false, MqttProperties? Properties = null);
