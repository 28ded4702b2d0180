namespace CityEdge.Rules;

/// <summary>What one stage of the suppression line says to an alarm, for the explain page.</summary>
/// <param name="Stage"><c>maintenance</c>, <c>shelved</c> or <c>parent-down</c>.</param>
/// <param name="Verdict">Why the alarm stops there; null when it passes.</param>
public readonly record struct StageVerdict(string Stage, SuppressionVerdict? Verdict);
