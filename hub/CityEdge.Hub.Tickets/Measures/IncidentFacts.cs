using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Measures;

/// <summary>What the measures need of one incident, read from its log alone. Times are Unix ms UTC, event time.</summary>
/// <param name="Ticket">As the log folds.</param>
/// <param name="SensedMs">When the first alarm joined a ticket that a complaint had opened; null for others.</param>
public sealed record IncidentFacts(TicketRecord Ticket, long? SensedMs)
{
    public string Site => Ticket.Opening.Site;

    public string Category => Ticket.Opening.Category;

    public string Rule => Ticket.Opening.Rule;

    public Severity Severity => Ticket.Peak;

    /// <summary>A rule opened it: an alarm that joined a complaint's ticket makes none (domain §7.9, I4).</summary>
    public bool Proactive => Ticket.Opening.Origin == TicketOrigin.Proactive;

    /// <summary>Counts in the shares: it ended as solved.</summary>
    public bool Valid => ComplaintMeasures.IsValid(Ticket);

    public bool FalseAlarm => Ticket.State == TicketState.FalseAlarm;

    public bool SelfCleared => Ticket.State == TicketState.SelfCleared;

    /// <summary>When the city's own sensors had it as a ticket; null when only a complaint told of it.</summary>
    public long? KnownMs => Proactive ? Ticket.OpenedAtMs : SensedMs;

    /// <summary>Seconds from known to the first complaint, negative when that came first; null without either.</summary>
    public double? LeadSeconds => KnownMs is { } known && Ticket.FirstComplaintAtMs is { } complaint ? (complaint - known) / 1000.0 : null;

    /// <summary>Folds a whole log; null for an empty one.</summary>
    public static IncidentFacts? Of(IReadOnlyList<TicketEvent> log)
    {
        if (TicketLog.Replay(log) is not { } ticket) return null;
        var sensed = ticket.Opening.Origin == TicketOrigin.Proactive ? null : log.FirstOrDefault(line => line.Type == TicketEventType.AlarmJoined)?.AtMs;
        return new IncidentFacts(ticket, sensed);
    }
}
