namespace CityEdge.Hub.Cli;

/// <summary>A setting that cannot be used: exit code 2.</summary>
public sealed class UsageException(string message) : Exception(message);
