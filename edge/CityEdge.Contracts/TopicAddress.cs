namespace CityEdge.Contracts;

/// <summary>The parts of one topic of design §5.</summary>
/// <param name="Site">Site name.</param>
/// <param name="Device">Device name; empty for <see cref="TopicChannel.Ticket"/>.</param>
/// <param name="Channel">Which topic.</param>
/// <param name="Id">Command id or ticket id; null for the others.</param>
public readonly record struct TopicAddress(string Site, string Device, TopicChannel Channel, string? Id = null);
