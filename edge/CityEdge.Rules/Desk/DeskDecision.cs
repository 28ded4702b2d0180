using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>What the desk makes of one piece of news.</summary>
/// <param name="AlarmId">The occurrence.</param>
/// <param name="Point">Its point.</param>
/// <param name="Transition">What the ticket room hears, <see cref="AlarmTransition.Dispatch"/> false while the alarm was never offered; null when only its status changed.</param>
/// <param name="Status">How it stands now; null when that did not change, which for a raise means active, unacknowledged and not suppressed.</param>
public readonly record struct DeskDecision(string AlarmId, PointId Point, AlarmTransition? Transition, DeskStatus? Status);
