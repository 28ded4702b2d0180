namespace CityEdge.Contracts;

/// <summary>A rule for an agent to run.</summary>
/// <param name="Id">Rule id.</param>
/// <param name="Version">The hub's version of it.</param>
/// <param name="Yaml">The rule file's text.</param>
public sealed record ConfigRule(string Id, int Version, string Yaml);
