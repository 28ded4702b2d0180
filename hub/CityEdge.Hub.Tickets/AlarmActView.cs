namespace CityEdge.Hub.Tickets;

/// <summary>One line of what people did to a rule's alarms on a point.</summary>
/// <param name="At">When, wall time.</param>
/// <param name="Actor">Who.</param>
/// <param name="Action">What.</param>
/// <param name="Alarm">The occurrence through which it was done.</param>
/// <param name="Until">End of the shelf; null for the others.</param>
/// <param name="Reason">Why, in the person's words.</param>
public sealed record AlarmActView(DateTimeOffset At, string Actor, DeskAction Action, string Alarm, DateTimeOffset? Until, string? Reason);
