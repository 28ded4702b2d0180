using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Complaints;

/// <summary>A complaint as it is sent (design §5, <c>POST complaints</c>).</summary>
/// <param name="ExternalId">The channel's own number, 1 to 200 characters: the same one again changes nothing.</param>
/// <param name="Channel">Who took it in: <c>hotline</c>, <c>kiosk</c>, <c>web</c>, …; 1 to 64 of a-z 0-9 -.</param>
/// <param name="Kind">Default <c>complaint</c>.</param>
/// <param name="Category">As in the rules, such as <c>heating.room</c>.</param>
/// <param name="Text">1 to 4000 characters.</param>
/// <param name="At">When it was made; default now.</param>
/// <param name="Asset">Id of an asset.</param>
/// <param name="Lat">WGS 84 latitude, degrees, with <paramref name="Long"/>.</param>
/// <param name="Long">WGS 84 longitude, degrees.</param>
/// <param name="Address">In words, at most 400 characters; the name, or the label <c>address</c>, of just one asset means that asset.</param>
/// <param name="Reporter">Who complained.</param>
public sealed record ComplaintBody(
    string? ExternalId, string? Channel, ComplaintKind? Kind, string? Category, string? Text, DateTimeOffset? At, string? Asset, double? Lat, double? Long, string? Address, Reporter? Reporter);
