using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>A will, checked and ready for the journal.</summary>
/// <param name="Topic">Topic.</param>
/// <param name="Payload">Payload, copied.</param>
/// <param name="QoS">QoS.</param>
/// <param name="Retain">Retain.</param>
/// <param name="Properties">Forwardable properties, raw.</param>
/// <param name="ExpirySeconds">Message expiry.</param>
/// <param name="Delay">Will Delay Interval (MQTT 5.0 §3.1.3.2.2).</param>
internal sealed record PendingWill(string Topic, byte[] Payload, QoS QoS, bool Retain, byte[] Properties, uint? ExpirySeconds, TimeSpan Delay);
