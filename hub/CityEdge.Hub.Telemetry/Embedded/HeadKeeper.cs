using System.Runtime.InteropServices;
using CityEdge.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// What the one writer of the embedded store does: heads, chunks that wait, late rows, and the transactions that make them durable. Not thread-safe but for
/// <see cref="DurablePosition"/>; readers of a <see cref="Series"/> are kept apart by its lock.
/// </summary>
internal sealed class HeadKeeper(ChunkWriter writer, EmbeddedStoreOptions options, TimeProvider time, ILogger? logger) : IDisposable
{
    private const int MaxSegments = 32;
    private static readonly KeyValuePair<string, object?> Tag = TelemetryMetrics.Store("embedded");
    private readonly Dictionary<long, Series> byId = [];
    private readonly List<Series> unnamed = [];
    private readonly HashSet<Series> toSeal = [];
    private readonly HashSet<Series> late = [];
    private readonly Queue<(long Series, long AfterMs)> toFold = new();
    private readonly ChunkEncoder encoder = new();
    private readonly List<StoredReading> scratch = [];
    private long durable;
    private long openedAt;
    private long position;
    private long headBytes;
    private long headRows;
    private long nextId = 1;
    private long unsavedRows;
    private long unsavedSince;
    private long lastSave;
    private int segments;
    private long reportedRows;
    private int pendingChunks;
    private long pendingBytes;
    private int lateRows;
    private bool continues = true;
    private bool failed;

    public long DurablePosition => Volatile.Read(ref durable);

    public bool HasLateToFold => toFold.Count > 0;

