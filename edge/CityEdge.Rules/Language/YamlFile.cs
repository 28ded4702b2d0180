using System.Diagnostics.CodeAnalysis;
using CityEdge.Contracts;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Rules;

/// <summary>One YAML document as nodes with places, and the errors found so far. Reading never throws.</summary>
internal sealed class YamlFile(string file)
{
    public const int MaxLength = 256 * 1024;
    private const int MaxDepth = 24;
    private const int MaxErrors = 50;

    public List<RuleError> Errors { get; } = [];

    public void Error(YamlNode? node, string key, string message, int offset = 0)
    {
        if (Errors.Count >= MaxErrors) return;
        Errors.Add(new RuleError(file, (int)(node?.Start.Line ?? 1), (int)(node?.Start.Column ?? 1) + offset, key, message));
    }

    /// <summary>The document's root; null after an error.</summary>
    public YamlNode? Load(string yaml)
    {
        if (yaml.Length > MaxLength)
        {
            Error(null, "", $"expected a file of at most {MaxLength / 1024} KiB");
            return null;
        }
        try
        {
            // The node model recurses; measuring the depth on events first keeps a hostile file from exhausting the stack.
            var (events, depth) = (new Parser(new StringReader(yaml)), 0);
            while (events.MoveNext())
            {
                depth += events.Current!.NestingIncrease;
                if (depth <= MaxDepth) continue;
                Errors.Add(new RuleError(file, (int)events.Current.Start.Line, (int)events.Current.Start.Column, "", $"expected at most {MaxDepth} levels of nesting"));
                return null;
            }
            var stream = new YamlStream();
            stream.Load(new StringReader(yaml));
            if (stream.Documents.Count == 1) return stream.Documents[0].RootNode;
            Error(null, "", $"expected one rule a file, found {stream.Documents.Count} documents");
        }
        catch (YamlException e)
        {
            Errors.Add(new RuleError(file, (int)Math.Max(1, e.Start.Line), (int)Math.Max(1, e.Start.Column), "", "not YAML: " + (e.InnerException ?? e).Message));
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or OverflowException or FormatException or IndexOutOfRangeException)
        {
            // YamlDotNet lets a few of its own mistakes out on hostile texts.
            Error(null, "", "not YAML: " + e.Message);
        }
        return null;
    }

    /// <summary>The entries of a map; unknown and repeated keys are errors.</summary>
    public Dictionary<string, YamlNode>? Map(YamlNode? node, string path, string[]? keys)
    {
        if (node is null) return null;
        if (node is not YamlMappingNode map)
        {
            Error(node, path, keys is null ? "expected a map of names to values" : $"expected a map with the keys {string.Join(", ", keys)}");
            return null;
        }
        var entries = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (keyNode, value) in map.Children)
        {
            var key = (keyNode as YamlScalarNode)?.Value;
            if (key is null) Error(keyNode, path, "expected a word as key");
            else if (keys is not null && !keys.Contains(key)) Error(keyNode, Join(path, key), $"unknown key '{key}'; expected one of {string.Join(", ", keys)}");
            else if (!entries.TryAdd(key, value)) Error(keyNode, Join(path, key), $"key '{key}' is given twice");
        }
        return entries;
    }

    public bool Text(YamlNode? node, string path, string expected, [NotNullWhen(true)] out string? text)
    {
        text = (node as YamlScalarNode)?.Value;
        if (node is null) return false;
        if (!string.IsNullOrWhiteSpace(text) && text.Length <= 4000) return true;
        Error(node, path, "expected " + expected);
        return false;
    }

    public TimeSpan? Duration(YamlNode? node, string path, bool positive = false)
    {
        const string Expected = "a duration such as 90s, 15m, 2h or 3d";
        if (!Text(node, path, Expected, out var text)) return null;
        if (Durations.TryParse(text, out var duration) && (!positive || duration > TimeSpan.Zero)) return duration;
        Error(node, path, $"expected {Expected}{(positive ? ", longer than 0s" : "")}; found '{text}'");
        return null;
    }

    public Severity? Severity(YamlNode? node, string path)
    {
        if (!Text(node, path, "P1, P2, P3, P4 or P5", out var text)) return null;
        if (TrySeverity(text, out var severity)) return severity;
        Error(node, path, $"expected P1, P2, P3, P4 or P5; found '{text}'");
        return null;
    }

    public static bool TrySeverity(string text, out Severity severity)
    {
        severity = text.Length == 2 && text[0] == 'P' && text[1] is >= '1' and <= '5' ? (Severity)(text[1] - '0') : default;
        return severity != default;
    }

    public LocalizedText? Localized(YamlNode? node, string path)
    {
        var map = Map(node, path, RuleKeys.Text);
        if (map is null) return null;
        if (map.ContainsKey("zh") && map.ContainsKey("en"))
            return Text(map["zh"], path + ".zh", "a text", out var zh) & Text(map["en"], path + ".en", "a text", out var en) ? new LocalizedText(zh!, en!) : null;
        Error(node, path, "expected a text in both languages: { zh: …, en: … }");
        return null;
    }

    /// <summary>A scalar, or a list of scalars.</summary>
    public List<(string Text, YamlNode Node)> OneOrMany(YamlNode? node, string path, string expected)
    {
        var items = new List<(string, YamlNode)>();
        if (node is null) return items;
        IEnumerable<YamlNode> nodes = node is YamlSequenceNode list ? list.Children : [node];
        foreach (var item in nodes)
        {
            if (Text(item, path, expected, out var text)) items.Add((text, item));
        }
        if (node is YamlSequenceNode { Children.Count: 0 }) Error(node, path, "expected " + expected);
        return items;
    }

    /// <summary>Compiles an expression; an error points at the offending word where the text is written on one line.</summary>
    public RuleExpression? Expression(YamlNode? node, string path, ExpressionScope scope)
    {
        if (!Text(node, path, "a condition such as value < 18", out var text)) return null;
        var scalar = (YamlScalarNode)node!;
        try
        {
            return new RuleExpression(text, (int)scalar.Start.Line, (int)scalar.Start.Column, ExpressionParser.Parse(text, scope));
        }
        catch (ExpressionException e)
        {
            var oneLine = scalar.Start.Line == scalar.End.Line && scalar.Style is ScalarStyle.Plain or ScalarStyle.SingleQuoted or ScalarStyle.DoubleQuoted;
            Error(node, path, e.Message, oneLine ? e.Offset + (scalar.Style == ScalarStyle.Plain ? 0 : 1) : 0);
            return null;
        }
    }

    public static string Join(string path, string key) => path.Length == 0 ? key : path + "." + key;
}
