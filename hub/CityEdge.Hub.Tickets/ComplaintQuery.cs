namespace CityEdge.Hub.Tickets;

/// <summary>What <see cref="TicketStore.Complaints"/> selects; every part that is set must hold.</summary>
public sealed record ComplaintQuery
{
    public string? Category { get; init; }

    public string? Channel { get; init; }

    public string? Asset { get; init; }

    public string? Ticket { get; init; }

    /// <summary>True: those that have a ticket; false: those that have none.</summary>
    public bool? HasTicket { get; init; }

    /// <summary>Made at or after, Unix ms.</summary>
    public long? FromMs { get; init; }

    /// <summary>Made before, Unix ms.</summary>
    public long? ToMs { get; init; }

    /// <summary>1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary><c>Next</c> of the page before; see <see cref="TicketStore.IsCursor"/>.</summary>
    public string? Cursor { get; init; }
}
