namespace CityEdge.Contracts;

/// <summary>A point of a device as rules know it: labels and attributes merged already, over asset, building, device and site.</summary>
public sealed record ConfigPoint
{
    /// <summary>Point name, see <see cref="PointId.IsName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Name of a <see cref="PointKind"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>Unit of readings that carry none; null: the kind's canonical one.</summary>
    public string? Unit { get; init; }

    /// <summary>Asset id; null when it has none.</summary>
    public string? Asset { get; init; }

    /// <summary>WGS 84 latitude of where it is, degrees; null: the calendar's place.</summary>
    public double? Lat { get; init; }

    /// <summary>WGS 84 longitude, degrees; null with <see cref="Lat"/>.</summary>
    public double? Long { get; init; }

    /// <summary>Labels by key.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>Attributes by name, as texts: numbers in canonical units, dates, words.</summary>
    public IReadOnlyDictionary<string, string> Attributes { get; init; } = new Dictionary<string, string>();
}
