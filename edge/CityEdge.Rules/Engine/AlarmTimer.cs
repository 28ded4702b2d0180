namespace CityEdge.Rules;

/// <summary>Something a rule waits for on a point.</summary>
/// <param name="What"><c>raise P3</c>, <c>clear</c> or <c>no-data</c>.</param>
/// <param name="DueMs">Event time, Unix ms; <see cref="RuleEngine.WallTimeOf"/> gives the wall time.</param>
public readonly record struct AlarmTimer(string What, long DueMs);
