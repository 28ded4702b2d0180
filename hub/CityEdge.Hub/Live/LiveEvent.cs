namespace CityEdge.Hub.Live;

/// <summary>One server-sent event.</summary>
public sealed record LiveEvent(long Id, string Name, string Data);
