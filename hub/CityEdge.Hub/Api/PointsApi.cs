using CityEdge.Hub.Security;
using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>What the API says of a point (design §5, <c>points</c>).</summary>
public sealed record PointView(
    string Id, string Site, string Device, string Name, string Kind, string? Unit, string? Asset, IReadOnlyDictionary<string, string> Labels, object? Last, string State);

/// <summary>Body of <c>PATCH points/{id}</c>; what is left out stays as it is.</summary>
public sealed record PointPatch(string? Kind, string? Unit, string? Asset, Dictionary<string, string>? Labels);

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

/// <summary>The state of a point as the console shows it, from the open alarms.</summary>
public sealed class PointStates(HubRegistry registry, TicketStore tickets)
{
    private Dictionary<string, string> states = [];

    /// <summary>Reads the open alarms again; call after a commit that changed alarms.</summary>
    public void Refresh()
    {
        var next = new Dictionary<string, string>();
        string? cursor = null;
        do
        {
            var page = tickets.Alarms(new AlarmQuery { State = Tickets.AlarmState.Active, Limit = Page.MaxLimit, Cursor = cursor });
            foreach (var alarm in page.Items)
            {
                var state = alarm.Reason == AlarmReason.NoData ? "silent" : alarm.Severity.ToString().ToLowerInvariant();
                // A value alarm says more than silence; of two the more urgent shows.
                if (!next.TryGetValue(alarm.Point, out var other) || Rank(state) < Rank(other)) next[alarm.Point] = state;
            }
            cursor = page.Next;
        }
        while (cursor is not null);
        states = next;
    }

    private static int Rank(string state) => state == "silent" ? 9 : state[1] - '0';

    public string Of(string point) => states.GetValueOrDefault(point, "ok");

    public PointView View(PointEntry point)
    {
        var id = point.Id.ToString();
        var last = point.Last is { } reading ? ReadingJson.Item(reading.TimeMs, reading.Value, reading.Quality) : null;
        return new PointView(id, point.Id.Site, point.Id.Device, point.Id.Name, PointKinds.Name(point.Kind), point.Unit, point.Asset, point.Labels, last, Of(id));
    }

    public PointView? View(PointId id) => registry.FindPoint(id) is { } point ? View(point) : null;
}
