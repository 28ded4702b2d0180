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

    /// <summary>A unit: the one that is asked, that accepted, or that a whistle's line speaks of.</summary>
    public string? Unit { get; init; }

    /// <summary>Co-handling units, or those that are called.</summary>
    public ValueList<string>? Units { get; init; }

    /// <summary>Version of the responsibility catalogue that named the unit.</summary>
    public int? Catalogue { get; init; }

    /// <summary>The catalogue said nothing, or another unit: it has a gap.</summary>
    public bool? Gap { get; init; }

    /// <summary>SLA set in the place of the rule's.</summary>
    public string? Sla { get; init; }

    /// <summary>Work begins and ends with a photo.</summary>
    public bool? NeedsPhotos { get; init; }

    public string? Crew { get; init; }

    public EscalationLevel? Level { get; init; }

    /// <summary>Clocks that start, or take the place of those of the same name.</summary>
    public ValueList<TicketClock>? Clocks { get; init; }

    /// <summary>Name of a clock that reached a mark.</summary>
    public string? Clock { get; init; }

    /// <summary>The mark, in percent of the clock's time.</summary>
    public int? Percent { get; init; }

    /// <summary>How much later than due a timer fired, ms; null: within a minute.</summary>
    public long? LateMs { get; init; }

    /// <summary>Until when: a hold, an extension, a report-in.</summary>
    public long? UntilMs { get; init; }

    /// <summary>Took part by video or telephone.</summary>
    public bool? Remote { get; init; }

    /// <summary>Another ticket: merged into, or followed by.</summary>
    public string? Ticket { get; init; }

    public OperatingMode? Mode { get; init; }

    /// <summary>The resident can be called back.</summary>
    public bool? Contact { get; init; }

    /// <summary>A person says that it is not fixed, whatever the sensor says.</summary>
    public bool? Disputed { get; init; }

    /// <summary>The resident's answer to a callback: <c>solved not-solved unreachable</c>.</summary>
    public string? Answer { get; init; }

    /// <summary>Owner of the asset that was found.</summary>
    public string? Owner { get; init; }

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
