using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>One point of an adapter: what the device announces and how the normaliser treats it.</summary>
public sealed record PointDeclaration
{
    /// <summary>Name of the point, without site and device.</summary>
    public required string Name { get; init; }

    /// <summary>Asset that the point belongs to; null when not stated.</summary>
    public string? Asset { get; init; }

    /// <summary>Labels; null when none.</summary>
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    /// <summary>Kind, unit, scale, range, dead-band.</summary>
    public required PointConfig Normalisation { get; init; }

    /// <summary>Kind of the point.</summary>
    public PointKind Kind => Normalisation.Kind;

    /// <summary>Unit of the adapter's scaled values; null when none.</summary>
    public string? Unit => Normalisation.Unit;

    /// <summary>The entry in the status document. Its unit is that of what is sent, hence the canonical one.</summary>
    public AnnouncedPoint ToAnnouncement() =>
        new() { Name = Name, Kind = PointKinds.Name(Kind), Unit = PointKinds.CanonicalUnit(Kind) ?? Unit, Asset = Asset, Labels = Labels };

    /// <summary>
    /// A raw number whose unit the source knows, as the normaliser expects it: brought to the point's unit when both measure the same quantity. When they do not (a voltage that stands for a level), the number is
    /// left to the point's scale and offset.
    /// </summary>
    public ReadingValue FromSource(double value, string? sourceUnit) =>
        ReadingValue.FromNumber(Unit is { } unit && sourceUnit is not null && Units.TryConvert(value, sourceUnit, unit, out var converted) ? converted : value);
}
