namespace CityEdge.Hub.Registry;

/// <summary>One version of a rule, in force or not.</summary>
/// <param name="Version">Rises with each change; never given twice.</param>
/// <param name="Yaml">The rule; null: this version removed it.</param>
/// <param name="Author">Who made the change.</param>
/// <param name="Reason">Why.</param>
/// <param name="AtMs">When, Unix ms.</param>
/// <param name="Active">True for the one in force.</param>
public sealed record RuleVersion(int Version, string? Yaml, string Author, string? Reason, long AtMs, bool Active);
