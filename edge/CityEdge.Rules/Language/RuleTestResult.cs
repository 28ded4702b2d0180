namespace CityEdge.Rules;

/// <summary>Outcome of one entry of a rule's <c>tests</c>.</summary>
/// <param name="Rule">Rule id.</param>
/// <param name="Index">Which entry, from 0.</param>
/// <param name="Line">Its line in the file, from 1.</param>
/// <param name="Passed">True when everything expected came, and nothing else.</param>
/// <param name="Message">What was expected and what came; empty when passed.</param>
public sealed record RuleTestResult(string Rule, int Index, int Line, bool Passed, string Message);
