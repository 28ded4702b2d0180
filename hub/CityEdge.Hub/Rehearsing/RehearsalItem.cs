using CityEdge.Contracts;

namespace CityEdge.Hub.Rehearsing;

/// <summary>One alarm of a rehearsal.</summary>
/// <param name="Point">Its point.</param>
/// <param name="Severity">Its last severity, as <c>alarms</c> shows it.</param>
/// <param name="Worst">The most severe that it had.</param>
/// <param name="NoData">True for silence.</param>
/// <param name="RaisedAt">When it was raised.</param>
/// <param name="ClearedAt">Null when it was open at the end.</param>
/// <param name="Reason">Why its last transition happened.</param>
/// <param name="Ticket">The ticket it would have had: the same id as in service.</param>
/// <param name="InBoth">The other rule has an alarm on the point at the same time; null without comparison.</param>
public sealed record RehearsalItem(string Point, Severity Severity, Severity Worst, bool NoData, DateTimeOffset RaisedAt, DateTimeOffset? ClearedAt, AlarmReason Reason, string? Ticket, bool? InBoth);
