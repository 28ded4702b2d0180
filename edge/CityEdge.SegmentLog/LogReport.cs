namespace CityEdge.SegmentLog;

/// <summary>What <see cref="LogInspector.Inspect"/> saw in a log's folder.</summary>
public sealed record LogReport
{
    /// <summary>The folder.</summary>
    public required string Directory { get; init; }

    /// <summary>Segment files.</summary>
    public required int Segments { get; init; }

    /// <summary>Their size on disk, bytes.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>First position.</summary>
    public required long Start { get; init; }

    /// <summary>Past the last whole record.</summary>
    public required long End { get; init; }

    /// <summary>Whole records whose checksum holds.</summary>
    public required long Records { get; init; }

    /// <summary>Records by kind.</summary>
    public required IReadOnlyDictionary<byte, long> RecordsByKind { get; init; }

    /// <summary>Times of the first and last record, Unix ms; null when there is none.</summary>
    public required long? FirstTimeMs { get; init; }

    /// <inheritdoc cref="FirstTimeMs" />
    public required long? LastTimeMs { get; init; }

    /// <summary>Damaged regions, in order.</summary>
    public required IReadOnlyList<DamagedRegion> Damaged { get; init; }

    /// <summary>Half-written bytes after the last whole record: cut off when the log is next opened. Of a log in use, what is being written.</summary>
    public required long TornTailBytes { get; init; }

    /// <summary>Segments both of whose header copies are damaged.</summary>
    public required int DamagedHeaders { get; init; }

    /// <summary>Cursors by name.</summary>
    public required IReadOnlyList<CursorStats> Cursors { get; init; }

    /// <summary>Bytes in <c>quarantine/</c>.</summary>
    public required long QuarantineBytes { get; init; }

    /// <summary>True when no acknowledged record is damaged.</summary>
    public bool Sound => DamagedHeaders == 0 && Damaged.All(d => d.Torn);
}
