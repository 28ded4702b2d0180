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

    public ChunkColumns Head { get; } = new();

    /// <summary>Rows at the front of <see cref="Head"/> that a saved head segment holds.</summary>
    public int Saved { get; set; }

    /// <summary>A row at or before this time is late: a chunk covers it already.</summary>
    public long SealedThrough { get; set; } = long.MinValue;

    /// <summary>True when <see cref="SealedThrough"/> has moved since the last save.</summary>
    public bool ThroughMoved { get; set; }

    /// <summary>The series that came after this one last time: rows mostly arrive in the same order.</summary>
    public Series? Follower { get; set; }

    /// <summary>Chunks that wait for the next transaction; null when there are none.</summary>
    public List<PendingChunk>? Pending { get; set; }

    /// <summary>Late rows that wait for the next transaction, in order of arrival; null when there are none.</summary>
    public List<StoredReading>? Late { get; set; }

    /// <summary>What is in memory with from ≤ t &lt; to, ascending, the later written of a repeated time.</summary>
    public List<StoredReading> Picture(long fromMs, long toMs)
    {
        var rows = new List<StoredReading>();
        lock (this)
        {
            foreach (var chunk in Pending ?? [])
            {
                if (chunk.First < toMs && chunk.Last >= fromMs && !ChunkDecoder.TryDecode(chunk.Body, rows, out _)) TelemetryMetrics.Corrupt.Add(1);
            }
            rows.AddRange(Late ?? []);
            var (start, end) = Head.Ordered ? (Head.IndexOf(fromMs), Head.IndexOf(toMs)) : (0, Head.Count);
            if (start < end) Head.CopyTo(start, end, rows);
        }
        SortedRows.Settle(rows);
        rows.RemoveAll(r => r.TimeMs < fromMs || r.TimeMs >= toMs);
        return rows;
    }
}

/// <summary>A chunk on its way to disk.</summary>
/// <param name="Series">Whose rows.</param>
/// <param name="Partition">Into which file.</param>
/// <param name="First">Time of the first row, Unix ms.</param>
/// <param name="Last">Time of the last row, Unix ms.</param>
/// <param name="Body">What <see cref="ChunkEncoder"/> made.</param>
internal sealed record PendingChunk(Series Series, Partition Partition, long First, long Last, byte[] Body);
