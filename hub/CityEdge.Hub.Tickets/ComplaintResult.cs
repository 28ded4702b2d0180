namespace CityEdge.Hub.Tickets;

/// <summary>Answer to a <see cref="ComplaintInput"/>.</summary>
/// <param name="Outcome"><see cref="CommandOutcome.Done"/>; <see cref="CommandOutcome.Replayed"/> when its number or key was known; <see cref="CommandOutcome.Refused"/> when the key was used for something else.</param>
/// <param name="Complaint">As it is stored; null when refused.</param>
public sealed record ComplaintResult(CommandOutcome Outcome, ComplaintView? Complaint);
