namespace CityEdge.Hub.Tickets;

/// <summary>A planned maintenance window, once or again and again; what is given of asset, point and rule must all fit. Times are event time, Unix ms.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Asset">The asset, with all below it; null: any.</param>
/// <param name="Point"><c>site/device/name</c>; null: any.</param>
/// <param name="Rule">Rule id; null: any.</param>
/// <param name="FromMs">Start of the first occurrence.</param>
/// <param name="LengthMs">Length of each.</param>
/// <param name="Rrule">RFC 5545 RRULE; null: once.</param>
/// <param name="Reason">Why, in the person's words.</param>
/// <param name="Actor">Who planned it.</param>
/// <param name="AtMs">When it was planned, wall time.</param>
public sealed record Maintenance(string Id, string? Asset, string? Point, string? Rule, long FromMs, long LengthMs, string? Rrule, string Reason, string Actor, long AtMs);
