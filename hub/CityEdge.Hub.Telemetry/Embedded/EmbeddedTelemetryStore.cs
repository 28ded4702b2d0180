using System.Collections.Concurrent;
using CityEdge.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Telemetry in one SQLite file of compressed chunks (design §8): rows gather in a head per series in memory and become a chunk at 120 rows. What is in
/// heads is also in the journal, or in a saved segment of heads; <see cref="DurablePosition"/> moves when the heads are saved (10 minutes or a million
/// rows, or <see cref="FlushAsync"/>). After a crash the rows from there on are fed again and end in the same content. A full or failing disk shows as
/// <see cref="TelemetryUnavailableException"/>; memory does not grow meanwhile.
/// </summary>
public sealed class EmbeddedTelemetryStore : ITelemetryStore
{
    private readonly ConcurrentDictionary<(PointId Point, PointKind Kind), Series> byPoint = new();
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly HeadKeeper heads;
    private readonly ChunkReader reader;
    private readonly EmbeddedStoreOptions options;
    private readonly ILogger? logger;
    private int disposed;

    private EmbeddedTelemetryStore(string path, EmbeddedStoreOptions options, TimeProvider time, ILogger? logger)
    {
        (this.options, this.logger) = (options, logger);
        heads = new HeadKeeper(new ChunkWriter(path), options, time, logger);
        foreach (var series in heads.Load()) byPoint[(series.Point, series.Kind)] = series;
        reader = new ChunkReader(path, logger);
    }

    /// <inheritdoc />
    public long DurablePosition => heads.DurablePosition;

    /// <summary>
    /// Opens or creates <c>telemetry.db</c> in a directory. Throws <see cref="InvalidDataException"/> when a newer program wrote it and
    /// <see cref="TelemetryUnavailableException"/> when it cannot be opened.
    /// </summary>
    public static EmbeddedTelemetryStore Open(string directory, EmbeddedStoreOptions options, TimeProvider time, ILogger? logger = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkRows, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ChunkRows, ChunkDecoder.MaxRows / 2);
        var path = Path.Combine(Directory.CreateDirectory(directory).FullName, "telemetry.db");
        try
        {
            return new EmbeddedTelemetryStore(path, options, time, logger);
        }
        catch (SqliteException error)
        {
            throw new TelemetryUnavailableException($"{path}: the telemetry store cannot be opened: {error.Message}. Check free space, the rights on the folder, and that no second hub uses it.", error);
        }
    }

    /// <inheritdoc />
    public async ValueTask WriteAsync(IReadOnlyList<TelemetryRow> rows, long nextPosition, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed != 0, this);
            heads.BeginBatch();
            for (var i = 0; i < rows.Count; i++)
            {
                var row = rows[i];
                if (row.Value.Type == ReadingType.None)
                {
                    TelemetryMetrics.Refused.Add(1, TelemetryMetrics.Store("embedded"), TelemetryMetrics.Reason("no_value"));
                    continue;
                }
                if (!byPoint.TryGetValue((row.Point, row.Kind), out var series))
                {
                    series = heads.NewSeries(row.Point, row.Kind);
                    byPoint[(row.Point, row.Kind)] = series;
                }
                heads.Add(series, row, nextPosition);
            }
            heads.EndBatch(rows.Count, nextPosition);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public ValueTask FlushAsync(CancellationToken cancellation) => WithGate(heads.Save, cancellation);

    /// <inheritdoc />
    public async ValueTask MaintainAsync(long nowMs, CancellationToken cancellation)
    {
        await WithGate(heads.SaveIfDue, cancellation).ConfigureAwait(false);
        await WithGate(heads.ListLate, cancellation).ConfigureAwait(false);
        while (heads.HasLateToFold) await WithGate(heads.FoldSome, cancellation).ConfigureAwait(false);
        if (options.Retention is not { } retention) return;
        var before = nowMs - (long)retention.TotalMilliseconds;
        foreach (var some in byPoint.Values.Chunk(500)) await WithGate(() => heads.Expire(some, before), cancellation).ConfigureAwait(false);
        await WithGate(heads.Shrink, cancellation).ConfigureAwait(false);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation)
    {
        var rows = new List<StoredReading>();
        if (limit <= 0) return new(rows);
        foreach (var row in Rows(point, kind, fromMs, toMs, cancellation))
        {
            rows.Add(row);
            if (rows.Count == limit) break;
        }
        return new(rows);
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation)
    {
        var aggregator = new BucketAggregator(new BucketCalendar(every, zone), function);
        foreach (var row in Rows(point, kind, fromMs, toMs, cancellation)) aggregator.Add(row);
        return new(aggregator.Finish());
    }

    /// <inheritdoc />
    public ValueTask<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation)
    {
        if (!byPoint.TryGetValue((point, kind), out var series)) return new((StoredReading?)null);
        // Memory first: a row that is sealed between the two looks is then seen twice, never missed.
        var memory = series.Picture(long.MinValue, long.MaxValue);
        var stored = reader.Last(series.Id);
        StoredReading? newest = memory.Count > 0 ? memory[^1] : null;
        return new(newest is null || stored?.TimeMs > newest.Value.TimeMs ? stored : newest);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            heads.Save();
        }
        catch (TelemetryUnavailableException error)
        {
            // Nothing is lost: the journal holds what is above DurablePosition.
            logger?.LogWarning(error, "The telemetry heads could not be saved at shutdown; they are read from the journal at the next start.");
        }
        finally
        {
            reader.Dispose();
            heads.Dispose();
            gate.Release();
        }
    }

    private IEnumerable<StoredReading> Rows(PointId point, PointKind kind, long fromMs, long toMs, CancellationToken cancellation)
    {
        if (fromMs >= toMs || !byPoint.TryGetValue((point, kind), out var series)) return [];
        var memory = series.Picture(fromMs, toMs);
        return SortedRows.Merge(reader.Read(series.Id, fromMs, toMs, cancellation), memory);
    }

    private async ValueTask WithGate(Action work, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed != 0, this);
            work();
        }
        finally
        {
            gate.Release();
        }
    }
}
