namespace CityEdge.Hub.Registry;

/// <summary>An occurrence by what the journal must know of it to be replayed without the store.</summary>
public sealed record AlarmRef(string Id, string Rule, string Point);
