using System.CommandLine;

namespace CityEdge.Hub.Cli;

/// <summary>
/// One setting of <c>serve</c>: the flag <c>--name</c>, the environment variable <c>CITYEDGE_NAME</c> and the key <c>name</c> (with underscores) of
/// the configuration file, in this order of precedence (design §5).
/// </summary>
public sealed class Setting(string name, string argument, string? fallback, string help)
{
    public string Name { get; } = name;

    public string Variable { get; } = "CITYEDGE_" + name.Replace('-', '_').ToUpperInvariant();

    public string Key { get; } = name.Replace('-', '_');

    /// <summary>Default; null when there is none.</summary>
    public string? Fallback { get; } = fallback;

    public Option<string?> Option { get; } = new("--" + name) { HelpName = argument, Description = $"{help}{(fallback is null ? "" : $" [default: {fallback}]")} (CITYEDGE_{name.Replace('-', '_').ToUpperInvariant()})" };
}
