namespace CityEdge.Hub.Rehearsing;

/// <summary>One week of a rehearsal.</summary>
/// <param name="Week">Such as <c>2026-W05</c>.</param>
/// <param name="Alarms">Raised in it.</param>
/// <param name="Tickets">Opened in it.</param>
/// <param name="ActiveSeconds">Open time of the alarms raised in it.</param>
public sealed record RehearsalWeek(string Week, int Alarms, int Tickets, long ActiveSeconds);
