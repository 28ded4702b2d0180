namespace CityEdge.Hub.Tickets;

/// <summary>A complaint as stored.</summary>
public sealed record ComplaintView
{
    public required string Id { get; init; }

    public required string Channel { get; init; }

    /// <summary>The number that the channel gave it.</summary>
    public string? ExternalId { get; init; }

    public required ComplaintKind Kind { get; init; }

    public required string Category { get; init; }

    public required string Text { get; init; }

    public required string Site { get; init; }

    public string? Asset { get; init; }

    public double? Lat { get; init; }

    public double? Long { get; init; }

    public string? Address { get; init; }

    /// <summary>When it was made.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When the hub stored it.</summary>
    public required DateTimeOffset ReceivedAt { get; init; }

    /// <summary>User who entered it.</summary>
    public required string Actor { get; init; }

    /// <summary>Ticket of its incident; null while it has none.</summary>
    public string? Ticket { get; init; }

    public required ComplaintLink Linked { get; init; }

    /// <summary>This complaint less the opening of its ticket, seconds: positive when the ticket was first. Null without ticket, and where no rule had seen what residents told.</summary>
    public double? LeadSeconds { get; init; }

    /// <summary>Who complained; null when unknown or deleted.</summary>
    public Reporter? Reporter { get; init; }
}
