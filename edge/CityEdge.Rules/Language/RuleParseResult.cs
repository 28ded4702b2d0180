namespace CityEdge.Rules;

/// <summary>What reading a rule file gave.</summary>
/// <param name="Rule">The rule; null when there is any error.</param>
/// <param name="Errors">All errors found, in the file's order; empty when <paramref name="Rule"/> is given.</param>
public sealed record RuleParseResult(RuleDefinition? Rule, IReadOnlyList<RuleError> Errors);
