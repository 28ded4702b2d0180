using CityEdge.Rules;

namespace CityEdge.Hub.Registry;

/// <summary>A rule applied (or, without YAML, removed). Its version is given when the record is folded: one more than the rule had.</summary>
/// <param name="Id">Rule id.</param>
/// <param name="Yaml">The rule; null: removed.</param>
/// <param name="Reason">Why, kept with the version.</param>
/// <param name="OpenAlarms">What becomes of open alarms of the version that is replaced; null, as in records of hubs that knew no choice: they close.</param>
public sealed record RuleChange(string Id, string? Yaml, string? Reason, OpenAlarms? OpenAlarms = null);
