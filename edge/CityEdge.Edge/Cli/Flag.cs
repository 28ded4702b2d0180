using System.CommandLine;
using System.Globalization;

namespace CityEdge.Edge.Cli;

/// <summary>Flags whose value may also come from the environment: <c>--hub-url</c> is <c>CITYEDGE_HUB_URL</c>. The command line goes first.</summary>
internal static class Flag
{
    public static Option<string?> Text(string name, string about, string? otherwise = null) =>
        new(name) { Description = Describe(name, about), DefaultValueFactory = _ => FromEnvironment(name) ?? otherwise };

    public static Option<bool> Switch(string name, string about) =>
        new(name) { Description = Describe(name, about), DefaultValueFactory = _ => FromEnvironment(name) is "1" or "true" or "yes" };

    public static Option<int> Seconds(string name, string about, int otherwise) =>
        new(name)
        {
            Description = Describe(name, about),
            DefaultValueFactory = _ => int.TryParse(FromEnvironment(name), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : otherwise,
        };

    private static string Describe(string name, string about) => $"{about} [{Variable(name)}]";

    private static string? FromEnvironment(string name) => Environment.GetEnvironmentVariable(Variable(name)) is { Length: > 0 } value ? value : null;

    private static string Variable(string name) => $"CITYEDGE_{name.TrimStart('-').Replace('-', '_').ToUpperInvariant()}";
}
