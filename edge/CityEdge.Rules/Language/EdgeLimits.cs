using YamlDotNet.RepresentationModel;

namespace CityEdge.Rules;

/// <summary>What a rule <c>at: edge</c> may not ask for: an agent knows the readings of its own points, one point at a time, since it got the rule.</summary>
public static class EdgeLimits
{
    /// <summary>Why an agent cannot run the rule, at the place of its <c>at:</c>; null when it can, and for a rule that runs in the hub.</summary>
    public static RuleError? Check(RuleDefinition rule, string file)
    {
        if (rule.At != RulePlacement.Edge || Reason(rule) is not { } reason) return null;
        var root = new YamlFile(file).Load(rule.SourceYaml) as YamlMappingNode;
        var at = root?.Children.FirstOrDefault(child => child.Key is YamlScalarNode { Value: "at" }).Value;
        return new RuleError(file, (int)(at?.Start.Line ?? 1), (int)(at?.Start.Column ?? 1), "at", $"{reason}; expected at: hub, or conditions over the point's own readings");
    }

    private static string? Reason(RuleDefinition rule) => rule switch
    {
        { EventType: not null } => "an agent does not run rules on events",
        { Level: { } level } => $"an agent knows the points of its own device only, and this rule counts over the points of an asset ({level})",
        { LooksAtOtherPoints: true } => "an agent runs a rule on one point at a time, and this one looks at other points with point(…)",
        { UsesLearnedNormal: true } => "anomaly() and forecast() learn from all readings of a point, and the agent's may be others than the hub's",
        _ => null,
    };
}
