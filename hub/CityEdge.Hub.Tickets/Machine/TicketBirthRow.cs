namespace CityEdge.Hub.Tickets.Machine;

/// <summary>One way for a ticket to come into being.</summary>
/// <param name="Id">Transition of the domain's §5.2.</param>
/// <param name="Origin">Origin of the ticket.</param>
/// <param name="Roles">Who may cause it.</param>
/// <param name="To">First state.</param>
/// <param name="Event">First line of the log.</param>
public sealed record TicketBirthRow(string Id, TicketOrigin Origin, IReadOnlyList<string> Roles, TicketState To, TicketEventType Event);
