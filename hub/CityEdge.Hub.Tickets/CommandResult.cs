namespace CityEdge.Hub.Tickets;

/// <summary>Answer to a <see cref="TicketCommand"/>.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Ticket">The ticket after it (for <see cref="CommandOutcome.Replayed"/>: as answered the first time); null when not found.</param>
/// <param name="Message">When nothing was done: what was expected, with the commands that this state allows.</param>
public sealed record CommandResult(CommandOutcome Outcome, TicketView? Ticket, string? Message);
