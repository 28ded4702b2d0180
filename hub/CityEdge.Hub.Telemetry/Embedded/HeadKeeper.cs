using CityEdge.Contracts;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// What the one writer of the embedded store does with rows: heads, chunks that wait, late rows, and when <see cref="StoreCommit"/> makes them durable. Not
/// thread-safe but for <see cref="DurablePosition"/>; readers of a <see cref="Series"/> are kept apart by its lock.
/// </summary>
internal sealed class HeadKeeper(StoreFiles files, RollUp rollUp, EmbeddedStoreOptions options, TimeProvider time, ILogger? logger) : IDisposable
{
    private const int MaxSegments = 32;
    private const int IdBlock = 16_384;
    private const double BytesPerRow = 2.5;
    private static readonly KeyValuePair<string, object?> Tag = TelemetryMetrics.Store("embedded");
    private readonly Dictionary<long, Series> byId = [];
    private readonly List<Series> unnamed = [];
    private readonly List<PendingChunk> pending = [];
    private readonly HashSet<Series> late = [];
    private readonly ChunkEncoder encoder = new();
    private readonly ChunkColumns sorted = new();
    private long durable;
    private long position;
    private long headBytes;
    private long headRows;
    private long nextId = 1;
    private long reservedIds = 1;
    private long unsavedRows;
    private long unsavedSince;
    private int segments;
    private long reportedRows;
    private long pendingBytes;
    private int lateRows;
    private bool failed;

    public long DurablePosition => Volatile.Read(ref durable);

    public ChunkEncoder Encoder => encoder;

    /// <summary>Rows before this time are not taken any more: their file would be deleted.</summary>
    public long HorizonMs { get; set; } = long.MinValue;

    /// <summary>Reads series and saved heads.</summary>
    public IReadOnlyCollection<Series> Load()
    {
        foreach (var series in files.Catalog.LoadSeries())
        {
            byId[series.Id] = series;
            nextId = Math.Max(nextId, series.Id + 1);
        }
        // Ids above this mark may stand in day files that are younger than this catalog (a backup copies file by file).
        nextId = reservedIds = Math.Max(nextId, files.Catalog.Meta("ids") ?? 0);
        durable = position = files.Catalog.Position;
        foreach (var body in files.Catalog.LoadSegments())
        {
            segments++;
            HeadSegments.Load(body, Reload, logger);
        }
        return byId.Values;
    }

    public Series NewSeries(PointId point, PointKind kind)
    {
        var series = new Series(nextId++, point, kind);
        byId[series.Id] = series;
        unnamed.Add(series);
        return series;
    }

    /// <summary>After a failed transaction no rows are taken until it went through, so that memory stays bounded.</summary>
    public void BeginBatch()
    {
        if (failed) Commit(save: false);
    }

    public void Add(Series series, in TelemetryRow row)
    {
        if (row.TimeMs < HorizonMs)
        {
            TelemetryMetrics.Refused.Add(1, Tag, TelemetryMetrics.Reason("expired"));
            return;
        }
        lock (series)
        {
            if (row.TimeMs <= series.SealedThrough)
            {
                (series.Late ??= []).Add(new StoredReading(row.TimeMs, row.Value, row.Quality));
                late.Add(series);
                lateRows++;
                return;
            }
            var before = series.Head.Bytes;
            series.Head.Add(row.TimeMs, row.Value, row.Quality);
            headBytes += series.Head.Bytes - before;
            headRows++;
            if (series.Head.Count >= options.ChunkRows || series.Head.TextBytes >= options.ChunkBytes) Seal(series, release: false);
        }
    }

    public void EndBatch(int rows, long nextPosition)
    {
        position = Math.Max(position, nextPosition);
        if (unsavedRows == 0) unsavedSince = time.GetTimestamp();
        unsavedRows += Math.Max(rows, 1);
        TelemetryMetrics.Rows.Add(rows, Tag);
        TelemetryMetrics.HeadRows.Add(headRows - reportedRows);
        reportedRows = headRows;
        if (headBytes > options.MaxHeadBytes) SealFullest();
        if (IsSaveDue) Commit(save: true);
        else if (pending.Count >= options.ChunksPerTransaction || pendingBytes > 4 << 20 || lateRows >= options.LateRowsPerTransaction) Commit(save: false);
    }

    public void Save()
    {
        if (failed || position > durable || unnamed.Count > 0 || pending.Count > 0 || lateRows > 0 || unsavedRows > 0) Commit(save: true);
    }

    public void SaveIfDue()
    {
        if (failed || IsSaveDue) Commit(save: true);
    }

    /// <summary>Heads with rows before a time become chunks, so that the files before it are complete.</summary>
    public void SealBefore(long timeMs)
    {
        foreach (var series in byId.Values)
        {
            if (series.Head.Count == 0 || (series.Head.Ordered ? series.Head.Times[0] : series.Head.Times.ToArray().Min()) >= timeMs) continue;
            lock (series) Seal(series, release: false);
            if (pending.Count >= options.ChunksPerTransaction) Commit(save: false);
        }
        if (pending.Count > 0) Commit(save: false);
    }

