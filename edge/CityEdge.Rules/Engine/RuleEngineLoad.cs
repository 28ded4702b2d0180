using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What loading a snapshot gave.</summary>
/// <param name="Engine">The engine; null when the snapshot cannot be used.</param>
/// <param name="Error">Why not, for a person; null when loaded.</param>
/// <param name="Transitions">Alarms closed because their rule or point is not what it was when the snapshot was written.</param>
public sealed record RuleEngineLoad(RuleEngine? Engine, string? Error, IReadOnlyList<AlarmTransition> Transitions);
