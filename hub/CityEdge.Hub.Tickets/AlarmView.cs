using CityEdge.Contracts;

namespace CityEdge.Hub.Tickets;

/// <summary>An alarm occurrence as the API shows it (design §5, <c>alarms</c>). Times are event time.</summary>
/// <param name="Id">32 hex digits.</param>
/// <param name="Rule">Rule id.</param>
/// <param name="Version">Version of the rule that raised it.</param>
/// <param name="Point"><c>site/device/name</c>.</param>
/// <param name="Asset">Asset of the point; null when none.</param>
/// <param name="Severity">Severity now, or the last one.</param>
/// <param name="State">Active or cleared.</param>
/// <param name="RaisedAt">When it was raised.</param>
/// <param name="ClearedAt">When it cleared; null while active.</param>
/// <param name="Value">Value that decided last; null for silence and text.</param>
/// <param name="Ticket">Ticket that it belongs to; null when it was recorded only.</param>
/// <param name="Reason">Why its last transition happened.</param>
/// <param name="Standing">How it stands at the alarm desk.</param>
/// <param name="Suppressed">Why it opens no ticket for now, or opened none to its end; null when nothing suppresses it.</param>
/// <param name="SuppressedBy">Id of the alarm or maintenance window that suppresses it; null for the other reasons.</param>
/// <param name="Chattering">It came as one of three activations within a minute, or of six within five.</param>
/// <param name="AcknowledgedAt">When a person first said that they had seen it, wall time; null when nobody has.</param>
/// <param name="AcknowledgedBy">Who.</param>
/// <param name="ShelvedUntil">End of the shelf of its rule on its point, wall time, which may have passed; null when there is none.</param>
/// <param name="Stale">Active for more than a day, by the clock of its point; whoever reads the row says so.</param>
public sealed record AlarmView(
    string Id,
    string Rule,
    int Version,
    string Point,
    string? Asset,
    Severity Severity,
    AlarmState State,
    DateTimeOffset RaisedAt,
    DateTimeOffset? ClearedAt,
    double? Value,
    string? Ticket,
    AlarmReason Reason,
    AlarmStanding Standing = AlarmStanding.ActiveUnack,
    SuppressionReason? Suppressed = null,
    string? SuppressedBy = null,
    bool Chattering = false,
    DateTimeOffset? AcknowledgedAt = null,
    string? AcknowledgedBy = null,
    DateTimeOffset? ShelvedUntil = null,
    bool Stale = false)
{
    /// <summary>When the agent beside the sensor raised it, event time; null when no agent said so.</summary>
    public DateTimeOffset? EdgeAt { get; init; }

    /// <summary><c>up</c> or <c>down</c>: how the agent's link to the hub was then; null when no agent said so.</summary>
    public string? EdgeLink { get; init; }
}
