using System.CommandLine;

namespace CityEdge.Hub.Cli;

/// <summary><c>notifications list|channels|test|replay</c>, on a running hub.</summary>
public static class NotificationCommands
{
    public static Command Build()
    {
        var notifications = new Command("notifications", "What people were told of tickets, and by which channels");
        var state = new Option<string?>("--state") { HelpName = "STATE", Description = "pending, sent, dead or stopped" };
        var channel = new Option<string?>("--channel") { HelpName = "NAME", Description = "Only this channel" };
        notifications.Subcommands.Add(AccountCommands.Make("list", "Lists notices, newest first", [], async (hub, parsed, json, ct) =>
        {
            var query = string.Join('&', new[] { ("state", parsed.GetValue(state)), ("channel", parsed.GetValue(channel)) }.Where(p => p.Item2 is not null).Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!)}"));
            await AccountCommands.PrintAsync(hub.ListAsync("/api/v1/notifications" + (query.Length > 0 ? "?" + query : ""), ct), json, "id", "state", "kind", "ticket", "attempts", "error");
        }, state, channel));
        notifications.Subcommands.Add(AccountCommands.Make("channels", "Lists the channels and how their last try went", [], async (hub, _, json, ct) =>
            await AccountCommands.PrintAsync(hub.ListAsync("/api/v1/notifications/channels", ct), json, "name", "type", "tried_at", "error")));
        var name = new Argument<string>("CHANNEL");
        notifications.Subcommands.Add(AccountCommands.Make("test", "Sends a test message and says whether it was taken", [name], async (hub, parsed, json, ct) =>
        {
            var answer = await hub.SendAsync(HttpMethod.Post, $"/api/v1/notifications/channels/{Uri.EscapeDataString(parsed.GetValue(name)!)}/test", null, ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine($"{parsed.GetValue(name)}: taken");
        }));
        var id = new Argument<string>("ID");
        notifications.Subcommands.Add(AccountCommands.Make("replay", "Sends a dead notice again", [id], async (hub, parsed, _, ct) =>
            await hub.SendAsync(HttpMethod.Post, $"/api/v1/notifications/{Uri.EscapeDataString(parsed.GetValue(id)!)}/replay", null, ct)));
        return notifications;
    }
}
