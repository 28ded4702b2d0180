namespace CityEdge.Contracts;

/// <summary>State of an agent's spool as its status document gives it.</summary>
public sealed record SpoolStatus
{
    /// <summary>Records stored and not yet acknowledged by the hub.</summary>
    public long Records { get; init; }

    /// <summary>Bytes on disk.</summary>
    public long Bytes { get; init; }

    /// <summary>Cap, bytes.</summary>
    public long MaxBytes { get; init; }

    /// <summary>Time of the oldest unacknowledged record, RFC 3339; null when the spool is drained.</summary>
    public string? Oldest { get; init; }

    /// <summary>Records given up because the cap was reached, since the spool was made.</summary>
    public long Dropped { get; init; }
}
