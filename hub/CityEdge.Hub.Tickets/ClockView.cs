namespace CityEdge.Hub.Tickets;

/// <summary>A promise of a ticket. Times are event time.</summary>
/// <param name="Name"><c>accept on_site safe fix triage callback</c>.</param>
/// <param name="Due">Its end as it stands.</param>
/// <param name="Promised">Its end as promised at first.</param>
/// <param name="Stopped">When it was kept, late or not; null while it runs.</param>
/// <param name="Percent">The last mark that it reached.</param>
public sealed record ClockView(string Name, DateTimeOffset Start, DateTimeOffset Due, DateTimeOffset Promised, DateTimeOffset? Stopped, int Percent);
