using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>One row of telemetry: the point's kind decides measurement, the value's type decides the field (design §5).</summary>
/// <param name="Point">Whose value it is.</param>
/// <param name="Kind">Kind of the point.</param>
/// <param name="TimeMs">Event time, Unix ms UTC.</param>
/// <param name="Value">Number, boolean, text or data; a row without a value is refused.</param>
/// <param name="Quality">What is in doubt.</param>
public readonly record struct TelemetryRow(PointId Point, PointKind Kind, long TimeMs, ReadingValue Value, Quality Quality);
