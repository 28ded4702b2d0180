using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>What a telemetry store keeps apart: a point and its kind.</summary>
/// <param name="Point">The point.</param>
/// <param name="Kind">Its kind; rows of another kind of the same point are another series.</param>
public readonly record struct TelemetryPoint(PointId Point, PointKind Kind);
