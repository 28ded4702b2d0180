using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>What one series did in one UTC hour.</summary>
/// <param name="HourMs">Begin of the hour, Unix ms.</param>
/// <param name="Count">Rows of any type.</param>
/// <param name="Numbers">Rows that are numbers or booleans; the next three are of them.</param>
/// <param name="Sum">Their sum, in order of time.</param>
/// <param name="Low">The lowest.</param>
/// <param name="High">The highest.</param>
/// <param name="First">Value of the first row.</param>
/// <param name="Last">Value of the last row.</param>
internal readonly record struct HourRow(long HourMs, long Count, long Numbers, double Sum, double Low, double High, ReadingValue First, ReadingValue Last);
