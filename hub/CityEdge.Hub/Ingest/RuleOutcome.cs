using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>What became of one open alarm by a change of its rule.</summary>
/// <param name="Rule">Rule id.</param>
/// <param name="Choice">What the change asked for.</param>
/// <param name="Alarm">The alarm, and whether it goes on.</param>
public sealed record RuleOutcome(string Rule, OpenAlarms Choice, AlarmOutcome Alarm);
