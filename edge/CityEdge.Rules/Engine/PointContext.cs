using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What rules may know of a point besides its readings.</summary>
/// <param name="Id">The point.</param>
/// <param name="Kind">Its kind; rules with this <c>signal</c> run on it.</param>
/// <param name="Asset">Id of its asset; null when it has none.</param>
/// <param name="Labels">Merged already: point over asset (nearest ancestor first) over device over site, with the ids under <c>asset</c>, <c>device</c>, <c>site</c>. The point's own name is matched under <c>point</c> where no label has that key.</param>
/// <param name="Attributes">Merged in the same order; numbers in canonical units, texts, dates as texts.</param>
/// <param name="Zone">The site's zone; the product's default is Asia/Shanghai.</param>
public sealed record PointContext(
    PointId Id,
    PointKind Kind,
    string? Asset,
    IReadOnlyDictionary<string, string> Labels,
    IReadOnlyDictionary<string, AttributeValue> Attributes,
    TimeZoneInfo Zone)
{
    /// <summary>With numbers alone as attributes.</summary>
    public PointContext(PointId id, PointKind kind, string? asset, IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, double> attributes, TimeZoneInfo zone)
        : this(id, kind, asset, labels, attributes.ToDictionary(pair => pair.Key, pair => (AttributeValue)pair.Value), zone)
    {
    }

    /// <summary>The assets above the point, its own first, the root last; empty when it has none.</summary>
    public IReadOnlyList<AssetLevel> Path { get; init; } = [];

    /// <summary>Where it is: the position of the nearest asset that has one; null where none has, then the calendar's place stands for it.</summary>
    public GeoPosition? Position { get; init; }

    /// <summary>Id of the nearest asset of a kind on the path; null when there is none.</summary>
    public string? Ancestor(string kind)
    {
        foreach (var level in Path)
        {
            if (level.Kind == kind) return level.Id;
        }
        return null;
    }

    /// <summary>The label's value; ids answer also where the caller has not merged them in.</summary>
    internal string? Label(string key) => Labels.TryGetValue(key, out var value)
        ? value
        : key switch { "site" => Id.Site, "device" => Id.Device, "point" => Id.Name, "asset" => Asset, _ => null };

    /// <summary>Local time less UTC at an instant, ms.</summary>
    internal long OffsetMs(long timeMs) => (long)Zone.GetUtcOffset(ActiveClock.FromMs(timeMs)).TotalMilliseconds;

    /// <summary>True when nothing that rules look at differs.</summary>
    internal bool SameAs(PointContext other) => Id == other.Id && Kind == other.Kind && Asset == other.Asset && Zone.Id == other.Zone.Id && Position == other.Position && Path.SequenceEqual(other.Path) && Same(Labels, other.Labels) && Same(Attributes, other.Attributes);

    private static bool Same<T>(IReadOnlyDictionary<string, T> a, IReadOnlyDictionary<string, T> b)
    {
        if (ReferenceEquals(a, b)) return true;
        if (a.Count != b.Count) return false;
        foreach (var (key, value) in a)
        {
            if (!b.TryGetValue(key, out var other) || !EqualityComparer<T>.Default.Equals(value, other)) return false;
        }
        return true;
    }
}
