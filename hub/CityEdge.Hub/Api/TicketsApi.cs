using System.Globalization;
using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Api;

/// <summary>Tickets and the commands on them (design §5, <c>tickets</c>).</summary>
public static class TicketsApi
{
    /// <summary>Body of a command; all optional.</summary>
    public sealed record CommandBody(string? Reason, DateTimeOffset? HappenedAt, JsonElement? Args);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/tickets", (TicketStore store, string? state, string? site, string? category, string? severity, string? unit, string? triage, string? q, string? limit, string? cursor) =>
        {
            if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
            var states = new List<TicketState>();
            foreach (var word in state?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
            {
                if (!TicketStates.TryParse(word, out var parsed)) return Problems.Bad("state", word, string.Join(", ", TicketStates.All.Select(TicketStates.Name)));
                states.Add(parsed);
            }
            if (cursor is not null && !TicketStore.IsCursor(cursor)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
            if (severity is not null && !(Enum.TryParse<Severity>(severity, ignoreCase: true, out var level) && Enum.IsDefined(level) && !char.IsAsciiDigit(severity[0]))) return Problems.Bad("severity", severity, "P1, P2, P3, P4 or P5");
            var page = store.List(new TicketQuery
            {
                States = states.Count > 0 ? states : null,
                Site = site,
                Category = category,
                Severity = severity is null ? null : Enum.Parse<Severity>(severity, ignoreCase: true),
                Unit = unit,
                InTriage = triage is "true",
                Q = q,
                Limit = take,
                Cursor = cursor,
            });
            return Results.Ok(new { page.Items, page.Next });
        }).WithSummary("Tickets, newest first; candidates only when asked for by state.");
        api.MapGet("/tickets/{id}", (string id, TicketStore store, HttpResponse response) =>
        {
            if (store.Get(id) is not { } ticket) return Missing(id);
            response.Headers.ETag = $"\"{ticket.Version}\"";
            return Results.Ok(ticket);
        }).WithSummary("One ticket with alarms, due times and timeline.");
        api.MapPost("/tickets/{id}/commands/{name}", Command).RequireRole("crew").WithSummary(
            $"One of {string.Join(", ", TicketTable.Commands.Keys.Order(StringComparer.Ordinal))}; what each expects in args is told when it is missing. If-Match (409 changes nothing) and Idempotency-Key are optional.");
    }

    /// <summary>Who takes the ticket has seen its alarms.</summary>
    private static async Task AcknowledgeAsync(TicketView ticket, string user, HubChanges changes, CancellationToken ct)
    {
        var unseen = ticket.Alarms.Where(alarm => alarm is { State: AlarmState.Active, AcknowledgedBy: null }).Select(AlarmDeskApi.Ref).ToList();
        if (unseen.Count > 0) await changes.ApplyAsync(new HubChange { Actor = user, Desk = new DeskChange(DeskAction.Ack, unseen, null, null) }, ct);
    }

    /// <summary>Metres between the position in the arguments and the asset (haversine on a sphere of 6 371 km); null when either has none.</summary>
    private static double? Distance(JsonElement? args, Asset? asset)
    {
        var told = new CommandArgs(args);
        if (told.Number("lat") is not { } lat || told.Number("long") is not { } lon || asset is not { Lat: { } assetLat, Long: { } assetLong }) return null;
        double Sine(double degrees) => Math.Pow(Math.Sin(degrees * Math.PI / 360), 2);
        var h = Sine(assetLat - lat) + (Math.Cos(lat * Math.PI / 180) * Math.Cos(assetLat * Math.PI / 180) * Sine(assetLong - lon));
        return 2 * 6_371_000 * Math.Asin(Math.Sqrt(Math.Min(1, h)));
    }

    private static IResult Missing(string id) => Problems.NotFound("ticket", id, "See GET /api/v1/tickets.");

    private static async Task<IResult> Command(string id, string name, CommandBody? body, HttpContext http, TicketStore store, EngineReader engine, HubRegistry registry, HubChanges changes, TimeProvider time)
    {
        long? version = null;
        var match = http.Request.Headers.IfMatch.ToString().Trim('"', ' ');
        if (match.Length > 0 && match != "*")
        {
            if (!long.TryParse(match, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return Problems.Bad("If-Match", match, "the ticket's version, a number");
            version = number;
        }
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length > 200) return Problems.Bad("Idempotency-Key", $"{key.Length} characters", "at most 200");
        if (body?.Reason is { Length: > 4000 }) return Problems.Bad("reason", "…", "at most 4000 characters");
        if (store.Get(id) is not { } ticket) return Missing(id);
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var happened = body?.HappenedAt?.ToUnixTimeMilliseconds() ?? now;
        var at = engine.EventNow(ticket.Anchor, happened);
        var user = http.ApiUser();
        var result = await store.WriteAsync(tx => tx.Execute(new TicketCommand(id, name, user.Name, user.Role, happened, at, body?.Reason, version, key.Length > 0 ? key : null, body?.Args, Distance(body?.Args, ticket.Asset is null ? null : registry.FindAsset(ticket.Asset)))), http.RequestAborted);
        if (name == "accept" && result.Outcome == CommandOutcome.Done) await AcknowledgeAsync(result.Ticket!, user.Name, changes, http.RequestAborted);
        if (name == "set-owner" && result.Outcome == CommandOutcome.Done && ticket.Asset is { } assetId && registry.FindAsset(assetId) is { } owned && new CommandArgs(body?.Args).Text("owner") is { } owner)
        {
            // 确权: what was found is known from now on, for this asset and all below it.
            var labels = new Dictionary<string, string>(owned.Labels) { ["owner"] = owner };
            await changes.ApplyAsync(new HubChange { Actor = user.Name, Assets = [owned with { Labels = labels }] }, http.RequestAborted);
        }
        if (result.Ticket is { } after) http.Response.Headers.ETag = $"\"{after.Version}\"";
        return result.Outcome switch
        {
            CommandOutcome.Done or CommandOutcome.Replayed => Results.Ok(result.Ticket),
            CommandOutcome.NotFound => Missing(id),
            CommandOutcome.Conflict => Problems.Conflict(result.Message ?? "The ticket has changed since; read it again."),
            _ => Problems.Conflict(result.Message ?? $"'{name}' is not allowed now."),
        };
    }
}
