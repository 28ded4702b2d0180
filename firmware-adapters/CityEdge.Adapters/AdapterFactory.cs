namespace CityEdge.Adapters;

/// <summary>Makes one adapter from its part of the configuration. Mistakes are reported through <paramref name="config"/>; null is returned when there were any.</summary>
/// <param name="id">Id of the adapter.</param>
/// <param name="context">Surroundings.</param>
/// <param name="config">Keys of the adapter; <c>id</c> and <c>type</c> are already read. Keys left unread are reported as unknown afterwards.</param>
public delegate IAdapter? AdapterFactory(string id, AdapterContext context, ConfigNode config);
