namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What a transition does besides changing the state.</summary>
/// <param name="Notice">Notice to people.</param>
/// <param name="Outcome">Outcome of a ticket that ends.</param>
/// <param name="VerifiedBy">Who proved it.</param>
/// <param name="NewEpisode">Alarms so far stop counting.</param>
/// <param name="Skips">Steps that are recorded as skipped before it.</param>
/// <param name="Clocks">Clocks that start with it.</param>
/// <param name="Fill">What the line tells besides: from the ticket and what came with the trigger.</param>
/// <param name="NoticeOf">The notice, where it depends on what the line tells.</param>
/// <param name="Successor">The news belongs to a new ticket that names this one.</param>
public sealed record TicketEffects(
    NoticeKind? Notice = null, TicketOutcome? Outcome = null, string? VerifiedBy = null, bool NewEpisode = false, IReadOnlyList<TicketState>? Skips = null,
    ClockMoment? Clocks = null, Func<TicketRecord, TriggerContext, TicketEventData>? Fill = null, Func<TicketEventData, NoticeKind>? NoticeOf = null,
    bool Successor = false)
{
    /// <summary>Nothing else.</summary>
    public static TicketEffects None { get; } = new();
}
