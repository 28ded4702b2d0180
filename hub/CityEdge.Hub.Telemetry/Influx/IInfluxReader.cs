using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Reading back: by InfluxQL, or from VictoriaMetrics by its export. Members as in <see cref="ITelemetryStore"/>.</summary>
internal interface IInfluxReader
{
    Task<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation);

    Task<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation);

    Task<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation);
}
