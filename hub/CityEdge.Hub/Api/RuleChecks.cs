using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>A rule may be activated when it parses and passes its own tests.</summary>
public static class RuleChecks
{
    /// <summary>Errors of the text, and tests of its own that fail; the rule when it parses.</summary>
    public static IReadOnlyList<RuleError> Check(string yaml, string file, out RuleDefinition? rule)
    {
        var result = RuleParser.Parse(yaml, file);
        rule = result.Rule;
        if (rule is null || result.Errors.Count > 0) return result.Errors;
        if (EdgeLimits.Check(rule, file) is { } unfit) return [unfit];
        return RuleTests.Run(rule).Where(t => !t.Passed).Select(t => new RuleError(file, t.Line, 1, "tests", t.Message)).ToList();
    }
}
