using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Store;

/// <summary>What the machine must know besides the ticket, looked up in the same transaction.</summary>
internal sealed class DeskFacts(SqlSession sql)
{
    private DeskSettings? settings;
    private bool written;

    private DeskSettings Settings => settings ??= DeskSettings.Of(sql, written);

    /// <summary>This work has changed the settings.</summary>
    public void Changed() => (settings, written) = (null, true);

    /// <summary>For any step of this ticket.</summary>
    /// <param name="ticket">The ticket.</param>
    /// <param name="dispatching">Whom the catalogue names is asked for.</param>
    public TicketFacts Of(TicketRecord ticket, bool dispatching = false)
    {
        var now = Settings;
        if (now.Version == 0) return TicketFacts.None;
        return new TicketFacts
        {
            Plan = now.Book is { } book ? new SlaPlan(book, now.Mode, now.Catalogue is not null) : null,
            Limits = now.Book?.Limits ?? TicketLimits.Default,
            Mode = now.Mode,
            Assignment = dispatching ? Named(ticket) : null,
        };
    }

    /// <summary>Where a ticket goes that has come to be open; without a catalogue it stays, for any unit to take.</summary>
    public TicketDecision Routed(TicketRecord ticket)
    {
        if (Settings.Catalogue is null) return TicketDecision.Nothing;
        var facts = Of(ticket, dispatching: true);
        // T40: who had it takes it again.
        if (ticket.Lead is { } lead) facts = facts with { Assignment = new TicketAssignment(lead, ticket.CoUnits ?? [], ticket.Catalogue, ticket.Sla, ticket.NeedsPhotos) };
        var trigger = facts.Assignment is null ? TicketTrigger.CatalogueMissed : TicketTrigger.CatalogueResolved;
        return TicketMachine.Trigger(ticket, trigger, new TriggerContext(ticket.StateAtMs, "system", "system", 0, new TicketEventData()) { Facts = facts });
    }

    private TicketAssignment? Named(TicketRecord ticket) => Settings.Catalogue?.Find(ticket.Owner is { } owner ? ticket.Opening with { Owner = owner } : ticket.Opening, ticket.StateAtMs);
}
