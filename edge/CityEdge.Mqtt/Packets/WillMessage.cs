namespace CityEdge.Mqtt;

/// <summary>Message that the server publishes when the connection ends without a normal DISCONNECT (5.0 §3.1.2.5).</summary>
/// <param name="Topic">Without wildcards.</param>
/// <param name="Payload">At most 65 535 bytes.</param>
/// <param name="QoS">Delivery to subscribers.</param>
/// <param name="Retain">Whether it is retained.</param>
/// <param name="Properties">5.0 only; e.g. Will Delay Interval.</param>
public sealed record WillMessage(string Topic, ReadOnlyMemory<byte> Payload, QoS QoS = QoS.AtMostOnce, bool Retain = false, MqttProperties? Properties = null);
