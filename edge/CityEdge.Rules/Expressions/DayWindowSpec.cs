namespace CityEdge.Rules;

/// <summary>Hours of each day over which <c>window(02:00-04:00, 14d)</c> takes a value.</summary>
/// <param name="FromMinute">Start, minutes after local midnight.</param>
/// <param name="ToMinute">End, exclusive; at or before the start it lies on the next day.</param>
/// <param name="Within">What a day's value is of its readings: <c>min</c>, <c>max</c> or <c>mean</c>.</param>
internal readonly record struct DayWindowSpec(int FromMinute, int ToMinute, WindowFunction Within);
