using System.Globalization;
using System.Text.Json;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>What people were told of tickets, and by which channels.</summary>
public static class NotificationsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/notifications", (TicketStore store, string? state, string? channel, string? ticket, string? limit, string? cursor) =>
        {
            if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
            var names = Enum.GetValues<DeliveryState>().ToDictionary(s => JsonNamingPolicy.KebabCaseLower.ConvertName(s.ToString()));
            if (state is not null && !names.ContainsKey(state)) return Problems.Bad("state", state, string.Join(", ", names.Keys));
            (long, string)? before = null;
            if (cursor is not null)
            {
                var dot = cursor.IndexOf('.', StringComparison.Ordinal);
                if (dot < 0 || !long.TryParse(cursor.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var created)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
                before = (created, cursor[(dot + 1)..]);
            }
            using var read = store.OpenRead();
            var (items, next) = DeliveryTable.List(read, state is null ? null : names[state], channel, ticket, before, take);
            return Results.Ok(new Page([.. items.Select(View)], next));
        }).RequireRole("manager").WithSummary("Notices by channel, newest first: pending, sent, dead or stopped.");
        api.MapGet("/notifications/channels", (Notifier notifier) => Results.Ok(new Page(
            [.. notifier.Channels.Select(c => new { c.Options.Name, type = c.Options.Kind, per_minute = c.Options.PerMinute, tried_at = c.TriedAt, error = c.Error })], null)))
            .RequireRole("manager").WithSummary("Channels of notify.channels and how their last try went.");
        api.MapPost("/notifications/channels/{name}/test", async (string name, Notifier notifier, CancellationToken ct) =>
        {
            if (notifier.Channels.FirstOrDefault(c => c.Options.Name == name) is not { } channel) return Problems.NotFound("channel", name, "See GET /api/v1/notifications/channels; channels are in notify.channels of the hub's configuration.");
            var result = await notifier.TestAsync(channel, ct);
            return result.Error is null ? Results.Ok(new { name, taken = true }) : TypedResults.Problem($"Channel '{name}' did not take the test message: {result.Error}", statusCode: 502, title: "Not taken");
        }).RequireRole("manager").WithSummary("Sends a test message at once; 502 with what the other side said when it is not taken.");
        api.MapPost("/notifications/{id}/replay", async (string id, Notifier notifier, TicketStore store, CancellationToken ct) =>
        {
            if (await notifier.ReplayAsync(id, ct) is { } again) return Results.Accepted($"/api/v1/notifications?ticket={again.Ticket}", View(again));
            using var read = store.OpenRead();
            return DeliveryTable.Find(read, id) is { } other
                ? Problems.Conflict($"The notice '{id}' is {JsonNamingPolicy.KebabCaseLower.ConvertName(other.State.ToString())}; only a dead one can be replayed.")
                : Problems.NotFound("notice", id, "See GET /api/v1/notifications?state=dead.");
        }).RequireRole("manager").WithSummary("Sends a dead notice again, under its old id.");
    }

    private static object View(Delivery d) => new
    {
        d.Id, d.Ticket, d.Kind, d.Channel, d.State, d.Attempts, d.Reminder, at = HubJson.FromMs(d.AtMs), created_at = HubJson.FromMs(d.CreatedMs), due_at = d.State == DeliveryState.Pending ? HubJson.FromMs(d.DueMs) : default(DateTimeOffset?),
        sent_at = d.SentMs is { } sent ? HubJson.FromMs(sent) : default(DateTimeOffset?), message = d.MessageId, d.Error,
    };
}
