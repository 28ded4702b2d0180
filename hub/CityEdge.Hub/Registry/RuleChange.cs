namespace CityEdge.Hub.Registry;

/// <summary>A rule applied (or, without YAML, removed). Its version is given when the record is folded: one more than the rule had.</summary>
public sealed record RuleChange(string Id, string? Yaml, string? Reason);
