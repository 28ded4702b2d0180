namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Says which clocks start at a moment of a ticket's life. Pure: the same ticket and time give the same clocks.</summary>
public interface ITicketPlan
{
    /// <summary>Clocks to start, or to put in the place of those of the same name.</summary>
    /// <param name="moment">What is about to happen.</param>
    /// <param name="ticket">The ticket before it.</param>
    /// <param name="sla">SLA set.</param>
    /// <param name="atMs">When, event time, Unix ms.</param>
    IReadOnlyList<TicketClock> Start(ClockMoment moment, TicketRecord ticket, string sla, long atMs);

    /// <summary>The clock with another end, not yet fired marks moved; null when it cannot be moved there.</summary>
    TicketClock? Extend(TicketClock clock, long untilMs);
}
