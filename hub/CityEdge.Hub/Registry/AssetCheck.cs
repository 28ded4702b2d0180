using System.Text.RegularExpressions;
using CityEdge.Rules;

namespace CityEdge.Hub.Registry;

/// <summary>
/// What is wrong with assets before they are taken over, seen together with those that exist. Two grids are never mixed up: label <c>grid_cell</c> is the spatial cell of GB/T 30428 (15 digits: 6 of the
/// administrative division, 3 street, 3 community, 3 serial), label <c>social_grid</c> the grid of about 300 households, under its own name.
/// </summary>
public static partial class AssetCheck
{
    /// <summary>Label: ids of the assets that this one feeds, with one space between.</summary>
    public const string Feeds = "feeds";

    private const string GridCell = "grid_cell";
    private const string SocialGrid = "social_grid";

    /// <summary>All errors, in the order of the rows; empty when everything may be taken over.</summary>
    public static List<object> Errors(IReadOnlyList<AssetRow> rows, HubRegistry registry)
    {
        var errors = new List<object>();
        var incoming = new Dictionary<string, Asset>();
        foreach (var row in rows)
        {
            var asset = row.Asset;
            if (!IdPattern().IsMatch(asset.Id)) Error(row, "id", $"'{asset.Id}' is not an id: 1 to 128 of A-Z a-z 0-9 _ . : -");
            if (asset.Labels.Values.Contains(null)) Error(row, "labels", "must have texts as values");
            foreach (var (name, value) in asset.Attributes)
            {
                if (value.Text is not null and not { Length: > 0 and <= AttributeValue.MaxTextLength }) Error(row, "attributes." + name, $"must be a number or a text of 1 to {AttributeValue.MaxTextLength} characters");
            }
            if (string.IsNullOrWhiteSpace(asset.Kind)) Error(row, "kind", "is missing: building, room, station, kiosk, …");
            if (asset.Lat is < -90 or > 90) Error(row, "lat", $"'{asset.Lat}' is outside -90..90");
            if (asset.Long is < -180 or > 180) Error(row, "long", $"'{asset.Long}' is outside -180..180");
            if (asset.Labels.GetValueOrDefault(GridCell) is { } cell && !CellPattern().IsMatch(cell)) Error(row, GridCell, $"'{cell}' is not a cell code: 15 digits, 6 of the division, 3 street, 3 community, 3 serial; a grid of 300 households is {SocialGrid}");
            if (asset.Labels.GetValueOrDefault(SocialGrid) is { } grid && CellPattern().IsMatch(grid)) Error(row, SocialGrid, $"'{grid}' is the code of a spatial cell, which is {GridCell}");
            if (!incoming.TryAdd(asset.Id, asset)) Error(row, "id", $"'{asset.Id}' stands twice");
        }
        foreach (var row in rows)
        {
            CheckParents(row);
            if (row.Asset.Labels.GetValueOrDefault(Feeds) is not { } feeds) continue;
            foreach (var fed in feeds.Split(' '))
            {
                if (fed == row.Asset.Id) Error(row, Feeds, $"'{fed}' is the asset itself");
                else if (Find(fed) is null) Error(row, Feeds, $"'{fed}' does not exist: ids of assets with one space between; add it to the file or put it first");
            }
        }
        return errors;

        void CheckParents(AssetRow row)
        {
            var asset = row.Asset;
            var seen = new HashSet<string> { asset.Id };
            for (var parent = asset.Parent; parent is not null; parent = Find(parent)?.Parent)
            {
                if (seen.Count > HubRegistry.MaxDepth)
                {
                    Error(row, "parent", $"'{parent}' is more than {HubRegistry.MaxDepth} levels above it: make the tree flatter");
                    return;
                }
                if (Find(parent) is null)
                {
                    Error(row, "parent", $"'{parent}' does not exist: add it to the file or put it first");
                    return;
                }
                if (seen.Add(parent)) continue;
                Error(row, "parent", $"'{asset.Id}' would be its own ancestor through '{parent}'");
                return;
            }
        }

        Asset? Find(string id) => incoming.GetValueOrDefault(id) ?? registry.FindAsset(id);
        void Error(AssetRow row, string key, string message) => errors.Add(row.Error(key, $"{key} {message}"));
    }

    [GeneratedRegex("^[A-Za-z0-9_.:-]{1,128}$")]
    private static partial Regex IdPattern();

    [GeneratedRegex("^[0-9]{15}$")]
    private static partial Regex CellPattern();
}
