namespace CityEdge.Hub.Cli;

/// <summary>A command failed: exit code 1; the message is for standard error.</summary>
public sealed class CommandFailedException(string message) : Exception(message);
