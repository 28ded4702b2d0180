namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What a transition does besides changing the state.</summary>
/// <param name="Notice">Notice to people.</param>
/// <param name="Outcome">Outcome of a ticket that ends.</param>
/// <param name="VerifiedBy">Who proved it.</param>
/// <param name="NewEpisode">Alarms so far stop counting.</param>
/// <param name="Skips">Steps that are recorded as skipped before it.</param>
public sealed record TicketEffects(
    NoticeKind? Notice = null, TicketOutcome? Outcome = null, string? VerifiedBy = null, bool NewEpisode = false, IReadOnlyList<TicketState>? Skips = null)
{
    /// <summary>Nothing else.</summary>
    public static TicketEffects None { get; } = new();
}
