using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>One stored reading of one point, as a query gives it; time in Unix ms UTC, of a bucket its start.</summary>
public readonly record struct StoredReading(long TimeMs, ReadingValue Value, Quality Quality);
