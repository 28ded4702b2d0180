namespace CityEdge.Hub.Tickets;

/// <summary>A rule that a person keeps quiet on a point. Times are wall time.</summary>
public sealed record Shelf(string Rule, string Point, DateTimeOffset Until, string Actor, string Reason, DateTimeOffset At);
