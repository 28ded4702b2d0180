namespace CityEdge.Adapters;

/// <summary>An adapter, or the mistakes in its configuration: one of the two.</summary>
public sealed record AdapterResult(IAdapter? Adapter, IReadOnlyList<ConfigError> Errors);
