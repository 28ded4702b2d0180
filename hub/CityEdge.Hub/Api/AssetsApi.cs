using System.Text;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>The asset tree: list, put, import and export as CSV and YAML, validated as a whole before anything changes.</summary>
public static class AssetsApi
{
    private const string Yaml = "application/yaml";

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/assets", (HubRegistry registry, string? kind, string? parent, string? limit, string? cursor) =>
            Page.TryLimit(limit, out var take, out var problem)
                ? Results.Ok(Page.Of(registry.Assets.Where(a => (kind is null || a.Kind == kind) && (parent is null || a.Parent == parent)).OrderBy(a => a.Id, StringComparer.Ordinal), a => a.Id, a => a, cursor, take))
                : problem!).WithSummary("Assets, ordered by id.");
        api.MapGet("/assets/{id}", (string id, HubRegistry registry) => registry.FindAsset(id) is { } asset ? Results.Ok(asset) : Problems.NotFound("asset", id, "See GET /api/v1/assets.")).WithSummary("One asset.");
        api.MapPut("/assets/{id}", Put).RequireRole("manager").WithSummary("Creates or replaces an asset.");
        api.MapPost("/assets/import", Import).Accepts<string>("text/csv", "application/yaml").TakesUpTo(HubChange.MaxBytes).RequireRole("manager").WithSummary("CSV id,kind,name,parent,lat,long,label.X,attr.Y, or YAML, a tree of children or a list; all or nothing; dry_run=true only checks.");
        api.MapGet("/assets.csv", (HubRegistry registry) => Results.Text(AssetCsv.Write(registry.Assets.OrderBy(a => a.Id, StringComparer.Ordinal)), "text/csv", Encoding.UTF8)).WithSummary("All assets as CSV.");
        api.MapGet("/assets.yaml", (HubRegistry registry) => Results.Text(AssetYamlText.Write(registry.Assets), Yaml, Encoding.UTF8)).WithSummary("All assets as YAML, a tree.");
        api.MapGet("/sites", (HubRegistry registry) =>
            Results.Ok(new Page(registry.Devices.GroupBy(d => d.Site).OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (object)new { id = g.Key, devices = g.Count(), online = g.Count(d => d.Online), points = g.Sum(d => d.Points) }).ToList(), null)))
            .WithSummary("Sites, from their devices.");
    }

    private static async Task<IResult> Put(string id, Asset body, HubRegistry registry, HubChanges changes, HttpContext http)
    {
        var asset = body with { Id = id, Labels = body.Labels ?? new Dictionary<string, string>(), Attributes = body.Attributes ?? new Dictionary<string, AttributeValue>(), Name = body.Name ?? id };
        var errors = AssetCheck.Errors([new AssetRow(asset, 1)], registry);
        if (errors.Count > 0) return Problems.Invalid($"Asset '{id}' has errors", errors);
        var existed = registry.FindAsset(id) is not null;
        await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Assets = [asset] }, http.RequestAborted);
        return existed ? Results.Ok(asset) : Results.Created($"/api/v1/assets/{Uri.EscapeDataString(id)}", asset);
    }

    private static async Task<IResult> Import(HttpRequest request, HubRegistry registry, HubChanges changes, bool? dry_run)
    {
        var isYaml = request.ContentType?.Split(';')[0].Trim() is Yaml or "text/yaml" or "application/x-yaml";
        var text = await request.ReadTextAsync();
        var rows = isYaml ? AssetYaml.Read(text, out var errors) : AssetCsv.Read(text, out errors).ConvertAll(row => new AssetRow(row.Asset, row.Line));
        errors.AddRange(AssetCheck.Errors(rows, registry));
        if (errors.Count > 0) return Problems.Invalid($"The {(isYaml ? "YAML" : "CSV")} has errors", errors);
        var created = rows.Count(r => registry.FindAsset(r.Asset.Id) is null);
        if (dry_run != true && rows.Count > 0) await changes.ApplyAsync(new HubChange { Actor = request.HttpContext.UserName(), Assets = rows.Select(r => r.Asset).ToList() }, request.HttpContext.RequestAborted);
        return Results.Ok(new { rows = rows.Count, created, updated = rows.Count - created, dry_run = dry_run == true });
    }
}
