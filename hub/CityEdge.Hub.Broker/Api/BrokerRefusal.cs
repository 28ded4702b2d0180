using CityEdge.Contracts;

namespace CityEdge.Hub.Broker;

/// <summary>A message that the broker refused before the journal; goes to the dead letters.</summary>
/// <param name="Topic">Topic as sent; empty where it could not be read.</param>
/// <param name="ClientId">The publisher's client id.</param>
/// <param name="Identity">Its identity, as <see cref="PublishRecord.Identity"/>.</param>
/// <param name="Reason">Why.</param>
/// <param name="Message">For a person: what is wrong and the mend.</param>
/// <param name="Payload">The payload, capped at 64 KiB; empty for a packet too large to be read.</param>
/// <param name="AtMs">Arrival time, Unix ms.</param>
public sealed record BrokerRefusal(string Topic, string ClientId, string Identity, RefusalReason Reason, string Message, byte[] Payload, long AtMs);
