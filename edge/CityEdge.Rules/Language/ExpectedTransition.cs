using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>An alarm transition that a test expects.</summary>
/// <param name="Severity">Severity after it; null for a clear.</param>
/// <param name="At">Event time since the test's start.</param>
public sealed record ExpectedTransition(Severity? Severity, TimeSpan At)
{
    /// <summary><c>P3 at 2h</c>, <c>at 3h</c>.</summary>
    public override string ToString() => (Severity is { } severity ? severity + " " : "") + "at " + Durations.Format(At);
}
