using CityEdge.SegmentLog;

namespace CityEdge.Edge;

/// <summary>Where readings wait for the hub, and what happens when they may take no more room.</summary>
public sealed record SpoolConfig
{
    /// <summary>Least cap: eight segments.</summary>
    public const long MinBytes = 8 << 20;

    /// <summary>Folder.</summary>
    public required string Directory { get; init; }

    /// <summary>Cap, bytes; at least <see cref="MinBytes"/>.</summary>
    public long MaxBytes { get; init; } = 256L << 20;

    /// <summary>At the cap: drop the oldest, counted, or make the adapters wait.</summary>
    public WhenFull WhenFull { get; init; } = WhenFull.DropOldest;
}
