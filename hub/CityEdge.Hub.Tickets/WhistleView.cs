namespace CityEdge.Hub.Tickets;

/// <summary>What a unit that was whistled for has to do. Times are event time.</summary>
/// <param name="ReportBy">Until when it must have reported in.</param>
/// <param name="Remote">Reported in by video or telephone.</param>
/// <param name="Late">Its supervisor was told.</param>
public sealed record WhistleView(string Unit, DateTimeOffset ReportBy, DateTimeOffset? Reported, bool Remote, bool Late, DateTimeOffset? Done);
