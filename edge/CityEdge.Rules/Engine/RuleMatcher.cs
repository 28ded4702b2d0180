namespace CityEdge.Rules;

/// <summary>Says on which points a rule runs, as the engine decides it.</summary>
public sealed class RuleMatcher(RuleDefinition rule)
{
    private readonly RuleRuntime runtime = new(rule);

    /// <summary>True when kind and labels fit.</summary>
    public bool Matches(PointContext point) => runtime.Matches(point);
}