    /// <summary>Gives unused ids back after a clean end.</summary>
    public void End() => files.Guarded(() => files.Catalog.InTransaction(() => files.Catalog.SetMeta("ids", nextId)));

    public void Dispose() => TelemetryMetrics.HeadRows.Add(-reportedRows);

    private bool IsSaveDue => unsavedRows >= options.SaveRows || (unsavedRows > 0 && time.GetElapsedTime(unsavedSince) >= options.SaveAfter);

    /// <summary>What is expected of a day, from the heads: they hold rows of the series that come now.</summary>
    private double BytesPerDay(Series series)
    {
        var span = Math.Max(60_000, series.Head.Times[^1] - (double)series.Head.Times[0]);
        return (headRows + (pending.Count * (double)options.ChunkRows)) * BytesPerRow * Partition.DayMs / span;
    }

    private void Reload(long id, ChunkColumns rows)
    {
        if (!byId.TryGetValue(id, out var series)) return;
        var before = series.Head.Bytes;
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows.Times[i] <= series.SealedThrough) continue;
            series.Head.Add(rows, i, i + 1);
            headRows++;
        }
        headBytes += series.Head.Bytes - before;
        series.Saved = series.Head.Count;
    }

    /// <summary>Turns a head into a chunk, or one for each file it touches, that wait for the next transaction.</summary>
    private void Seal(Series series, bool release)
    {
        var rows = series.Head;
        if (!rows.Ordered) rows = Sorted(rows);
        var expected = BytesPerDay(series);
        for (var start = 0; start < rows.Count;)
        {
            var partition = files.Partitions.At(rows.Times[start], expected);
            var end = Math.Min(rows.Count, start + ChunkDecoder.MaxRows);
            if (rows.Times[end - 1] >= partition.EndMs) end = Math.Min(end, rows.IndexOf(partition.EndMs));
            var body = encoder.Encode(rows, start, end).ToArray();
            var chunk = new PendingChunk(series, partition, rows.Times[start], rows.Times[end - 1], body);
            (series.Pending ??= []).Add(chunk);
            pending.Add(chunk);
            pendingBytes += body.Length;
            start = end;
        }
        series.SealedThrough = rows.Times[^1];
        series.ThroughMoved = true;
        headRows -= series.Head.Count;
        headBytes -= series.Head.Bytes;
        series.Head.Clear(release);
        headBytes += series.Head.Bytes;
        series.Saved = 0;
    }

    private ChunkColumns Sorted(ChunkColumns head)
    {
        var rows = new List<StoredReading>(head.Count);
        head.CopyTo(0, head.Count, rows);
        SortedRows.Settle(rows);
        sorted.Clear();
        foreach (var row in rows) sorted.Add(row);
        return sorted;
    }

    /// <summary>Memory is short: the fullest heads go first, which makes the fewest chunks.</summary>
    private void SealFullest()
    {
        foreach (var series in byId.Values.Where(s => s.Head.Bytes > 0).OrderByDescending(s => s.Head.Bytes).ToList())
        {
            if (headBytes <= options.MaxHeadBytes / 4 * 3) return;
            lock (series)
            {
                if (series.Head.Count > 0)
                {
                    Seal(series, release: true);
                }
                else
                {
                    headBytes -= series.Head.Bytes;
                    series.Head.Clear(release: true);
                }
            }
        }
    }

    private void Commit(bool save)
    {
        failed = true;
        var whole = save && segments >= MaxSegments;
        var added = 0;
        files.Guarded(() =>
        {
            var commit = new StoreCommit(files, rollUp, encoder, options.ChunkRows);
            if (nextId > reservedIds)
            {
                commit.Reserve(nextId + IdBlock);
                reservedIds = nextId + IdBlock;
            }
            commit.Name(unnamed, pending, late);
            commit.Write(pending, late);
            if (save) added = commit.Save(byId.Values, position, whole);
        });
        failed = false;
        Settle(save);
        if (save) segments = whole ? added : segments + added;
    }

    /// <summary>All is on disk: memory lets go of what it holds.</summary>
    private void Settle(bool saved)
    {
        TelemetryMetrics.Batches.Add(1, Tag);
        TelemetryMetrics.ChunkBytes.Add(pendingBytes);
        TelemetryMetrics.LateRows.Add(lateRows);
        unnamed.Clear();
        foreach (var chunk in pending)
        {
            lock (chunk.Series) chunk.Series.Pending?.Clear();
        }
        foreach (var series in late)
        {
            lock (series) series.Late = null;
        }
        pending.Clear();
        late.Clear();
        (pendingBytes, lateRows) = (0, 0);
        if (!saved) return;
        foreach (var series in byId.Values) (series.Saved, series.ThroughMoved) = (series.Head.Count, false);
        unsavedRows = 0;
        Volatile.Write(ref durable, position);
    }
}
