namespace CityEdge.Mqtt;

/// <summary>Answer to one SUBSCRIBE.</summary>
/// <param name="Codes">One per filter, in order: the granted QoS or why not. Filters of a kind that the server has said it does not offer (5.0 §3.2.2.3: shared 0x9E, wildcard
/// 0xA2, identifiers 0xA1) are refused without being sent.</param>
/// <param name="Reason">The server's reason string; null when it gave none, and in 3.1.1.</param>
public sealed record SubscribeResult(IReadOnlyList<ReasonCode> Codes, string? Reason);
