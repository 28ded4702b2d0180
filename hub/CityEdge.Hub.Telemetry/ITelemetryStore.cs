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

    /// <summary>Background work, to be called about once a minute: retention, folding of late rows, saving of what trickles in. <paramref name="nowMs"/>: Unix ms.</summary>
    ValueTask MaintainAsync(long nowMs, CancellationToken cancellation);
}
