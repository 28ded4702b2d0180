using System.Text;
using System.Text.RegularExpressions;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Api;

/// <summary>The asset tree: list, put, import and export as CSV, validated as a whole before anything changes.</summary>
public static partial class AssetsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/assets", (HubRegistry registry, string? kind, string? parent, string? limit, string? cursor) =>
            Page.TryLimit(limit, out var take, out var problem)
                ? Results.Ok(Page.Of(registry.Assets.Where(a => (kind is null || a.Kind == kind) && (parent is null || a.Parent == parent)).OrderBy(a => a.Id, StringComparer.Ordinal), a => a.Id, a => a, cursor, take))
                : problem!).WithSummary("Assets, ordered by id.");
        api.MapGet("/assets/{id}", (string id, HubRegistry registry) => registry.FindAsset(id) is { } asset ? Results.Ok(asset) : Problems.NotFound("asset", id, "See GET /api/v1/assets.")).WithSummary("One asset.");
        api.MapPut("/assets/{id}", Put).RequireRole("manager").WithSummary("Creates or replaces an asset.");
        api.MapPost("/assets/import", Import).Accepts<string>("text/csv").TakesUpTo(HubChange.MaxBytes).RequireRole("manager").WithSummary("CSV id,kind,name,parent,lat,long,label.X,attr.Y; all or nothing; dry_run=true only checks.");
        api.MapGet("/assets.csv", (HubRegistry registry) => Results.Text(AssetCsv.Write(registry.Assets.OrderBy(a => a.Id, StringComparer.Ordinal)), "text/csv", Encoding.UTF8)).WithSummary("All assets as CSV.");
        api.MapGet("/sites", (HubRegistry registry) =>
            Results.Ok(new Page(registry.Devices.GroupBy(d => d.Site).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (object)new { id = g.Key, devices = g.Count(), online = g.Count(d => d.Online), points = g.Sum(d => d.Points) }).ToList(), null)))
            .WithSummary("Sites, from their devices.");
    }

    private static async Task<IResult> Put(string id, Asset body, HubRegistry registry, HubChanges changes, HttpContext http)
    {
        var asset = body with { Id = id, Labels = body.Labels ?? new Dictionary<string, string>(), Attributes = body.Attributes ?? new Dictionary<string, double>(), Name = body.Name ?? id };
        var errors = Check([(1, asset)], registry);
        if (errors.Count > 0) return Problems.Invalid($"Asset '{id}' has errors", errors);
        var existed = registry.FindAsset(id) is not null;
        await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Assets = [asset] }, http.RequestAborted);
        return existed ? Results.Ok(asset) : Results.Created($"/api/v1/assets/{Uri.EscapeDataString(id)}", asset);
    }

    private static async Task<IResult> Import(HttpRequest request, HubRegistry registry, HubChanges changes, bool? dry_run)
    {
        var rows = AssetCsv.Read(await request.ReadTextAsync(), out var errors);
        errors.AddRange(Check(rows, registry));
        if (errors.Count > 0) return Problems.Invalid("The CSV has errors", errors);
        var created = rows.Count(r => registry.FindAsset(r.Asset.Id) is null);
        if (dry_run != true && rows.Count > 0) await changes.ApplyAsync(new HubChange { Actor = request.HttpContext.UserName(), Assets = rows.Select(r => r.Asset).ToList() }, request.HttpContext.RequestAborted);
        return Results.Ok(new { rows = rows.Count, created, updated = rows.Count - created, dry_run = dry_run == true });
    }

    /// <summary>What is wrong with these assets, seen together with those that exist.</summary>
    private static List<object> Check(IReadOnlyList<(int Line, Asset Asset)> rows, HubRegistry registry)
    {
        var errors = new List<object>();
        var incoming = new Dictionary<string, Asset>();
        foreach (var (line, asset) in rows)
        {
            if (!IdPattern().IsMatch(asset.Id)) Error(line, "id", $"'{asset.Id}' is not an id: 1 to 128 of A-Z a-z 0-9 _ . : -");
            if (asset.Labels.Values.Contains(null)) Error(line, "labels", "must have texts as values");
            if (string.IsNullOrWhiteSpace(asset.Kind)) Error(line, "kind", "is missing: building, room, station, kiosk, …");
            if (asset.Lat is < -90 or > 90) Error(line, "lat", $"'{asset.Lat}' is outside -90..90");
            if (asset.Long is < -180 or > 180) Error(line, "long", $"'{asset.Long}' is outside -180..180");
            if (!incoming.TryAdd(asset.Id, asset)) Error(line, "id", $"'{asset.Id}' stands twice");
        }
        foreach (var (line, asset) in rows)
        {
            var seen = new HashSet<string> { asset.Id };
            for (var parent = asset.Parent; parent is not null; parent = Find(parent)?.Parent)
            {
                if (seen.Count > HubRegistry.MaxDepth)
                {
                    Error(line, "parent", $"'{parent}' is more than {HubRegistry.MaxDepth} levels above it: make the tree flatter");
                    break;
                }
                if (Find(parent) is null)
                {
                    Error(line, "parent", $"'{parent}' does not exist: add it to the file or put it first");
                    break;
                }
                if (seen.Add(parent)) continue;
                Error(line, "parent", $"'{asset.Id}' would be its own ancestor through '{parent}'");
                break;
            }
        }
        return errors;

        Asset? Find(string id) => incoming.GetValueOrDefault(id) ?? registry.FindAsset(id);
        void Error(int line, string key, string message) => errors.Add(new { line, key, message = $"{key} {message}" });
    }

    [GeneratedRegex("^[A-Za-z0-9_.:-]{1,128}$")]
    private static partial Regex IdPattern();
}
