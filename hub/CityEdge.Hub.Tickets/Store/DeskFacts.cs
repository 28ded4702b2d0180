using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>What the machine must know besides the ticket, looked up in the same transaction.</summary>
internal sealed class DeskFacts
{
    /// <summary>For any step of this ticket.</summary>
    public TicketFacts Of(TicketRecord ticket) => TicketFacts.None;

    /// <summary>Where a ticket goes that has come to be open.</summary>
    public TicketDecision Routed(TicketRecord ticket) => TicketDecision.Nothing;
}
