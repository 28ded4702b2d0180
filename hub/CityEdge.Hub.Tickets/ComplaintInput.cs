using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>A complaint as it is taken in. Times are Unix ms UTC, wall time.</summary>
public sealed record ComplaintInput
{
    /// <summary>Id that it gets, unless its source's number is known already.</summary>
    public required string Id { get; init; }

    /// <summary>Who took it in: <c>hotline</c>, <c>kiosk</c>, <c>web</c>, …</summary>
    public required string Channel { get; init; }

    /// <summary>The number that the channel gave it: the same one again changes nothing.</summary>
    public string? ExternalId { get; init; }

    public ComplaintKind Kind { get; init; }

    /// <summary>Category, in the words of the rules.</summary>
    public required string Category { get; init; }

    /// <summary>What was said. Stays here: a ticket never carries it.</summary>
    public required string Text { get; init; }

    /// <summary>Site of a ticket that it opens.</summary>
    public required string Site { get; init; }

    public required CityPlace Place { get; init; }

    /// <summary>Where, in words.</summary>
    public string? Address { get; init; }

    /// <summary>When it was made.</summary>
    public required long AtMs { get; init; }

    /// <summary>Now.</summary>
    public required long NowMs { get; init; }

    /// <summary>User who entered it.</summary>
    public required string Actor { get; init; }

    public Reporter? Reporter { get; init; }

    /// <summary>Title of a ticket that it opens.</summary>
    public required LocalizedText Title { get; init; }

    /// <summary>Recent enough to open, or to move, a ticket; else it is only recorded and counted.</summary>
    public required bool IsNews { get; init; }

    /// <summary>The event clock of a point now, Unix ms. Called on the writer: must not wait.</summary>
    public required Func<PointId, long> ClockOf { get; init; }

    /// <summary>The same key again gives the same answer. Kept for 30 days.</summary>
    public string? IdempotencyKey { get; init; }

    /// <summary>SHA-256 of what was sent, to tell a repeated request from another one under the same key.</summary>
    public ReadOnlyMemory<byte> Request { get; init; }
}
