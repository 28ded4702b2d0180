namespace CityEdge.Contracts;

/// <summary>
/// How the normaliser treats one point. Everything numeric is in <see cref="Unit"/>, after <see cref="Scale"/> and <see cref="Offset"/>, as the installer writes it.
/// </summary>
public sealed record PointConfig
{
    /// <summary>Kind of the point; decides the canonical unit.</summary>
    public required PointKind Kind { get; init; }

    /// <summary>Unit of the scaled value; null: the reading's own, else the canonical one.</summary>
    public string? Unit { get; init; }

    /// <summary>Factor on the raw number, 1 for none.</summary>
    public double Scale { get; init; } = 1;

    /// <summary>Added after the factor.</summary>
    public double Offset { get; init; }

    /// <summary>Lowest plausible value; below it the reading is marked <see cref="Quality.OutOfRange"/>. Null: no limit.</summary>
    public double? Min { get; init; }

    /// <summary>Highest plausible value.</summary>
    public double? Max { get; init; }

    /// <summary>A change of at most this much since the last sent reading is not sent; 0 suppresses repeats only. Null: everything is sent.</summary>
    public double? DeadBand { get; init; }

    /// <summary>Longest silence that the dead-band may cause: a steady value is sent this often all the same.</summary>
    public TimeSpan Heartbeat { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>An unchanged raw value for this long is marked <see cref="Quality.Stuck"/>. Null: never.</summary>
    public TimeSpan? StuckAfter { get; init; }

    /// <summary>Fastest plausible change per second against the last plausible reading; faster is marked <see cref="Quality.Jump"/>. Null: no limit.</summary>
    public double? MaxJumpPerSecond { get; init; }
}
