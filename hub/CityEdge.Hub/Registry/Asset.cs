using CityEdge.Rules;

namespace CityEdge.Hub.Registry;

/// <summary>A thing in the city that points belong to and tickets are about; assets form a tree by <see cref="Parent"/>.</summary>
/// <param name="Id">Unique id, <c>[A-Za-z0-9_.:-]{1,128}</c>.</param>
/// <param name="Kind">Kind in the field's words: district, street, community, building, unit, room, station, kiosk, …</param>
/// <param name="Name">Name for people.</param>
/// <param name="Parent">Id of the parent; null for a root.</param>
/// <param name="Lat">WGS 84 latitude, degrees.</param>
/// <param name="Long">WGS 84 longitude, degrees.</param>
/// <param name="Labels">Labels that rules select by; inherited by what is below.</param>
/// <param name="Attributes">Numbers and texts, dates among them, that rules compare with (<c>attr.NAME</c>); inherited by what is below.</param>
public sealed record Asset(
    string Id,
    string Kind,
    string Name,
    string? Parent,
    double? Lat,
    double? Long,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, AttributeValue> Attributes);
