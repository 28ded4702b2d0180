namespace CityEdge.Hub.Telemetry;

/// <summary>Limits of the embedded store. The defaults suit 10 000 series on a small machine.</summary>
public sealed record EmbeddedStoreOptions
{
    /// <summary>Readings older than this are dropped by <see cref="ITelemetryStore.MaintainAsync"/>; null keeps all.</summary>
    public TimeSpan? Retention { get; init; }

    /// <summary>How long the hourly roll-up is kept, by calendar years; null keeps all.</summary>
    public TimeSpan? RollUpRetention { get; init; }

    /// <summary>Most days of one file, 1 to 512. A file takes as many as fit about 32 MiB, and at most an eighth of the retention.</summary>
    public int MaxFileDays { get; init; } = 512;

    /// <summary>How long after its end (UTC) a day is rolled up, and its file packed.</summary>
    public TimeSpan CloseAfter { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Rows of a chunk in a file whose days are over.</summary>
    public int PackedRows { get; init; } = 480;

    /// <summary>Rows at which a head becomes a chunk, 2 to 4096.</summary>
    public int ChunkRows { get; init; } = 120;

    /// <summary>Bytes at which a head of long texts becomes a chunk.</summary>
    public int ChunkBytes { get; init; } = 64 * 1024;

    /// <summary>Bytes of all heads in memory; above it the fullest become chunks early.</summary>
    public long MaxHeadBytes { get; init; } = 96L * 1024 * 1024;

    /// <summary>Chunks gathered for one transaction.</summary>
    public int ChunksPerTransaction { get; init; } = 2000;

    /// <summary>Late rows gathered for one transaction.</summary>
    public int LateRowsPerTransaction { get; init; } = 4096;

    /// <summary>Age of the oldest row that is only in the journal, at which the heads are saved and the journal may move on.</summary>
    public TimeSpan SaveAfter { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Rows since the last save at which the heads are saved, whatever their age: bounds what a restart reads again.</summary>
    public int SaveRows { get; init; } = 1_000_000;
}
