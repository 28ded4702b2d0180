namespace CityEdge.Hub.Tickets;

/// <summary>A person's act on alarms, for their rows and for the record of who did what and why. Times are wall time, Unix ms.</summary>
/// <param name="Action">Ack, shelve or unshelve.</param>
/// <param name="Alarm">The occurrence; for a shelf the one through which it was made.</param>
/// <param name="Rule">Its rule.</param>
/// <param name="Point">Its point.</param>
/// <param name="UntilMs">End of a shelf.</param>
/// <param name="Actor">Who.</param>
/// <param name="Reason">Why, in the person's words.</param>
/// <param name="AtMs">When.</param>
public sealed record AlarmAct(DeskAction Action, string Alarm, string Rule, string Point, long? UntilMs, string Actor, string? Reason, long AtMs);
