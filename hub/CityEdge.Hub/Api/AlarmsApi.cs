using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>Alarms, and why they rose or did not.</summary>
public static class AlarmsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/alarms", (TicketStore store, EngineReader engine, TimeProvider time, string? state, string? rule, string? point, string? limit, string? cursor) =>
        {
            if (state is not (null or "active" or "cleared")) return Problems.Bad("state", state, "active or cleared");
            PointId? of = null;
            if (point is not null) of = PointId.TryParse(point, out var id) ? id : default(PointId?);
            if (point is not null && of is null) return Problems.Bad("point", point, "site/device/name");
            if (cursor is not null && !TicketStore.IsCursor(cursor)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
            if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
            var page = store.Alarms(new AlarmQuery { State = state switch { "active" => AlarmState.Active, "cleared" => AlarmState.Cleared, _ => null }, Rule = rule, Point = of, Limit = take, Cursor = cursor });
            return Results.Ok(new { Items = engine.Dated(page.Items, time.GetUtcNow().ToUnixTimeMilliseconds()), page.Next });
        }).WithSummary("Alarm occurrences, newest first.");
        api.MapGet("/alarms/{id}", (string id, TicketStore store, EngineReader engine, TimeProvider time) => store.Alarm(id) is { } alarm ? Results.Ok(engine.Dated([alarm], time.GetUtcNow().ToUnixTimeMilliseconds())[0]) : Missing(id)).WithSummary("One alarm.");
        api.MapGet("/alarms/{id}/explain", (string id, TicketStore store, EngineReader engine, HubRegistry registry, TimeProvider time) =>
        {
            if (store.Alarm(id) is not { } stored || !PointId.TryParse(stored.Point, out var point)) return Missing(id);
            var now = time.GetUtcNow().ToUnixTimeMilliseconds();
            var alarm = engine.Dated([stored], now)[0];
            return Results.Ok(new { alarm, states = engine.Explain(point), line = AlarmLine.Of(alarm, engine, registry, now), acts = store.Acts(alarm.Rule, alarm.Point) });
        }).WithSummary("What the engine knows now of the alarm's point: inputs, timers, verdict, by rule; the line of suppression stages with what each says; what people did.");
    }

    public static IResult Missing(string id) => Problems.NotFound("alarm", id, "See GET /api/v1/alarms.");
}
