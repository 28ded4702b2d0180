namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What complaints say of one incident (domain §7.1, §7.2): each a function of the folded ticket alone.</summary>
public static class ComplaintMeasures
{
    /// <summary>The incident counts in the shares: it ended, and as solved.</summary>
    public static bool IsValid(TicketRecord ticket) => ticket is { State: TicketState.Closed, ClosedAtMs: not null };

    /// <summary>先知: the ticket was open before anybody complained. One that a resident opened never is.</summary>
    public static bool KnownFirst(TicketRecord ticket) =>
        ticket is { Opening.Origin: TicketOrigin.Proactive, OpenedAtMs: { } opened } && (ticket.FirstComplaintAtMs is not { } complaint || opened < complaint);

    /// <summary>未诉先办: known first, verified, and the last report of the fix was before the first complaint.</summary>
    public static bool HandledFirst(TicketRecord ticket) =>
        IsValid(ticket) && KnownFirst(ticket) && (ticket.FirstComplaintAtMs is not { } complaint || ticket.FixedAtMs < complaint);

    /// <summary>Lead, ms: first complaint less opening, negative when the complaint was first; null without complaint, or for a ticket that was opened by one and that no rule had seen.</summary>
    public static long? LeadMs(TicketRecord ticket) =>
        ticket is { OpenedAtMs: { } opened, FirstComplaintAtMs: { } complaint } && (ticket.Opening.Origin == TicketOrigin.Proactive || ticket.AlarmCount > 0) ? complaint - opened : null;
}
