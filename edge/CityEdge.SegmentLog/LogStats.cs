namespace CityEdge.SegmentLog;

/// <summary>What an <see cref="AppendLog"/> holds and what has happened to it since it was opened. Bytes unless said otherwise.</summary>
public sealed record LogStats
{
    /// <summary>First readable position.</summary>
    public required long Start { get; init; }

    /// <summary>Position past the last durable record.</summary>
    public required long DurableEnd { get; init; }

    /// <summary>Position past the last appended record.</summary>
    public required long End { get; init; }

    /// <summary>Segments now.</summary>
    public required int Segments { get; init; }

    /// <summary>Disk taken by segments.</summary>
    public required long DiskBytes { get; init; }

    /// <summary>The cap.</summary>
    public required long MaxBytes { get; init; }

    /// <summary>Records appended and flushed since opening.</summary>
    public required long FlushedRecords { get; init; }

    /// <summary>Flushes since opening.</summary>
    public required long Flushes { get; init; }

    /// <summary>Mean records made durable by one flush; 0 before the first.</summary>
    public double RecordsPerFlush => Flushes == 0 ? 0 : (double)FlushedRecords / Flushes;

    /// <summary>Records that no cursor had passed when the cap removed their segment.</summary>
    public required long DroppedRecords { get; init; }

    /// <summary>Bytes of those records.</summary>
    public required long DroppedBytes { get; init; }

    /// <summary>Bytes of never-acknowledged, half-written records found at opening.</summary>
    public required long TornBytes { get; init; }

    /// <summary>Damaged regions in what is now on disk.</summary>
    public required int QuarantinedRegions { get; init; }

    /// <summary>Their bytes.</summary>
    public required long QuarantinedBytes { get; init; }

    /// <summary>Estimate of the records in them, from the mean record of the same segment.</summary>
    public required long QuarantinedRecordsEstimate { get; init; }

    /// <summary>Handlers of <see cref="AppendLog.OnDurable"/> removed because they threw.</summary>
    public required int HandlerFaults { get; init; }

    /// <summary>Why the log failed; null while it works.</summary>
    public required string? Failure { get; init; }

    /// <summary>Why the disk has no room for the next segment, so that appending is refused; null while it has.</summary>
    public string? NoSpace { get; init; }

    /// <summary>Every open cursor.</summary>
    public required IReadOnlyList<CursorStats> Cursors { get; init; }
}
