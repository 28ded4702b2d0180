namespace CityEdge.Hub.Broker;

/// <summary>The fullest of what has a limit of its own each, now.</summary>
/// <param name="ConnectionsOfOneAddress">Open connections of the address that has most of them; loopback counts only where it is limited.</param>
/// <param name="SubscriptionsOfOneSession">Filters of the session that has most of them.</param>
/// <param name="QueuedBytesOfOneSession">Bytes that wait for the session for which most wait.</param>
public readonly record struct BrokerPeaks(int ConnectionsOfOneAddress, int SubscriptionsOfOneSession, long QueuedBytesOfOneSession);
