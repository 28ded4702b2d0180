namespace CityEdge.Hub.Api;

/// <summary>Body of <c>PATCH points/{id}</c>; what is left out stays as it is.</summary>
public sealed record PointPatch(string? Kind, string? Unit, string? Asset, Dictionary<string, string>? Labels);
