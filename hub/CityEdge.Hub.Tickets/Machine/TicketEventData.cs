using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Payload of a log line: only what its type needs is set, the rest is null and not written. Times are Unix ms UTC.</summary>
public sealed record TicketEventData
{
    public TicketOpening? Opening { get; init; }

    /// <summary>Alarm id.</summary>
    public string? Alarm { get; init; }

    /// <summary>Point of the alarm.</summary>
    public string? Point { get; init; }

    /// <summary>Rule of the alarm.</summary>
    public string? Rule { get; init; }

    /// <summary>Severity of the alarm after the event.</summary>
    public Severity? Severity { get; init; }

    /// <summary>Severity of the alarm before the event.</summary>
    public Severity? SeverityBefore { get; init; }

    /// <summary>Change in the number of alarms whose verify condition is not true.</summary>
    public int? Unverified { get; init; }

    /// <summary>Since when the verify condition is true, plus the time that it must hold.</summary>
    public long? VerifyReadyMs { get; init; }

    /// <summary>The step that was skipped.</summary>
    public TicketState? Step { get; init; }

    /// <summary>True when a reopening begins a new episode: alarms of earlier ones no longer count.</summary>
    public bool? NewEpisode { get; init; }

    public TicketOutcome? Outcome { get; init; }

    /// <summary>Who proved the fix: <c>sensor</c>.</summary>
    public string? VerifiedBy { get; init; }

    /// <summary>Reason a person gave.</summary>
    public string? Reason { get; init; }

    /// <summary>Wall time at which a command happened, which may be before it was recorded.</summary>
    public long? HappenedAtMs { get; init; }

    /// <summary>Id of a complaint.</summary>
    public string? Complaint { get; init; }

    /// <summary>When the complaint was made.</summary>
    public long? ComplaintAtMs { get; init; }

    /// <summary>The incident that the ticket is now the promise on.</summary>
    public string? IncidentKey { get; init; }

    /// <summary>Further arguments of a command, as given.</summary>
    public JsonElement? Args { get; init; }
}
