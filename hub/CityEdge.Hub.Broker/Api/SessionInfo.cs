namespace CityEdge.Hub.Broker;

/// <summary>A session as shown to an operator.</summary>
/// <param name="ClientId">Client id.</param>
/// <param name="Identity">As <see cref="ClientIdentity.Name"/>.</param>
/// <param name="Connected">Has a connection now.</param>
/// <param name="Persistent">Outlives its connection.</param>
/// <param name="Subscriptions">Filters.</param>
/// <param name="QueuedMessages">Messages waiting in the journal.</param>
/// <param name="QueuedBytes">Their bytes.</param>
/// <param name="InFlight">Sent and not acknowledged.</param>
/// <param name="Remote">Peer address while connected.</param>
public sealed record SessionInfo(
    string ClientId, string Identity, bool Connected, bool Persistent, IReadOnlyList<string> Subscriptions, int QueuedMessages, long QueuedBytes, int InFlight, string? Remote);
