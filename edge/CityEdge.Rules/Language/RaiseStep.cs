using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>One severity step of a rule's alarm.</summary>
/// <param name="Severity">Severity while this is the most severe step that holds.</param>
/// <param name="When">Condition.</param>
/// <param name="For">On-delay in event time; 0 when at once.</param>
public sealed record RaiseStep(Severity Severity, RuleExpression When, TimeSpan For);
