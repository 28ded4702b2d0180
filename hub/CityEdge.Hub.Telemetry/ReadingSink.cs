namespace CityEdge.Hub.Telemetry;

/// <summary>Takes readings of one point, ascending by time; false ends the reading. The span is used again after the call.</summary>
public delegate bool ReadingSink(ReadOnlySpan<StoredReading> readings);
