using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>A time, once or again and again, in which alarms of an asset (with all below it), a point or a rule are expected. What is given of the three must all fit. Times are event time, Unix ms.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Asset">The asset, which covers the assets below it; null: any.</param>
/// <param name="Point">The point; null: any.</param>
/// <param name="Rule">The rule's id; null: any.</param>
/// <param name="FromMs">Start of the first, or only, occurrence.</param>
/// <param name="LengthMs">Length of each, more than 0.</param>
/// <param name="Repeats">On which days it comes again; null: once.</param>
public sealed record MaintenanceWindow(string Id, string? Asset, PointId? Point, string? Rule, long FromMs, long LengthMs, Recurrence? Repeats)
{
    /// <summary>Longest occurrence of a window that repeats: 31 days.</summary>
    public const long MaxRepeatedMs = 31 * 86_400_000L;

    /// <summary>True when it is about alarms of this rule on this point.</summary>
    public bool Covers(string rule, PointId point, IReadOnlyList<string> path) =>
        (Rule is null || Rule == rule) && (Point is null || Point == point) && (Asset is null || path.Contains(Asset));

    /// <summary>End of the occurrence that holds the instant, the start included and the end not; null outside. Of two that overlap, the end of the later.</summary>
    public long? EndAt(long ms)
    {
        if (Repeats is not null) return Repeats.LastStart(ms, LengthMs) is { } start ? start + LengthMs : null;
        return ms >= FromMs && ms - FromMs < LengthMs ? FromMs + LengthMs : null;
    }
}
