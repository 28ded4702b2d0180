using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets;

/// <summary>What <see cref="TicketStore.Alarms"/> selects; every part that is set must hold.</summary>
public sealed record AlarmQuery
{
    public AlarmState? State { get; init; }

    public string? Rule { get; init; }

    public PointId? Point { get; init; }

    public string? Ticket { get; init; }

    /// <summary>1 to 1000.</summary>
    public int Limit { get; init; } = 100;

    /// <summary><c>Next</c> of the page before; see <see cref="TicketStore.IsCursor"/>.</summary>
    public string? Cursor { get; init; }
}
