using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>One line of a ticket's timeline.</summary>
public sealed record TimelineEntry
{
    /// <summary>1, 2, 3 … within the ticket.</summary>
    public required long Seq { get; init; }

    public required TicketEventType Type { get; init; }

    /// <summary>User name, or <c>system</c>.</summary>
    public required string Actor { get; init; }

    public required string Role { get; init; }

    /// <summary>Event time.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>Wall time at which it was written.</summary>
    public required DateTimeOffset RecordedAt { get; init; }

    /// <summary>Wall time at which a command happened, as the person's device gave it.</summary>
    public DateTimeOffset? HappenedAt { get; init; }

    /// <summary>State before; null on the first line.</summary>
    public TicketState? From { get; init; }

    public required TicketState To { get; init; }

    /// <summary>The step that nobody reported, on a <see cref="TicketEventType.Skipped"/> line.</summary>
    public TicketState? Step { get; init; }

    public string? Alarm { get; init; }

    public string? Point { get; init; }

    public string? Rule { get; init; }

    public Severity? Severity { get; init; }

    public string? Reason { get; init; }

    public JsonElement? Args { get; init; }

    public TicketOutcome? Outcome { get; init; }

    public string? VerifiedBy { get; init; }

    /// <summary>Id of the complaint, on a <see cref="TicketEventType.ComplaintLinked"/> line.</summary>
    public string? Complaint { get; init; }

    /// <summary>Unit that was asked, accepted, called or late.</summary>
    public string? Unit { get; init; }

    /// <summary>Co-handling or called units.</summary>
    public IReadOnlyList<string>? Units { get; init; }

    public string? Crew { get; init; }

    /// <summary>Level to which it went up.</summary>
    public EscalationLevel? Level { get; init; }

    /// <summary>Clock that reached <see cref="Percent"/> of its time.</summary>
    public string? Clock { get; init; }

    public int? Percent { get; init; }

    /// <summary>How much later than due a timer fired, ms; null: within a minute.</summary>
    public long? LateMs { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>The other ticket of a merge.</summary>
    public string? Ticket { get; init; }

    /// <summary>Answer to a callback.</summary>
    public string? Answer { get; init; }

    public string? Owner { get; init; }

    /// <summary>SHA-256 of the line, chained to the line before; lower-case hex.</summary>
    public required string Hash { get; init; }
}
