namespace CityEdge.Mqtt;

/// <summary>Counters of a link since its start, and two gauges, for metrics.</summary>
/// <param name="Published">PUBLISH packets written, repeats included.</param>
/// <param name="Acknowledged">Publishes of QoS 1 and 2 that completed, well or refused.</param>
/// <param name="Received">Messages given to the handler's queue.</param>
/// <param name="Dropped">Received QoS 0 messages discarded because the handler was too slow, or any when there is no handler.</param>
/// <param name="Connections">Accepted connections.</param>
/// <param name="Inflight">Gauge: publishes in the window.</param>
/// <param name="Waiting">Gauge: publishes waiting for the window or a connection.</param>
public readonly record struct MqttLinkStatistics(long Published, long Acknowledged, long Received, long Dropped, long Connections, int Inflight, int Waiting);
