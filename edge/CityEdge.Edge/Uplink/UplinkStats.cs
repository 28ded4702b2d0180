namespace CityEdge.Edge;

/// <summary>What the uplink has done since the agent's start.</summary>
/// <param name="Messages">Messages acknowledged.</param>
/// <param name="Items">Readings and events in them.</param>
/// <param name="Bytes">Payload bytes of them, compressed where they were.</param>
/// <param name="Retries">Messages sent again because the hub was busy or full.</param>
/// <param name="Refused">Readings and events that the hub refused for good.</param>
public sealed record UplinkStats(long Messages, long Items, long Bytes, long Retries, long Refused);
