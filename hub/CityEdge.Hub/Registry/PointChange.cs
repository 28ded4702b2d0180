namespace CityEdge.Hub.Registry;

/// <summary>What a person set on a point; null parts stay as they are.</summary>
public sealed record PointChange(string Id, string? Kind, string? Unit, string? Asset, IReadOnlyDictionary<string, string>? Labels);
