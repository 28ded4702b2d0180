namespace CityEdge.Contracts;

/// <summary>One accepted reading in its canonical unit, and its point's kind (InfluxDB measurement).</summary>
public readonly record struct DecodedReading(Reading Reading, PointKind Kind);
