using CityEdge.Contracts;

namespace CityEdge.Hub.Registry;

/// <summary>A registered point as the registry keeps it.</summary>
public sealed class PointEntry(PointId id, PointKind kind, string? unit, ReadingType type)
{
    // Boxed: the consumer replaces it while API threads read it, and a struct of this size would be torn.
    private object? last;

    public PointId Id { get; } = id;

    public PointKind Kind { get; set; } = kind;

    /// <summary>Canonical unit of stored values; null when none.</summary>
    public string? Unit { get; set; } = unit;

    /// <summary>Unit of readings that come without one, as announced or set by a person; null: <see cref="Unit"/>. What is stored is in <see cref="Unit"/> all the same.</summary>
    public string? SourceUnit { get; set; }

    /// <summary>Type of its first valid reading, never changed; <see cref="ReadingType.None"/> while only announced.</summary>
    public ReadingType Type { get; set; } = type;

    public string? Asset { get; set; }

    public IReadOnlyDictionary<string, string> Labels { get; set; } = new Dictionary<string, string>();

    /// <summary>True when a person has set kind, asset or labels: an announcement no longer overwrites them.</summary>
    public bool Patched { get; set; }

    /// <summary>Journal position of the record that registered it.</summary>
    public long RegisteredAt { get; set; }

    /// <summary>Newest reading by event time that the rule consumer has seen since the start of the hub, or that was the last stored before it.</summary>
    public Reading? Last
    {
        get => (Reading?)Volatile.Read(ref last);
        set => Volatile.Write(ref last, value);
    }
}
