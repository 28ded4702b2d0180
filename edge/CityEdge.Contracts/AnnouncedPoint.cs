namespace CityEdge.Contracts;

/// <summary>One point as a device announces it; a person's settings on the hub are never overwritten by it (design §5, <i>Registration</i>).</summary>
public sealed record AnnouncedPoint
{
    /// <summary>Point name, see <see cref="PointId.IsName"/>.</summary>
    public required string Name { get; init; }

    /// <summary>Name of a <see cref="PointKind"/>; null: decided from the unit.</summary>
    public string? Kind { get; init; }

    /// <summary>Unit of its readings; null: the canonical one of the kind.</summary>
    public string? Unit { get; init; }

    /// <summary>Asset id; null when not stated.</summary>
    public string? Asset { get; init; }

    /// <summary>Labels; null when none.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary><see cref="Kind"/>, or what the unit implies.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public PointKind PointKind => PointKinds.TryParse(Kind, out var kind) ? kind : PointKinds.FromUnit(Unit);
}
