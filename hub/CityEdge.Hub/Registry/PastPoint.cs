using CityEdge.Contracts;

namespace CityEdge.Hub.Registry;

/// <summary>What a point was before a change: how readings are decoded and stored that lie before it in the journal.</summary>
/// <param name="Until">Journal position of the record that changed it; it holds for all records before.</param>
/// <param name="Kind">Kind until then.</param>
/// <param name="Unit">Canonical unit until then.</param>
/// <param name="SourceUnit">Unit of readings without one until then; null: <paramref name="Unit"/>.</param>
public sealed record PastPoint(long Until, PointKind Kind, string? Unit, string? SourceUnit);
