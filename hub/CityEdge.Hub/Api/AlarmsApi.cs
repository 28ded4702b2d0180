using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>Alarms, and why they rose or did not.</summary>
public static class AlarmsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/alarms", (TicketStore store, string? state, string? rule, string? point, string? limit, string? cursor) =>
        {
            if (state is not (null or "active" or "cleared")) return Problems.Bad("state", state, "active or cleared");
            PointId? of = null;
            if (point is not null) of = PointId.TryParse(point, out var id) ? id : default(PointId?);
            if (point is not null && of is null) return Problems.Bad("point", point, "site/device/name");
            if (cursor is not null && !TicketStore.IsCursor(cursor)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
            if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
            var page = store.Alarms(new AlarmQuery { State = state switch { "active" => AlarmState.Active, "cleared" => AlarmState.Cleared, _ => null }, Rule = rule, Point = of, Limit = take, Cursor = cursor });
            return Results.Ok(new { page.Items, page.Next });
        }).WithSummary("Alarm occurrences, newest first.");
        api.MapGet("/alarms/{id}", (string id, TicketStore store) => store.Alarm(id) is { } alarm ? Results.Ok(alarm) : Missing(id)).WithSummary("One alarm.");
        api.MapGet("/alarms/{id}/explain", (string id, TicketStore store, EngineReader engine) =>
            store.Alarm(id) is { } alarm && PointId.TryParse(alarm.Point, out var point) ? Results.Ok(new { alarm, states = engine.Explain(point) }) : Missing(id))
            .WithSummary("What the engine knows now of the alarm's point: inputs, timers, verdict, by rule.");
    }

    private static IResult Missing(string id) => Problems.NotFound("alarm", id, "See GET /api/v1/alarms.");
}
