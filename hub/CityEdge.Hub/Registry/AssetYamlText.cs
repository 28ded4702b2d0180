using System.Globalization;
using System.Text;

namespace CityEdge.Hub.Registry;

/// <summary>Assets written as the YAML that <see cref="AssetYaml"/> reads: a tree, siblings by id.</summary>
public sealed class AssetYamlText
{
    private static readonly HashSet<string> Words = new(["true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf"], StringComparer.OrdinalIgnoreCase);
    private readonly StringBuilder text = new();
    private readonly ILookup<string, Asset> children;

    private AssetYamlText(IReadOnlyList<Asset> assets)
    {
        var ids = assets.Select(asset => asset.Id).ToHashSet(StringComparer.Ordinal);
        var roots = assets.Where(asset => asset.Parent is null || !ids.Contains(asset.Parent)).OrderBy(asset => asset.Id, StringComparer.Ordinal).ToList();
        children = assets.Where(asset => asset.Parent is not null).OrderBy(asset => asset.Id, StringComparer.Ordinal).ToLookup(asset => asset.Parent!, StringComparer.Ordinal);
        text.Append(roots.Count == 0 ? "assets: []\n" : "assets:\n");
        foreach (var root in roots) Item(root, 2, root.Parent is not null);
    }

    /// <summary>All of them as one document.</summary>
    public static string Write(IEnumerable<Asset> assets) => new AssetYamlText(assets.ToList()).text.ToString();

    private void Item(Asset asset, int indent, bool namesParent)
    {
        text.Append(' ', indent).Append("- id: ").Append(Quoted(asset.Id)).Append('\n');
        indent += 2;
        Line(indent, "kind", Quoted(asset.Kind));
        if (asset.Name != asset.Id) Line(indent, "name", Quoted(asset.Name));
        if (namesParent) Line(indent, "parent", Quoted(asset.Parent!));
        if (asset.Lat is { } lat) Line(indent, "lat", Number(lat));
        if (asset.Long is { } longitude) Line(indent, "long", Number(longitude));
        Map(indent, "labels", asset.Labels.Where(pair => pair.Key != AssetCheck.Feeds).Select(pair => KeyValuePair.Create(pair.Key, Quoted(pair.Value))));
        Map(indent, "attributes", asset.Attributes.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.Text is { } written ? Quoted(written) : pair.Value.ToString())));
        if (asset.Labels.GetValueOrDefault(AssetCheck.Feeds) is { } feeds) Line(indent, AssetCheck.Feeds, $"[{string.Join(", ", feeds.Split(' ').Select(Quoted))}]");
        var below = children[asset.Id];
        if (!below.Any()) return;
        text.Append(' ', indent).Append("children:\n");
        foreach (var child in below) Item(child, indent + 2, false);
    }

    private void Line(int indent, string key, string value) => text.Append(' ', indent).Append(key).Append(": ").Append(value).Append('\n');

    private void Map(int indent, string key, IEnumerable<KeyValuePair<string, string>> pairs)
    {
        var all = pairs.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{Quoted(pair.Key)}: {pair.Value}").ToList();
        if (all.Count > 0) Line(indent, key, $"{{ {string.Join(", ", all)} }}");
    }

    private static string Number(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    /// <summary>Plain where no reader of YAML could take it for something else.</summary>
    private static string Quoted(string value)
    {
        if (value.Length > 0 && char.IsAsciiLetter(value[0]) && value.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && !Words.Contains(value)) return value;
        var quoted = new StringBuilder("\"");
        foreach (var c in value)
        {
            if (c is '"' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c) || c is '\u2028' or '\u2029' or '\uFEFF' or '\u00A0') quoted.Append("\\u").Append(((int)c).ToString("X4", CultureInfo.InvariantCulture));
            else quoted.Append(c);
        }
        return quoted.Append('"').ToString();
    }
}
