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
    AlarmReason Reason);
