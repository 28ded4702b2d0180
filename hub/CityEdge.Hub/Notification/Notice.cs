using CityEdge.Contracts;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Notification;

/// <summary>What a notice tells, ready to be put into words.</summary>
/// <param name="Id">Delivery's id.</param>
/// <param name="Kind">What happened; null: a test of the channel.</param>
/// <param name="Reminder">0, or the number of the reminder.</param>
/// <param name="At">When it happened.</param>
/// <param name="Ticket">As it is now; null for a test, and when the ticket is gone.</param>
/// <param name="Asset">Name of the ticket's asset for people; else its id, else the point.</param>
/// <param name="Reading">Reading that decided last, with its unit; null when there is none.</param>
/// <param name="Limit">The condition of the rule that holds; null when the rule has none any more.</param>
/// <param name="Link">Where to read on.</param>
public sealed record Notice(string Id, NoticeKind? Kind, int Reminder, DateTimeOffset At, TicketView? Ticket, string Asset, string? Reading, string? Limit, Uri Link)
{
    public Severity? Severity => Ticket?.Severity;
}
