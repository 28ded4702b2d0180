namespace CityEdge.Hub.Registry;

/// <summary>A version of a rule that has been applied.</summary>
public sealed record StoredRule(string Id, int Version, string Yaml, string Author, string? Reason, long AtMs);
