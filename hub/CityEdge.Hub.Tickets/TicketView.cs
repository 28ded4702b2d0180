using System.Text.Json.Serialization;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets;

/// <summary>A ticket as the API shows it (design §5, <c>tickets</c>). Times are event time.</summary>
public sealed record TicketView
{
    public required string Id { get; init; }

    /// <summary>Number for people: <c>yyyyMMdd-site-seq</c>.</summary>
    public required string No { get; init; }

    public required TicketState State { get; init; }

    /// <summary>Most severe of its active alarms; the last value when none is active.</summary>
    public required Severity Severity { get; init; }

    public required string Category { get; init; }

    public required LocalizedText Title { get; init; }

    /// <summary>What the crew should do first.</summary>
    public LocalizedText? Action { get; init; }

    public required string Site { get; init; }

    public string? Asset { get; init; }

    /// <summary>Rule of the first alarm.</summary>
    public required string Rule { get; init; }

    public required TicketOrigin Origin { get; init; }

    public required string Sla { get; init; }

    /// <summary>May be shown on kiosk walls.</summary>
    public required bool Public { get; init; }

    public required DateTimeOffset RaisedAt { get; init; }

    public DateTimeOffset? OpenedAt { get; init; }

    public DateTimeOffset? AcceptedAt { get; init; }

    /// <summary>Last time that the crew reported fixed.</summary>
    public DateTimeOffset? FixedAt { get; init; }

    public DateTimeOffset? ClosedAt { get; init; }

    public TicketOutcome? Outcome { get; init; }

    /// <summary><c>sensor</c> when the sensors proved it.</summary>
    public string? VerifiedBy { get; init; }

    /// <summary>Earliest complaint of this incident.</summary>
    public DateTimeOffset? FirstComplaintAt { get; init; }

    /// <summary>Complaints of this incident.</summary>
    public int Complaints { get; init; }

    /// <summary>First complaint less opening, seconds; negative when the complaint was first. Null without complaint, or when no rule had seen what residents told.</summary>
    public double? LeadSeconds { get; init; }

    /// <summary>未诉先办: proved over, and reported fixed before anybody complained. Null until it has ended as solved.</summary>
    public bool? HandledFirst { get; init; }

    public required int ReopenCount { get; init; }

    /// <summary>The sensors have not agreed within 24 h of <c>fixed</c>.</summary>
    public required bool VerifyOverdue { get; init; }

    /// <summary>All alarms that ever joined; <see cref="Alarms"/> may show fewer.</summary>
    public required int AlarmCount { get; init; }

    /// <summary>Newest alarms, oldest of them first; at most 1000, in a list 100.</summary>
    public required IReadOnlyList<AlarmView> Alarms { get; init; }

    /// <summary>Deadlines: <c>wait</c>, <c>verify</c>, <c>self_clear</c>, <c>verify_limit</c>, each only while it runs.</summary>
    public required IReadOnlyDictionary<string, DateTimeOffset> Due { get; init; }

    /// <summary>Newest log lines, oldest of them first; at most 1000, in a list 100.</summary>
    public required IReadOnlyList<TimelineEntry> Timeline { get; init; }

    /// <summary>Rises with every log line; the value for <c>If-Match</c>.</summary>
    public required long Version { get; init; }

    /// <summary>Commands that the ticket's state has a cell for.</summary>
    public required IReadOnlyList<string> Commands { get; init; }

    /// <summary>Point of the first alarm, whose event clock times a command.</summary>
    [JsonIgnore]
    public PointId Anchor { get; init; }

    /// <summary>The incident that it is a promise on.</summary>
    [JsonIgnore]
    public string IncidentKey { get; init; } = "";
}
