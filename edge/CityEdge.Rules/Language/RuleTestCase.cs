namespace CityEdge.Rules;

/// <summary>One entry of a rule's <c>tests</c>.</summary>
/// <param name="Line">Its line in the file, from 1.</param>
/// <param name="Given">Readings, ascending.</param>
/// <param name="Start">Local start; null: the first instant at or after Monday 2026-01-12 00:00 at which the rule is active.</param>
/// <param name="Until">How long the trace goes on in silence; null: to the last reading.</param>
/// <param name="Attributes">Attributes of the test's point.</param>
/// <param name="Expect">Raises and rises of severity; null: not compared.</param>
/// <param name="ExpectClear">Clears, and falls of severity; null: not compared.</param>
/// <param name="ExpectNoData">Silence alarms; null: not compared.</param>
public sealed record RuleTestCase(
    int Line,
    IReadOnlyList<TestReadings> Given,
    DateTime? Start,
    TimeSpan? Until,
    IReadOnlyDictionary<string, AttributeValue> Attributes,
    IReadOnlyList<ExpectedTransition>? Expect,
    IReadOnlyList<ExpectedTransition>? ExpectClear,
    IReadOnlyList<ExpectedTransition>? ExpectNoData);
