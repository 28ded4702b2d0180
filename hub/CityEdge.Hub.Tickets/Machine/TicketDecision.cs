namespace CityEdge.Hub.Tickets.Machine;

/// <summary>What the machine decided: the lines to write, or why a command is refused.</summary>
/// <param name="Lines">Log lines in order; empty when nothing happens.</param>
/// <param name="Refusal">For a person: what was expected. Null unless refused.</param>
public sealed record TicketDecision(IReadOnlyList<TicketEventDraft> Lines, string? Refusal = null)
{
    /// <summary>Nothing happens.</summary>
    public static TicketDecision Nothing { get; } = new([]);
}
