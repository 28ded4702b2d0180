using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>One row of telemetry: the point's kind decides measurement, the value's type decides the field (design §5).</summary>
public readonly record struct TelemetryRow(PointId Point, PointKind Kind, long TimeMs, ReadingValue Value, Quality Quality);

/// <summary>One stored reading of one point, as a query gives it.</summary>
public readonly record struct StoredReading(long TimeMs, ReadingValue Value, Quality Quality);

/// <summary>Aggregate functions of the readings API.</summary>
public enum AggregateFunction
{
    Mean,
    Min,
    Max,
    Sum,
    Count,
    First,
    Last,
}

/// <summary>
/// Where telemetry is kept. Writing is idempotent by (point, time); of two rows with the same key the later written wins.
/// A store is a consumer of the journal: it says up to which position all that it was given is durable.
/// </summary>
public interface ITelemetryStore : IAsyncDisposable
{
    /// <summary>Journal position from which the consumer must feed the store again after a restart. Monotone.</summary>
    long DurablePosition { get; }

    /// <summary>
    /// Takes rows decoded from the journal up to <paramref name="nextPosition"/> (exclusive). Returns when the store has room for more;
    /// durability shows in <see cref="DurablePosition"/>. Throws <see cref="TelemetryUnavailableException"/> when the store cannot be reached:
    /// the consumer backs off and gives the same rows again.
    /// </summary>
    ValueTask WriteAsync(IReadOnlyList<TelemetryRow> rows, long nextPosition, CancellationToken cancellation);

    /// <summary>Makes all rows written so far durable and visible to queries.</summary>
    ValueTask FlushAsync(CancellationToken cancellation);

    /// <summary>Readings with from ≤ t &lt; to, ascending by time, at most <paramref name="limit"/>.</summary>
    ValueTask<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation);

    /// <summary>Aggregates per bucket; buckets are aligned to local midnight of <paramref name="zone"/> and stamped at their start; empty ones are left out.</summary>
    ValueTask<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation);

    /// <summary>The newest reading, or null.</summary>
    ValueTask<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation);
}

/// <summary>The store cannot be reached or is busy; nothing is wrong with the rows. The consumer keeps its cursor and tries again.</summary>
public sealed class TelemetryUnavailableException(string message, Exception? inner = null, TimeSpan? retryAfter = null) : Exception(message, inner)
{
    /// <summary>What the server asked for by <c>Retry-After</c>; null when it did not.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;
}
