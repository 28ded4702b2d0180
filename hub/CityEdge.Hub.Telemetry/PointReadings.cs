namespace CityEdge.Hub.Telemetry;

/// <summary>Readings of one point out of an answer about many, ascending by time; a point with many rows comes in several parts.</summary>
/// <param name="Point">Whose readings.</param>
/// <param name="Readings">At most 10 000 of them.</param>
public readonly record struct PointReadings(TelemetryPoint Point, IReadOnlyList<StoredReading> Readings);
