namespace CityEdge.Rules;

/// <summary>One asset on the way from a point to the root of the asset tree.</summary>
/// <param name="Id">The asset's id.</param>
/// <param name="Kind">Its kind, by which rules name a level: <c>room</c>, <c>building</c>, <c>station</c>, …</param>
/// <param name="Attributes">The asset's own attributes; null when it has none.</param>
public readonly record struct AssetLevel(string Id, string Kind, IReadOnlyDictionary<string, AttributeValue>? Attributes = null);
