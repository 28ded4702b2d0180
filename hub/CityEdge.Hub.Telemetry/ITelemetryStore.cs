using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Where telemetry is kept. Writing is idempotent by (point, time); of two rows with the same key the later written wins.
/// A store is a consumer of the journal: it says up to which position all that it was given is durable (design §4).
/// One writer; any number of readers.
/// </summary>
public interface ITelemetryStore : IAsyncDisposable
{
    /// <summary>Journal position from which the consumer must feed the store again after a restart. Monotone; 0 for a new store.</summary>
    long DurablePosition { get; }

    /// <summary>
    /// Takes rows decoded from the journal up to <paramref name="nextPosition"/> (exclusive). Returns when the store has room for more;
    /// durability shows in <see cref="DurablePosition"/>. Throws <see cref="TelemetryUnavailableException"/> when the store cannot be reached:
    /// the consumer backs off and gives the same rows again. Who gives the rows of one record in several calls passes the position before that record in all
    /// but the last. A consumer that has caught up calls <see cref="FlushAsync"/>, which also reports what failed after the last call returned.
    /// </summary>
    ValueTask WriteAsync(IReadOnlyList<TelemetryRow> rows, long nextPosition, CancellationToken cancellation);

    /// <summary>Makes all rows written so far durable and visible to queries.</summary>
    ValueTask FlushAsync(CancellationToken cancellation);

    /// <summary>Readings with from ≤ t &lt; to, ascending by time, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation);

    /// <summary>
    /// Aggregates per bucket; buckets are aligned to local midnight of <paramref name="zone"/> and stamped at their start; empty ones are left out.
    /// Booleans count as 0 and 1; text has only count, first and last. An aggregate carries no quality.
    /// </summary>
    ValueTask<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation);

    /// <summary>The newest reading, or null.</summary>
    ValueTask<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation);

    /// <summary>All points that have ever had rows, or null when the store does not know them by itself.</summary>
    IReadOnlyCollection<TelemetryPoint>? Points => null;

    /// <summary>
    /// Readings of many points with from ≤ t &lt; to, point after point in the order given, at most <paramref name="limit"/> of each; memory is bounded by one part.
    /// Points without readings are left out.
    /// </summary>
    async IAsyncEnumerable<PointReadings> ReadManyAsync(IReadOnlyList<TelemetryPoint> points, long fromMs, long toMs, int limit, [EnumeratorCancellation] CancellationToken cancellation)
    {
        const int Page = 10_000;
        foreach (var point in points)
        {
            var (from, left) = (fromMs, limit);
            while (left > 0 && from < toMs)
            {
                var size = Math.Min(Page, left);
                var rows = await ReadAsync(point.Point, point.Kind, from, toMs, size, cancellation).ConfigureAwait(false);
                if (rows.Count > 0) yield return new PointReadings(point, rows);
                if (rows.Count < size) break;
                left -= rows.Count;
                from = rows[^1].TimeMs + 1;
            }
        }
    }

    /// <summary>Gives readings of one point with from ≤ t &lt; to to <paramref name="sink"/>, part by part: the cheapest way through a long time. Memory is bounded by one part.</summary>
    async ValueTask ScanAsync(TelemetryPoint point, long fromMs, long toMs, ReadingSink sink, CancellationToken cancellation)
    {
        await foreach (var (_, part) in ReadManyAsync([point], fromMs, toMs, int.MaxValue, cancellation).ConfigureAwait(false))
        {
            if (!sink(part is List<StoredReading> list ? CollectionsMarshal.AsSpan(list) : part.ToArray())) return;
        }
    }

    /// <summary>As <see cref="AggregateAsync"/>, of many points, in the order given. Points without readings are left out.</summary>
    async IAsyncEnumerable<PointReadings> AggregateManyAsync(IReadOnlyList<TelemetryPoint> points, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, [EnumeratorCancellation] CancellationToken cancellation)
    {
        foreach (var point in points)
        {
            var buckets = await AggregateAsync(point.Point, point.Kind, fromMs, toMs, every, function, zone, cancellation).ConfigureAwait(false);
            if (buckets.Count > 0) yield return new PointReadings(point, buckets);
        }
    }

    /// <summary>The newest reading of each of many points, or null, in the order given.</summary>
    async ValueTask<IReadOnlyList<StoredReading?>> LastManyAsync(IReadOnlyList<TelemetryPoint> points, CancellationToken cancellation)
    {
        var last = new StoredReading?[points.Count];
        for (var i = 0; i < last.Length; i++) last[i] = await LastAsync(points[i].Point, points[i].Kind, cancellation).ConfigureAwait(false);
        return last;
    }

    /// <summary>
    /// Takes rows that are not in the journal; they are durable when this returns. Whoever imports again what was cut off ends with the same content.
    /// Throws <see cref="TelemetryUnavailableException"/> when the store cannot be reached.
    /// </summary>
    async ValueTask ImportAsync(IReadOnlyList<TelemetryRow> rows, CancellationToken cancellation)
    {
        await WriteAsync(rows, DurablePosition, cancellation).ConfigureAwait(false);
        await FlushAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Background work, to be called about once a minute: retention, folding of late rows, saving of what trickles in. <paramref name="nowMs"/>: Unix ms.</summary>
    ValueTask MaintainAsync(long nowMs, CancellationToken cancellation);
}
