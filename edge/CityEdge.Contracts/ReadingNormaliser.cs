namespace CityEdge.Contracts;

/// <summary>The one shared normaliser of readings (design §4.1).</summary>
public sealed class ReadingNormaliser;
