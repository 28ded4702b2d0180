namespace CityEdge.Hub.Tickets;

/// <summary>One page of tickets, newest raise time first. Of each ticket at most the 100 newest alarms and timeline lines.</summary>
/// <param name="Items">Tickets.</param>
/// <param name="Next">Cursor of the next page; null at the end.</param>
public sealed record TicketPage(IReadOnlyList<TicketView> Items, string? Next);
