namespace CityEdge.Hub.Tickets.Machine;

/// <summary>A log line that the machine decided and the store has not numbered yet.</summary>
/// <param name="Type">What happened.</param>
/// <param name="From">State before; null at birth.</param>
/// <param name="To">State after; equal to <paramref name="From"/> when the line changes no state.</param>
/// <param name="AtMs">Event time, Unix ms.</param>
/// <param name="Actor">Who: a user name, or <c>system</c>.</param>
/// <param name="Role">In which role: <c>system</c>, <c>sensor</c>, <c>timer</c> or a person's role.</param>
/// <param name="Data">Payload.</param>
/// <param name="Notice">Notice to write in the same commit.</param>
public sealed record TicketEventDraft(
    TicketEventType Type, TicketState? From, TicketState To, long AtMs, string Actor, string Role, TicketEventData Data, NoticeKind? Notice = null);
