using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;
using CityEdge.Rules;

namespace CityEdge.Hub.Rehearsing;

/// <summary>One rule on one point, in an engine of its own: every reading arrives at its own time.</summary>
internal sealed class PointRun(RuleDefinition rule, PointContext point, SeasonCalendar calendar)
{
    // Stored readings are history by definition, so none is too old.
    private readonly RuleEngine engine = new(new RuleEngineOptions { MaxAge = null, Seasons = calendar });

    /// <summary>What happened, in order.</summary>
    public List<AlarmTransition> Transitions { get; } = [];

    public void Begin(long startMs)
    {
        engine.SetPoint(point, startMs, Transitions);
        engine.SetRule(rule, startMs, Transitions);
    }

    public void Take(ReadOnlySpan<StoredReading> readings)
    {
        foreach (ref readonly var reading in readings) engine.Apply(new Reading(point.Id, reading.TimeMs, reading.Value, null, reading.Quality), reading.TimeMs, Transitions);
    }

    /// <summary>The clock stops: what is due before still happens.</summary>
    public void End(long toMs) => engine.Advance(toMs, Transitions);
}
