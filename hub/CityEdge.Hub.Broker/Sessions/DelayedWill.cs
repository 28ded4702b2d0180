namespace CityEdge.Hub.Broker;

/// <summary>A will that is sent unless the client comes back before its delay is over (MQTT 5.0 §3.1.3.2.2).</summary>
/// <param name="Will">The will.</param>
/// <param name="DueTimestamp">When, as the protocol clock's timestamp.</param>
internal sealed record DelayedWill(PendingWill Will, long DueTimestamp);
