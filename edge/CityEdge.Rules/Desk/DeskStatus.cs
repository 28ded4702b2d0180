using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>How an alarm stands at the desk.</summary>
/// <param name="Standing">Its state.</param>
/// <param name="Suppressed">Why it is not offered; null when nothing stops it. After it cleared: what stopped it at the end.</param>
/// <param name="By">Alarm or maintenance window that suppresses it.</param>
/// <param name="Chattering">It came as one of three activations of its rule on its point within a minute, or of six within five.</param>
public readonly record struct DeskStatus(AlarmStanding Standing, SuppressionReason? Suppressed, string? By, bool Chattering);
