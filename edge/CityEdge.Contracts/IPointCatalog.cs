namespace CityEdge.Contracts;

/// <summary>What is registered about points; asked once for each record of a pack, so an answer must not block.</summary>
public interface IPointCatalog
{
    /// <summary>
    /// Looks a point up; false when it is not registered.
    /// </summary>
    /// <param name="point">The point.</param>
    /// <param name="kind">Its kind, as announced or set by a person.</param>
    /// <param name="unit">Unit that its readings without a unit are in; null: the kind's canonical unit.</param>
    /// <param name="type">Type of its readings so far; <see cref="ReadingType.None"/> when it has had none.</param>
    bool TryGet(PointId point, out PointKind kind, out string? unit, out ReadingType type);
}
