namespace CityEdge.Edge;

/// <summary>Settings of the command line or the environment, which go before those of the file.</summary>
/// <param name="HubUrl"><c>--hub-url</c>.</param>
/// <param name="SpoolDirectory"><c>--spool-dir</c>.</param>
public sealed record ConfigOverrides(string? HubUrl = null, string? SpoolDirectory = null);
