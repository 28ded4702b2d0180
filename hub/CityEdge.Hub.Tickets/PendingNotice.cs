using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>A notice that nobody has sent yet: one per transition, written in the transition's commit.</summary>
/// <param name="Id">Rising; the order of sending.</param>
/// <param name="Ticket">Ticket id.</param>
/// <param name="Seq">Log line of the ticket that it tells of.</param>
/// <param name="Kind">What to tell.</param>
/// <param name="AtMs">Event time, Unix ms.</param>
/// <param name="CreatedMs">Wall time, Unix ms.</param>
/// <param name="Severity">Severity of the ticket now.</param>
public sealed record PendingNotice(long Id, string Ticket, long Seq, NoticeKind Kind, long AtMs, long CreatedMs, Severity Severity);
