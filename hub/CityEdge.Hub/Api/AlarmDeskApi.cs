using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>What people do to alarms: acknowledge, shelve; and the desk at a glance.</summary>
public static class AlarmDeskApi
{
    /// <summary>Longest reason, characters.</summary>
    public const int MaxReason = 4000;

    /// <summary>Body of <c>ack</c>; all optional.</summary>
    public sealed record AckBody(string? Reason);

    /// <summary>Body of <c>shelve</c>: an end or a number of minutes, and why.</summary>
    public sealed record ShelveBody(DateTimeOffset? Until, double? Minutes, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/alarms/{id}/ack", Ack).RequireRole("crew").WithSummary("Says that somebody has seen the alarm; the first who says so stays named. Accepting its ticket says it too.");
        api.MapPost("/alarms/{id}/shelve", Shelve).RequireRole("manager").WithSummary("Keeps the alarm's rule quiet on its point until a time, at most 24 h ahead; what still stands then is told anew.");
        api.MapDelete("/alarms/{id}/shelve", Unshelve).RequireRole("manager").WithSummary("Ends a shelf early.");
        api.MapGet("/desk", Glance).WithSummary("The alarm desk at a glance: what is suppressed and why, shelves, and whether there is a flood of alarms.");
    }

    /// <summary>An empty or absent reason where one is needed, or one that is too long; null when it is well.</summary>
    public static object? ReasonError(string? reason, bool needed) =>
        needed && string.IsNullOrWhiteSpace(reason) ? Error("reason", "Say why: whoever wonders tomorrow reads it.")
        : reason is { Length: > MaxReason } ? Error("reason", $"It has {reason.Length} characters, at most {MaxReason} fit.") : null;

    public static object Error(string key, string message) => new { key, message };

    private static async Task<IResult> Ack(string id, AckBody? body, HttpContext http, TicketStore store, HubChanges changes, EngineReader engine, TimeProvider time)
    {
        if (store.Alarm(id) is not { } alarm) return AlarmsApi.Missing(id);
        if (ReasonError(body?.Reason, needed: false) is { } error) return Problems.Invalid("The alarm was not acknowledged", [error]);
        if (alarm.AcknowledgedBy is null) await changes.ApplyAsync(Change(http, new DeskChange(DeskAction.Ack, [Ref(alarm)], null, body?.Reason)), http.RequestAborted);
        return Results.Ok(engine.Dated([store.Alarm(id)!], time.GetUtcNow().ToUnixTimeMilliseconds())[0]);
    }

    private static async Task<IResult> Shelve(string id, ShelveBody body, HttpContext http, TicketStore store, HubChanges changes, EngineReader engine, TimeProvider time)
    {
        if (store.Alarm(id) is not { } alarm) return AlarmsApi.Missing(id);
        var now = time.GetUtcNow();
        var errors = new List<object>();
        if (ReasonError(body.Reason, needed: true) is { } reason) errors.Add(reason);
        var until = body.Until;
        if (body.Minutes is { } minutes && body.Until is null && double.IsFinite(minutes) && Math.Abs(minutes) < 1e6) until = now.AddMinutes(minutes);
        else if (body.Minutes is not null || body.Until is null) errors.Add(Error("until", "Give either until, an RFC 3339 time, or minutes, a number."));
        if (until <= now) errors.Add(Error("until", $"{HubJson.Time(until.Value)} is not in the future; it is {HubJson.Time(now)}."));
        if (until - now > TimeSpan.FromMilliseconds(AlarmDesk.MaxShelfMs)) errors.Add(Error("until", "No shelf lasts longer than 24 h: plan a maintenance window for longer work, or change the rule."));
        if (errors.Count > 0) return Problems.Invalid("The alarm was not shelved", errors);
        await changes.ApplyAsync(Change(http, new DeskChange(DeskAction.Shelve, [Ref(alarm)], until!.Value.ToUnixTimeMilliseconds(), body.Reason)), http.RequestAborted);
        return Results.Ok(engine.Dated([store.Alarm(id)!], now.ToUnixTimeMilliseconds())[0]);
    }

    private static async Task<IResult> Unshelve(string id, HttpContext http, TicketStore store, HubChanges changes)
    {
        if (store.Alarm(id) is not { } alarm) return AlarmsApi.Missing(id);
        if (alarm.ShelvedUntil is null) return Problems.NotFound("shelf of alarm", id, "It may have ended by itself.");
        await changes.ApplyAsync(Change(http, new DeskChange(DeskAction.Unshelve, [Ref(alarm)], null, null)), http.RequestAborted);
        return Results.NoContent();
    }

    private static IResult Glance(TicketStore store, EngineReader engine, TimeProvider time)
    {
        var now = time.GetUtcNow();
        var (suppressed, flood) = engine.Desk(now.ToUnixTimeMilliseconds());
        return Results.Ok(new
        {
            suppressed = suppressed.OrderBy(pair => pair.Key).Select(pair => new { reason = pair.Key, alarms = pair.Value }),
            flood_since = flood is { } since ? HubJson.FromMs(since) : (DateTimeOffset?)null,
            gathered = store.Gathered() is { } held ? new { since = HubJson.FromMs(held.SinceMs), held.Notices, held.Tickets, held.Counts, held.Newest } : null,
            shelves = store.Shelves().Where(shelf => shelf.Until > now),
        });
    }

    public static AlarmRef Ref(AlarmView alarm) => new(alarm.Id, alarm.Rule, alarm.Point);

    private static HubChange Change(HttpContext http, DeskChange change) => new() { Actor = http.UserName(), Desk = change };
}
