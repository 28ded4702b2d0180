namespace CityEdge.Rules;

/// <summary>Settings of a <see cref="RuleEngine"/>.</summary>
public sealed record RuleEngineOptions
{
    /// <summary>An alarm raised longer ago than this when its data arrive is recorded, not dispatched (<c>--max-age</c>); null: every alarm is dispatched.</summary>
    public TimeSpan? MaxAge { get; init; } = TimeSpan.FromHours(24);

    /// <summary>
    /// An alarm of a rule <c>at: edge</c> that was raised longer ago than this when its data arrive is recorded, and dispatched when its point has caught up and it still stands: what began and ended while the
    /// link was down opens nothing. Without <see cref="MaxAge"/> it has no effect: every alarm is dispatched.
    /// </summary>
    public TimeSpan EdgeLateness { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// Agents run the rules <c>at: edge</c> too and say what they find (<see cref="RuleEngine.ApplyEdge"/>). Holds and off-delays of those rules then elapse at readings and at the agents' word, not by the clock
    /// alone: the value that is last here may not be last there.
    /// </summary>
    public bool HearsAgents { get; init; }

    /// <summary>Dates of the seasons that rules name.</summary>
    public SeasonCalendar Seasons { get; init; } = SeasonCalendar.Default;
}
