using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using CityEdge.Contracts;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Telemetry in SQLite files of compressed chunks, one file for a day or for a few (design §8): rows gather in a head per series in memory and become a chunk at
/// 120 rows. What is in heads is also in the journal, or in a saved segment of heads; <see cref="DurablePosition"/> moves when the heads are saved (10 minutes
/// or a million rows, or <see cref="FlushAsync"/>). After a crash the rows from there on are fed again and end in the same content. A full or failing disk shows
/// as <see cref="TelemetryUnavailableException"/>; memory does not grow meanwhile. Rows outside the years 1 to 9999, or older than the retention, are refused and counted.
/// </summary>
public sealed class EmbeddedTelemetryStore : ITelemetryStore
{
    private readonly ConcurrentDictionary<TelemetryPoint, Series> byPoint = new();
    private readonly SemaphoreSlim gate = new(1, 1);
    private readonly StoreFiles files;
    private readonly RollUp rollUp;
    private readonly HeadKeeper heads;
    private readonly StoreUpkeep upkeep;
    private readonly SeriesReader reader;
    private readonly HourReader hours;
    private readonly ILogger? logger;
    private Series? previous;
    private int disposed;

    private EmbeddedTelemetryStore(string directory, EmbeddedStoreOptions options, TimeProvider time, ILogger? logger)
    {
        this.logger = logger;
        files = new StoreFiles(directory, options, logger);
        try
        {
            rollUp = new RollUp(files.Catalog);
            heads = new HeadKeeper(files, rollUp, options, time, logger);
            upkeep = new StoreUpkeep(files, rollUp, heads, options, logger);
            reader = new SeriesReader(files);
            hours = new HourReader(files, rollUp, reader, logger);
            foreach (var series in heads.Load()) byPoint[new TelemetryPoint(series.Point, series.Kind)] = series;
            if (options.Retention is { } retention) heads.HorizonMs = Math.Max(long.MinValue / 2, time.GetUtcNow().ToUnixTimeMilliseconds() - (long)Math.Min(retention.TotalMilliseconds, long.MaxValue / 4));
        }
        catch
        {
            files.Dispose();
            throw;
        }
    }

    /// <inheritdoc />
    public long DurablePosition => heads.DurablePosition;

    /// <inheritdoc />
    public IReadOnlyCollection<TelemetryPoint>? Points => [.. byPoint.Keys];

    internal StoreFiles Files => files;

    /// <summary>
    /// Opens or creates the store in a directory; a <c>telemetry.db</c> of the first format is converted once. Throws <see cref="InvalidDataException"/> when a
    /// newer program wrote it and <see cref="TelemetryUnavailableException"/> when it cannot be opened.
    /// </summary>
    public static EmbeddedTelemetryStore Open(string directory, EmbeddedStoreOptions options, TimeProvider time, ILogger? logger = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.ChunkRows, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.ChunkRows, ChunkDecoder.MaxRows / 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(options.PackedRows, ChunkDecoder.MaxRows / 2);
        var path = Directory.CreateDirectory(directory).FullName;
        try
        {
            FormatUpgrade.Run(path, d => new EmbeddedTelemetryStore(d, options with { Retention = null }, time, logger), logger);
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
            Write(rows, nextPosition);
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask ImportAsync(IReadOnlyList<TelemetryRow> rows, CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed != 0, this);
            // No journal holds these rows: they are saved with the position that is reached.
            Write(rows, 0);
            heads.Save();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask FlushAsync(CancellationToken cancellation)
    {
        await gate.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            ObjectDisposedException.ThrowIf(disposed != 0, this);
            heads.Save();
        }
        finally
        {
            gate.Release();
        }
    }

    /// <inheritdoc />
    public async ValueTask MaintainAsync(long nowMs, CancellationToken cancellation)
    {
        foreach (var step in upkeep.Steps(nowMs))
        {
            var more = true;
            while (more)
            {
                await gate.WaitAsync(cancellation).ConfigureAwait(false);
                try
                {
                    ObjectDisposedException.ThrowIf(disposed != 0, this);
                    files.Guarded(() => more = step());
                }
                finally
                {
                    gate.Release();
                }
            }
        }
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation)
    {
        var rows = new List<StoredReading>();
        if (limit <= 0 || Find(point, kind) is not { } series) return new(rows);
        reader.Visit(series, Math.Max(fromMs, heads.HorizonMs), toMs, (columns, start, end) =>
        {
            columns.CopyTo(start, Math.Min(end, start + limit - rows.Count), rows);
            return rows.Count < limit;
        }, cancellation);
        return new(rows);
    }

    /// <inheritdoc />
    public ValueTask ScanAsync(TelemetryPoint point, long fromMs, long toMs, ReadingSink sink, CancellationToken cancellation)
    {
        if (Find(point.Point, point.Kind) is not { } series) return ValueTask.CompletedTask;
        // One list for all parts: a year of a point is scanned without garbage.
        var part = new List<StoredReading>();
        reader.Visit(series, Math.Max(fromMs, heads.HorizonMs), toMs, (columns, start, end) =>
        {
            part.Clear();
            columns.CopyTo(start, end, part);
            return sink(CollectionsMarshal.AsSpan(part));
        }, cancellation);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc />
    public ValueTask<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation)
    {
        var calendar = new BucketCalendar(every, zone);
        var aggregator = new BucketAggregator(calendar, function);
        if (Find(point, kind) is { } series) hours.Aggregate(series, fromMs, toMs, heads.HorizonMs, calendar, function, aggregator, cancellation);
        return new(aggregator.Finish());
    }

    /// <inheritdoc />
    public ValueTask<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation)
    {
        if (Find(point, kind) is not { } series) return new((StoredReading?)null);
        var last = reader.Last(series);
        return new(last?.TimeMs >= heads.HorizonMs ? last : null);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        await gate.WaitAsync().ConfigureAwait(false);
        try
        {
            heads.Save();
            heads.End();
        }
        catch (TelemetryUnavailableException error)
        {
            // Nothing is lost: the journal holds what is above DurablePosition.
            logger?.LogWarning(error, "The telemetry heads could not be saved at shutdown; they are read from the journal at the next start.");
        }
        finally
        {
            heads.Dispose();
            files.Dispose();
            gate.Release();
        }
    }

    private void Write(IReadOnlyList<TelemetryRow> rows, long nextPosition)
    {
        heads.BeginBatch();
        for (var i = 0; i < rows.Count; i++)
        {
            var row = rows[i];
            if (row.Value.Type == ReadingType.None || !Partition.HasDay(row.TimeMs))
            {
                TelemetryMetrics.Refused.Add(1, TelemetryMetrics.Store("embedded"), TelemetryMetrics.Reason(row.Value.Type == ReadingType.None ? "no_value" : "bad_time"));
                continue;
            }
            heads.Add(FindOrAdd(row), row);
        }
        heads.EndBatch(rows.Count, nextPosition);
    }

    private Series FindOrAdd(in TelemetryRow row)
    {
        if (previous?.Follower is { } guess && guess.Kind == row.Kind && guess.Point == row.Point) return previous = guess;
        var key = new TelemetryPoint(row.Point, row.Kind);
        if (!byPoint.TryGetValue(key, out var series))
        {
            series = heads.NewSeries(row.Point, row.Kind);
            byPoint[key] = series;
        }
        if (previous is not null) previous.Follower = series;
        return previous = series;
    }

    private Series? Find(PointId point, PointKind kind) => byPoint.GetValueOrDefault(new TelemetryPoint(point, kind));
}
