using System.Globalization;
using CityEdge.Contracts;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Cli;

/// <summary>One scalar and where it stands.</summary>
internal readonly record struct YamlValue(string Path, string Key, YamlNode Node)
{
    public string Text => Node is YamlScalarNode { Value: { } text } ? text : throw At(Path, Node, $"'{Key}' must be one value.");

    public long Number(long least, long most) =>
        long.TryParse(Text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= least && number <= most ? number : throw Bad($"a whole number from {least} to {most}");

    public TimeSpan Duration(double least, double most) =>
        Durations.TryParse(Text, out var duration) && duration.TotalSeconds >= least && duration.TotalSeconds <= most ? duration : throw Bad($"a duration such as 60s, from {least} s to {most} s");

    public long Bytes(long least, long most) => ServeSettings.TryBytes(Text, out var bytes) && bytes >= least && bytes <= most ? bytes : throw Bad($"bytes such as 256KiB, at least {least}{(most == long.MaxValue ? "" : $", at most {most}")}");

    public string Choice(params string[] choices) => choices.Contains(Text) ? Text : throw Bad(string.Join(" or ", choices));

    /// <summary>As browsers write them: scheme, host and a port that is not the scheme's own.</summary>
    public IReadOnlyList<string> Origins()
    {
        if (Node is not YamlSequenceNode list) throw At(Path, Node, $"'{Key}' must be a list such as [\"https://wall.example\"].");
        var (path, key) = (Path, Key);
        return [.. list.Children.Select((item, i) => new YamlValue(path, $"{key}[{i}]", item).Origin())];
    }

    private string Origin()
    {
        if (Text == "*") return Text;
        if (!Uri.TryCreate(Text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || Text.TrimEnd('/').Count('/') != 2) throw Bad("an origin such as https://wall.example or http://10.0.0.5:3000, without a path, or \"*\"");
        return uri.GetLeftPart(UriPartial.Authority);
    }

    public UsageException Bad(string expected) => At(Path, Node, $"'{Key}' is '{Text}'; expected {expected}.");

    /// <summary>The node as keys and values.</summary>
    public static YamlMappingNode Map(YamlNode node, string path, string name) => node as YamlMappingNode ?? throw YamlValue.At(path, node, $"'{name}' must be keys and values.");

    /// <summary>An error at the node's place.</summary>
    public static UsageException At(string path, YamlNode node, string message) => new($"{path}:{node.Start.Line}:{node.Start.Column}: {message}");
}
