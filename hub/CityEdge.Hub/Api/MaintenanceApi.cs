using System.Security.Cryptography;
using CityEdge.Contracts;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>Maintenance windows, planned once or repeating: list, one, plan, remove.</summary>
public static class MaintenanceApi
{
    /// <summary>Body of <c>POST maintenance</c>: what, from when (default now), until when or for how long, how often, and why.</summary>
    public sealed record WindowBody(string? Asset, string? Point, string? Rule, DateTimeOffset? From, DateTimeOffset? To, string? Duration, string? Rrule, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/maintenance", (TicketStore store, HubOptions options, TimeProvider time, string? limit, string? cursor) =>
            Page.TryLimit(limit, out var take, out var problem)
                ? Results.Ok(Page.Of(store.MaintenanceWindows().OrderBy(w => w.Id, StringComparer.Ordinal), w => w.Id, w => View(w, options, time), cursor, take))
                : problem!).WithSummary("Maintenance windows.");
        api.MapGet("/maintenance/{id}", (string id, TicketStore store, HubOptions options, TimeProvider time) => Find(store, id) is { } window ? Results.Ok(View(window, options, time)) : Missing(id)).WithSummary("One maintenance window.");
        api.MapPost("/maintenance", Plan).RequireRole("manager").WithSummary("Plans a window in which alarms of an asset with all below it, a point or a rule open no ticket. Repeats by an RFC 5545 RRULE: FREQ=DAILY, WEEKLY, MONTHLY or YEARLY, INTERVAL, COUNT, UNTIL, BYDAY, BYMONTHDAY.");
        api.MapDelete("/maintenance/{id}", Remove).RequireRole("manager").WithSummary("Removes a window; what it suppresses and still stands is offered at once.");
    }

    private static object View(Maintenance window, HubOptions options, TimeProvider time) => new
    {
        window.Id,
        window.Asset,
        window.Point,
        window.Rule,
        From = HubJson.FromMs(window.FromMs),
        To = HubJson.FromMs(window.FromMs + window.LengthMs),
        window.Rrule,
        InForceUntil = MaintenanceReader.Read(window, Zone(options))?.EndAt(time.GetUtcNow().ToUnixTimeMilliseconds()) is { } end ? HubJson.FromMs(end) : (DateTimeOffset?)null,
        window.Reason,
        Author = window.Actor,
        At = HubJson.FromMs(window.AtMs),
    };

    private static TimeZoneInfo Zone(HubOptions options) => TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone);

    private static Maintenance? Find(TicketStore store, string id) => store.MaintenanceWindows().FirstOrDefault(w => w.Id == id);

    private static IResult Missing(string id) => Problems.NotFound("maintenance window", id, "See GET /api/v1/maintenance.");

    private static async Task<IResult> Plan(WindowBody body, HttpContext http, TicketStore store, HubRegistry registry, HubChanges changes, HubOptions options, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var from = body.From ?? now;
        var errors = new List<object>();
        if (body.Asset is null && body.Point is null && body.Rule is null) errors.Add(AlarmDeskApi.Error("asset", "Give an asset, a point or a rule, or several, which must then all fit."));
        if (body.Asset is { } asset && registry.FindAsset(asset) is null) errors.Add(AlarmDeskApi.Error("asset", $"There is no asset '{asset}'."));
        if (body.Point is { } point && (!PointId.TryParse(point, out var of) || registry.FindPoint(of) is null)) errors.Add(AlarmDeskApi.Error("point", $"There is no point '{point}'; expected site/device/name of a known one."));
        if (body.Rule is { } rule && registry.FindRule(rule) is null) errors.Add(AlarmDeskApi.Error("rule", $"There is no rule '{rule}'."));
        if (AlarmDeskApi.ReasonError(body.Reason, needed: true) is { } reason) errors.Add(reason);
        if (body.Rrule is not null && RecurrenceRule.Parse(body.Rrule, out var wrong) is null) errors.Add(AlarmDeskApi.Error("rrule", $"{wrong}."));
        var length = TimeSpan.Zero;
        if (body.To is not null == body.Duration is not null) errors.Add(AlarmDeskApi.Error("to", "Give either to, an RFC 3339 time, or duration, such as 2h or 1h30m."));
        else if (body.To is { } to) length = to - from;
        else if (!Durations.TryParse(body.Duration, out length)) errors.Add(AlarmDeskApi.Error("duration", $"'{body.Duration}' is none; expected such as 2h or 1h30m."));
        if (errors.Count == 0 && length < TimeSpan.FromMilliseconds(1)) errors.Add(AlarmDeskApi.Error("to", "It must end after it begins."));
        if (body.Rrule is not null && length > TimeSpan.FromMilliseconds(MaintenanceWindow.MaxRepeatedMs)) errors.Add(AlarmDeskApi.Error("duration", "A window that repeats lasts at most 31 days each time."));
        if (errors.Count > 0) return Problems.Invalid("The maintenance window was not planned", errors);
        if (store.MaintenanceWindows().Count >= MaintenanceReader.Most) return Problems.Conflict($"There are {MaintenanceReader.Most} maintenance windows, the most that a hub has: remove those that are over.");
        var window = new Maintenance("m-" + RandomNumberGenerator.GetHexString(16, lowercase: true), body.Asset, body.Point, body.Rule, from.ToUnixTimeMilliseconds(), (long)length.TotalMilliseconds, body.Rrule, body.Reason!, http.UserName(), now.ToUnixTimeMilliseconds());
        await changes.ApplyAsync(new HubChange { Actor = window.Actor, Desk = new DeskChange(DeskAction.Maintain, [], null, window.Reason, window) }, http.RequestAborted);
        return Results.Created($"/api/v1/maintenance/{window.Id}", View(window, options, time));
    }

    private static async Task<IResult> Remove(string id, HttpContext http, TicketStore store, HubChanges changes)
    {
        if (Find(store, id) is not { } window) return Missing(id);
        await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Desk = new DeskChange(DeskAction.EndMaintenance, [], null, null, window) }, http.RequestAborted);
        return Results.NoContent();
    }
}
