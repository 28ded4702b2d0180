namespace CityEdge.Hub.Api;

/// <summary>What the API says of a point (design §5, <c>points</c>).</summary>
public sealed record PointView(
    string Id, string Site, string Device, string Name, string Kind, string? Unit, string? Asset, IReadOnlyDictionary<string, string> Labels, object? Last, string State);
