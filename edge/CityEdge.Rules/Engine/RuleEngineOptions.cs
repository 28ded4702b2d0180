namespace CityEdge.Rules;

/// <summary>Settings of a <see cref="RuleEngine"/>.</summary>
public sealed record RuleEngineOptions
{
    /// <summary>An alarm raised longer ago than this when its data arrive is recorded, not dispatched (<c>--max-age</c>); null: every alarm is dispatched.</summary>
    public TimeSpan? MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Dates of the seasons that rules name.</summary>
    public SeasonCalendar Seasons { get; init; } = SeasonCalendar.Default;
}
