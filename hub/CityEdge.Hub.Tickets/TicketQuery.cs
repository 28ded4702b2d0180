using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>What <see cref="TicketStore.List"/> selects; every part that is set must hold.</summary>
public sealed record TicketQuery
{
    /// <summary>Any of these; null or empty: every published state. Naming <see cref="TicketState.Candidate"/> or <see cref="TicketState.Dropped"/> shows it.</summary>
    public IReadOnlyList<TicketState>? States { get; init; }

    public string? Site { get; init; }

    public string? Category { get; init; }

    public Severity? Severity { get; init; }

    public string? Asset { get; init; }

    /// <summary>Unit that is responsible or asked to accept.</summary>
    public string? Unit { get; init; }

    /// <summary>Only those that wait for the dispatcher.</summary>
    public bool InTriage { get; init; }

    /// <summary>Part of number, titles, asset or rule; letters of ASCII without case.</summary>
    public string? Q { get; init; }

    /// <summary>1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary><c>Next</c> of the page before; see <see cref="TicketStore.IsCursor"/>.</summary>
    public string? Cursor { get; init; }
}
