using System.Globalization;
using CityEdge.Rules;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Registry;

/// <summary>
/// Assets as YAML: a list, or a map with the one key <c>assets</c>; each with <c>id kind name parent lat long labels attributes feeds children</c>. What stands under <c>children</c> has the asset above as
/// its parent, so a tree may be written as a tree, as a list with <c>parent</c>, or both.
/// </summary>
public sealed class AssetYaml
{
    private const int MaxNesting = (HubRegistry.MaxDepth * 2) + 6;
    private static readonly string[] Keys = ["id", "kind", "name", "parent", "lat", "long", "labels", "attributes", AssetCheck.Feeds, "children"];
    private readonly List<object> errors = [];
    private readonly List<AssetRow> rows = [];

    private AssetYaml()
    {
    }

    /// <summary>The assets in the order of the file; errors name line, column and key.</summary>
    public static List<AssetRow> Read(string text, out List<object> errors)
    {
        var reader = new AssetYaml();
        errors = reader.errors;
        if (reader.Load(text) is not { } root) return [];
        if (root is YamlMappingNode map)
        {
            var entries = reader.Entries(map, "", ["assets"]);
            if (!entries.TryGetValue("assets", out var list)) reader.Error(root, "assets", "is missing: a list of assets, or a map with the key assets");
            else reader.List(list, "assets", null);
        }
        else
        {
            reader.List(root, "assets", null);
        }
        return reader.rows;
    }

    private YamlNode? Load(string text)
    {
        try
        {
            // Before the node model, which recurses, and which aliases could make endless.
            var (events, depth) = (new Parser(new StringReader(text)), 0);
            while (events.MoveNext())
            {
                var at = events.Current!.Start;
                depth += events.Current.NestingIncrease;
                if (events.Current is AnchorAlias) return Refuse(at, "aliases are not read here: write the value out");
                if (depth > MaxNesting) return Refuse(at, $"more than {HubRegistry.MaxDepth} levels of assets: make the tree flatter");
            }
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            return stream.Documents.Count == 1 ? stream.Documents[0].RootNode : Refuse(Mark.Empty, stream.Documents.Count == 0 ? "the file is empty: expected a list of assets" : $"expected one document, found {stream.Documents.Count}");
        }
        catch (YamlException e)
        {
            return Refuse(e.Start, "not YAML: " + (e.InnerException ?? e).Message);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or OverflowException or FormatException or IndexOutOfRangeException)
        {
            // YamlDotNet lets a few of its own mistakes out on hostile texts.
            return Refuse(Mark.Empty, "not YAML: " + e.Message);
        }
    }

    private YamlNode? Refuse(Mark at, string message)
    {
        errors.Add(new { line = Math.Max(1, (int)at.Line), column = Math.Max(1, (int)at.Column), key = "", message });
        return null;
    }

    private void List(YamlNode node, string key, string? parent)
    {
        if (node is not YamlSequenceNode list)
        {
            Error(node, key, "must be a list of assets");
            return;
        }
        foreach (var item in list) Item(item, parent);
    }

    private void Item(YamlNode node, string? above)
    {
        if (node is not YamlMappingNode map)
        {
            Error(node, "", "expected an asset: a map with " + string.Join(", ", Keys));
            return;
        }
        var places = new Dictionary<string, (int, int)> { [""] = Place(map) };
        var entries = Entries(map, "", Keys);
        foreach (var (key, value) in entries) places[key] = Place(value);
        var id = Text(entries, "id") ?? "";
        var parent = Text(entries, "parent");
        if (above is not null && parent is not null && parent != above) Error(entries["parent"], "parent", $"'{parent}' is not '{above}', under which the asset stands: take one of them away");
        var labels = new Dictionary<string, string>();
        foreach (var (name, value) in Sub(entries, "labels"))
        {
            places.TryAdd(name, Place(value));
            if (Scalar(value, "labels." + name) is { } label) labels[name] = label;
        }
        var attributes = new Dictionary<string, AttributeValue>();
        foreach (var (name, value) in Sub(entries, "attributes"))
        {
            places.TryAdd("attributes." + name, Place(value));
            if (Scalar(value, "attributes." + name) is { } text) attributes[name] = AttributeValue.Parse(text);
        }
        if (Feeds(entries) is { } feeds) labels[AssetCheck.Feeds] = feeds;
        var asset = new Asset(id, Text(entries, "kind") ?? "", Text(entries, "name") ?? id, above ?? parent, Number(entries, "lat"), Number(entries, "long"), labels, attributes);
        rows.Add(new AssetRow(asset, places[""].Item1, places));
        if (entries.TryGetValue("children", out var children)) List(children, "children", id);
    }

    private string? Feeds(Dictionary<string, YamlNode> entries)
    {
        if (!entries.TryGetValue(AssetCheck.Feeds, out var node)) return null;
        if (node is YamlSequenceNode list) return list.Children.Count == 0 ? null : string.Join(' ', list.Select(item => Scalar(item, AssetCheck.Feeds)));
        Error(node, AssetCheck.Feeds, "must be a list of ids of assets");
        return null;
    }

    private Dictionary<string, YamlNode> Sub(Dictionary<string, YamlNode> entries, string key)
    {
        if (!entries.TryGetValue(key, out var node)) return [];
        if (node is YamlMappingNode map) return Entries(map, key + ".", null);
        Error(node, key, "must be a map of names to values");
        return [];
    }

    private Dictionary<string, YamlNode> Entries(YamlMappingNode map, string path, string[]? known)
    {
        var entries = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        foreach (var (keyNode, value) in map.Children)
        {
            if (keyNode is not YamlScalarNode { Value: { Length: > 0 } key }) Error(keyNode, path, "a name must be a text");
            else if (known is not null && !known.Contains(key)) Error(keyNode, path + key, $"is not known here; expected {string.Join(", ", known)}");
            else if (value is not YamlScalarNode { Style: ScalarStyle.Plain, Value: "" or "~" or "null" }) entries[key] = value;
        }
        return entries;
    }

    private string? Text(Dictionary<string, YamlNode> entries, string key) => entries.TryGetValue(key, out var node) ? Scalar(node, key) : null;

    private double? Number(Dictionary<string, YamlNode> entries, string key) => entries.TryGetValue(key, out var node) ? Number(node, key) : null;

    private string? Scalar(YamlNode node, string key)
    {
        if (node is YamlScalarNode scalar) return scalar.Value ?? "";
        Error(node, key, "must be a text");
        return null;
    }

    private double? Number(YamlNode node, string key)
    {
        if (Scalar(node, key) is not { } text) return null;
        if (double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) return number;
        Error(node, key, $"is '{text}', expected a number");
        return null;
    }

    private static (int Line, int Column) Place(YamlNode node) => (Math.Max(1, (int)node.Start.Line), Math.Max(1, (int)node.Start.Column));

    private void Error(YamlNode node, string key, string message)
    {
        var (line, column) = Place(node);
        errors.Add(new { line, column, key, message = key.Length > 0 ? $"{key} {message}" : message });
    }
}
