using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Api;

/// <summary>Points: list, one, its limits, and what a person may set on it.</summary>
public static class PointsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/points", List).WithSummary("Points, ordered by id.");
        api.MapGet("/points/{id}", (string id, HubRegistry registry, PointStates states) =>
            Find(registry, id) is { } point ? Results.Ok(states.View(point)) : Missing(id)).WithSummary("One point.");
        api.MapPatch("/points/{id}", Patch).RequireRole("manager").WithSummary("Sets kind, unit, asset and labels; announcements of the device no longer overwrite them.");
        api.MapGet("/points/{id}/limits", Limits).WithSummary("Numeric limits of the rules that run on the point, for charts.");
    }

    public static PointEntry? Find(HubRegistry registry, string id) => PointId.TryParse(Uri.UnescapeDataString(id), out var point) ? registry.FindPoint(point) : null;

    public static IResult Missing(string id) => Problems.NotFound("point", Uri.UnescapeDataString(id), "Points register themselves at their first valid message; ids are 'site/device/name', percent-encoded in paths.");

    private static IResult List(HubRegistry registry, PointStates states, string? site, string? device, string? kind, string? q, string? limit, string? cursor)
    {
        if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
        var points = registry.Points
            .Where(p => (site is null || p.Id.Site == site) && (device is null || p.Id.Device == device || $"{p.Id.Site}/{p.Id.Device}" == device) && (kind is null || PointKinds.Name(p.Kind) == kind))
            .Where(p => q is null || p.Id.ToString().Contains(q, StringComparison.OrdinalIgnoreCase))
            .Select(p => (Id: p.Id.ToString(), Point: p)).OrderBy(p => p.Id, StringComparer.Ordinal);
        return Results.Ok(Page.Of(points, p => p.Id, p => states.View(p.Point), cursor, take));
    }

    private static async Task<IResult> Patch(string id, PointPatch body, HubRegistry registry, HubChanges changes, PointStates states, HttpContext http)
    {
        if (Find(registry, id) is not { } point) return Missing(id);
        if (body.Kind is not null && !PointKinds.TryParse(body.Kind, out _)) return Problems.Bad("kind", body.Kind, $"one of {string.Join(", ", Enum.GetValues<PointKind>().Select(PointKinds.Name))}");
        if (body.Labels is { } labels && labels.Values.Contains(null!)) return Problems.Bad("labels", "null", "texts as values");
        var kind = point.Kind;
        if (body.Kind is not null) PointKinds.TryParse(body.Kind, out kind);
        if (body.Unit is not null && !Units.TryConvert(0, body.Unit, kind, out _))
            return Problems.Bad("unit", body.Unit, $"a unit of {PointKinds.Name(kind)} from SenML's registry, RFC 8798 or UCUM, such as {PointKinds.CanonicalUnit(kind) ?? "Cel"}");
        if (body.Asset is not null && registry.FindAsset(body.Asset) is null) return Problems.Bad("asset", body.Asset, "the id of an asset; add it with PUT assets/{id} first");
        await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Point = new PointChange(point.Id.ToString(), body.Kind, body.Unit, body.Asset, body.Labels) }, http.RequestAborted);
        return Results.Ok(states.View(point));
    }

    private static IResult Limits(string id, HubRegistry registry, EngineReader engine)
    {
        if (Find(registry, id) is not { } point) return Missing(id);
        return Results.Ok(new Page(engine.LimitsFor(point.Id), null));
    }
}
