using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Why an alarm is not offered now.</summary>
/// <param name="Reason">The stage's reason.</param>
/// <param name="By">What suppresses it: id of the parent's alarm or of the maintenance window; null for the others.</param>
/// <param name="UntilMs">Event time of the alarm's point at which it is judged again; <see cref="long.MaxValue"/> when something else ends it.</param>
public readonly record struct SuppressionVerdict(SuppressionReason Reason, string? By, long UntilMs);
