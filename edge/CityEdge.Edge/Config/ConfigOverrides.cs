namespace CityEdge.Edge;

/// <summary>Settings of the command line or the environment, which go before those of the file.</summary>
/// <param name="HubUrl"><c>--hub-url</c>.</param>
/// <param name="SpoolDirectory"><c>--spool-dir</c>.</param>
/// <param name="Claiming">The token's file is still to come: that it is missing is no mistake.</param>
public sealed record ConfigOverrides(string? HubUrl = null, string? SpoolDirectory = null, bool Claiming = false);