    /// <summary>Reads series and saved heads.</summary>
    public IReadOnlyCollection<Series> Load()
    {
        foreach (var series in writer.LoadSeries())
        {
            byId[series.Id] = series;
            nextId = Math.Max(nextId, series.Id + 1);
        }
        durable = openedAt = position = writer.Position;
        lastSave = writer.LastSave;
        foreach (var (save, body) in writer.LoadSegments())
        {
            segments++;
            HeadSegments.Load(body, (id, rows) => Reload(id, rows, save), logger);
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

    public void Add(Series series, in TelemetryRow row, long nextPosition)
    {
        // Fed again after a restart: what the series' chunks hold by position need not go through the side table. Positions below those of
        // the last run mean that the journal was begun anew: then nothing may be skipped.
        if (nextPosition < openedAt) continues = false;
        if (continues && nextPosition < series.SealedPosition) return;
        lock (series)
        {
            if (row.TimeMs <= series.SealedThrough)
            {
                series.Late.Add(new StoredReading(row.TimeMs, row.Value, row.Quality));
                late.Add(series);
                lateRows++;
                return;
            }
            Append(series, row.TimeMs, row.Value, row.Quality);
            if (series.Head.Count >= options.ChunkRows || series.Head.TextBytes >= options.ChunkBytes) Seal(series, position, release: false);
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
        else if (pendingChunks >= options.ChunksPerTransaction || pendingBytes > 4 << 20 || lateRows >= options.LateRowsPerTransaction) Commit(save: false);
    }

    public void Save()
    {
        if (position > durable || unnamed.Count > 0 || pendingChunks > 0 || lateRows > 0 || unsavedRows > 0) Commit(save: true);
    }

    public void SaveIfDue()
    {
        if (failed || IsSaveDue) Commit(save: true);
    }

    public void ListLate()
    {
        toFold.Clear();
        foreach (var id in Guarded(writer.SeriesWithLateRows)) toFold.Enqueue((id, long.MinValue));
    }

    /// <summary>Folds late rows of a few series in one transaction.</summary>
    public void FoldSome()
    {
        var folding = new LateFolding(writer, encoder, options.ChunkRows);
        var again = new List<(long, long)>();
        Guarded(() => writer.InTransaction(() =>
        {
            for (var i = 0; i < 50 && toFold.TryDequeue(out var next); i++)
            {
                if (folding.Fold(next.Series, next.AfterMs) is { } from) again.Add((next.Series, from));
            }
        }));
        foreach (var next in again) toFold.Enqueue(next);
    }

    public void Expire(IReadOnlyList<Series> some, long beforeMs) => Guarded(() => writer.InTransaction(() =>
    {
        foreach (var series in some) writer.Expire(series.Id, beforeMs);
    }));

    public void Shrink() => Guarded(writer.Shrink);

    public void Dispose()
    {
        TelemetryMetrics.HeadRows.Add(-reportedRows);
        writer.Dispose();
    }

    private bool IsSaveDue => unsavedRows >= options.SaveRows || (unsavedRows > 0 && time.GetElapsedTime(unsavedSince) >= options.SaveAfter);

    private void Reload(long id, List<StoredReading> rows, long save)
    {
        if (!byId.TryGetValue(id, out var series) || series.SealedSave >= save) return;
        foreach (var row in rows)
        {
            if (row.TimeMs > series.SealedThrough) Append(series, row.TimeMs, row.Value, row.Quality);
        }
        series.Saved = series.Head.Count;
    }

    private void Append(Series series, long timeMs, in ReadingValue value, Quality quality)
    {
        var before = series.Head.Bytes;
        series.Head.Append(timeMs, value, quality);
        headBytes += series.Head.Bytes - before;
        headRows++;
    }

    /// <summary>Turns a head into a chunk that waits for the next transaction. <paramref name="at"/>: all rows of the series below that position are in it or before it.</summary>
    private void Seal(Series series, long at, bool release)
    {
        scratch.Clear();
        series.Head.CopyTo(0, scratch);
        if (!series.Head.Ordered) SortedRows.Settle(scratch);
        var body = encoder.Encode(CollectionsMarshal.AsSpan(scratch)).ToArray();
        series.SealedPosition = Math.Max(at, series.SealedPosition);
        series.SealedSave = lastSave;
        series.SealedThrough = scratch[^1].TimeMs;
        series.Pending.Add(new PendingChunk(scratch[0].TimeMs, scratch[^1].TimeMs, scratch.Count, series.SealedPosition, series.SealedSave, body));
        toSeal.Add(series);
        pendingChunks++;
        pendingBytes += body.Length;
        headRows -= series.Head.Count;
        headBytes -= series.Head.Bytes;
        series.Head.Clear(release);
        headBytes += series.Head.Bytes;
        series.Saved = 0;
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
                    Seal(series, position, release: true);
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
        Guarded(() => writer.InTransaction(() =>
        {
            foreach (var series in unnamed) writer.AddSeries(series);
            foreach (var series in toSeal)
            {
                foreach (var chunk in series.Pending) writer.AddChunk(series.Id, chunk);
            }
            foreach (var series in late) PutLate(series);
            if (!save) return;
            if (whole) writer.ClearSegments();
            foreach (var body in HeadSegments.Build(byId.Values, whole, encoder))
            {
                writer.AddSegment(lastSave + 1, body);
                added++;
            }
            writer.SetPosition(position, lastSave + 1);
        }));
        failed = false;
        Settle(save);
        segments = whole ? added : segments + added;
    }

    private void PutLate(Series series)
    {
        scratch.Clear();
        scratch.AddRange(series.Late);
        SortedRows.Settle(scratch);
        var rows = CollectionsMarshal.AsSpan(scratch);
        for (var i = 0; i < rows.Length; i++) writer.PutLate(series.Id, rows[i].TimeMs, encoder.Encode(rows.Slice(i, 1)).ToArray());
    }

    /// <summary>The transaction is on disk: memory lets go of what it holds.</summary>
    private void Settle(bool saved)
    {
        TelemetryMetrics.Batches.Add(1, Tag);
        TelemetryMetrics.ChunkBytes.Add(pendingBytes);
        TelemetryMetrics.LateRows.Add(lateRows);
        unnamed.Clear();
        foreach (var series in toSeal)
        {
            lock (series) series.Pending.Clear();
        }
        foreach (var series in late)
        {
            lock (series) series.Late.Clear();
        }
        toSeal.Clear();
        late.Clear();
        (pendingChunks, pendingBytes, lateRows) = (0, 0, 0);
        if (!saved) return;
        foreach (var series in byId.Values) series.Saved = series.Head.Count;
        unsavedRows = 0;
        lastSave++;
        Volatile.Write(ref durable, position);
    }

    private static void Guarded(Action work) => Guarded(() =>
    {
        work();
        return true;
    });

    private static T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException error)
        {
            TelemetryMetrics.Retries.Add(1, Tag, TelemetryMetrics.Reason($"sqlite_{error.SqliteErrorCode}"));
            throw new TelemetryUnavailableException($"telemetry.db cannot be written: {error.Message}. Free disk space or mend the disk; the rows wait in the journal.", error);
        }
    }
}
