using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// One (point, kind) of the embedded store. The writer alone changes it, under its lock; readers take a picture under the same lock.
/// Newer wins in this order: sealed chunks, late rows on disk, <see cref="Pending"/>, <see cref="Late"/>, <see cref="Head"/>.
/// </summary>
internal sealed class Series(long id, PointId point, PointKind kind)
{
    public long Id { get; } = id;

    public PointId Point { get; } = point;

    public PointKind Kind { get; } = kind;

    public HeadRows Head { get; } = new();

    /// <summary>Rows at the front of <see cref="Head"/> that a saved head segment holds.</summary>
    public int Saved { get; set; }

    /// <summary>A row at or before this time is late: a chunk covers it already.</summary>
    public long SealedThrough { get; set; } = long.MinValue;

    /// <summary>All rows of this series below this journal position are in chunks or in the side table.</summary>
    public long SealedPosition { get; set; } = -1;

    /// <summary>Number of the last save of heads before the newest chunk: what heads held then is in that chunk.</summary>
    public long SealedSave { get; set; } = -1;

    /// <summary>Chunks that wait for the next transaction.</summary>
    public List<PendingChunk> Pending { get; } = [];

    /// <summary>Late rows that wait for the next transaction, in order of arrival.</summary>
    public List<StoredReading> Late { get; } = [];

    /// <summary>What is in memory, ascending, the later written of a repeated time.</summary>
    public List<StoredReading> Picture(long fromMs, long toMs)
    {
        var rows = new List<StoredReading>();
        lock (this)
        {
            foreach (var chunk in Pending)
            {
                if (chunk.First < toMs && chunk.Last >= fromMs && !ChunkDecoder.TryDecode(chunk.Body, rows, out _)) TelemetryMetrics.Corrupt.Add(1);
            }
            rows.AddRange(Late);
            Head.CopyTo(0, rows);
        }
        SortedRows.Settle(rows);
        rows.RemoveAll(r => r.TimeMs < fromMs || r.TimeMs >= toMs);
        return rows;
    }
}

/// <summary>A chunk on its way to disk.</summary>
/// <param name="First">Time of the first row, Unix ms.</param>
/// <param name="Last">Time of the last row, Unix ms.</param>
/// <param name="Rows">Number of rows.</param>
/// <param name="Position">See <see cref="Series.SealedPosition"/>.</param>
/// <param name="Save">See <see cref="Series.SealedSave"/>.</param>
/// <param name="Body">What <see cref="ChunkEncoder"/> made.</param>
internal sealed record PendingChunk(long First, long Last, int Rows, long Position, long Save, byte[] Body);
