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

    /// <summary>The one unit that is responsible; null: the triage desk.</summary>
    public string? Lead { get; init; }

    /// <summary>The unit that is asked to accept; until it does, the lead stays who it was.</summary>
    public string? Offered { get; init; }

    /// <summary>Co-handling units of a dual dispatch.</summary>
    public IReadOnlyList<string>? CoUnits { get; init; }

    /// <summary>Version of the responsibility catalogue that named the unit; null: a person did.</summary>
    public int? Catalogue { get; init; }

    /// <summary>Waits for the dispatcher.</summary>
    public bool InTriage { get; init; }

    /// <summary>How often a unit sent it back.</summary>
    public int Returns { get; init; }

    public string? Crew { get; init; }

    public EscalationLevel Level { get; init; }

    /// <summary>On the coordination list.</summary>
    public bool Listed { get; init; }

    /// <summary>Promises, running and kept.</summary>
    public IReadOnlyList<ClockView>? Clocks { get; init; }

    /// <summary>What the units that were whistled for last have to do.</summary>
    public IReadOnlyList<WhistleView>? Whistle { get; init; }

    public DateTimeOffset? HoldUntil { get; init; }

    /// <summary>An extension that waits for the level above: until when.</summary>
    public DateTimeOffset? ExtensionAsked { get; init; }

    /// <summary>The crew found no fault; an inspector decides.</summary>
    public bool FalseAlarmProposed { get; init; }

    /// <summary>Ticket that this one became part of.</summary>
    public string? MergedInto { get; init; }

    /// <summary>Earlier ticket of the same incident (T39).</summary>
    public string? Previous { get; init; }

    /// <summary>Ticket that this one follows from (T7).</summary>
    public string? Parent { get; init; }

    /// <summary>Suspected of manipulation: not to be published (T45).</summary>
    public bool AuditFlag { get; init; }

    public OperatingMode Mode { get; init; }

    /// <summary>Someone looks for the asset's owner.</summary>
    public bool OwnerAsked { get; init; }

    /// <summary>The owner that was found.</summary>
    public string? Owner { get; init; }

    /// <summary>Deadlines: <c>wait verify self_clear verify_limit hold_until report_in</c> and the ends of the clocks <c>accept on_site safe fix triage callback</c>, each only while it runs.</summary>
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
