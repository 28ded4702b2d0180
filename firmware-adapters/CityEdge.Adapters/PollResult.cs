using CityEdge.Contracts;

namespace CityEdge.Adapters;

/// <summary>What one round of a polling adapter gave: one point may fail while others answer.</summary>
/// <param name="Readings">Good readings.</param>
/// <param name="Faults">One message a failed point, naming it.</param>
public readonly record struct PollResult(IReadOnlyList<Reading> Readings, IReadOnlyList<string> Faults);
