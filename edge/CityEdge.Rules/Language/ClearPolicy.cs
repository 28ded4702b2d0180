namespace CityEdge.Rules;

/// <summary>When an alarm is over.</summary>
/// <param name="When">Condition; null: no raise step is true.</param>
/// <param name="For">Off-delay in event time; 0 when at once.</param>
public sealed record ClearPolicy(RuleExpression? When, TimeSpan For);
