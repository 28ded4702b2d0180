using System.CommandLine;
using System.Text.Json;

namespace CityEdge.Hub.Cli;

/// <summary><c>rules versions ID</c> and <c>rules rollback ID VERSION</c>, on a running hub.</summary>
public static class RuleVersionCommands
{
    /// <summary>What becomes of open alarms of the version that is replaced.</summary>
    public static readonly Option<string?> OpenAlarms = new("--open-alarms") { HelpName = "keep|reevaluate|close", Description = "Alarms open now: keep (default) unless the new version calls them over; keep only where a raise condition is true now; close all" };

    public static void AddTo(Command rules)
    {
        var id = new Argument<string>("ID");
        rules.Subcommands.Add(AccountCommands.Make("versions", "Lists a rule's versions, newest first, with author and reason", [id], async (hub, parsed, json, ct) =>
            await AccountCommands.PrintAsync(hub.ListAsync($"/api/v1/rules/{Uri.EscapeDataString(parsed.GetValue(id)!)}/versions", ct), json, "version", "active", "author", "at", "reason")));
        var version = new Argument<int>("VERSION");
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why, kept with the version" };
        rules.Subcommands.Add(AccountCommands.Make("rollback", "Puts the text of an earlier version in force, as a new version", [id, version], async (hub, parsed, json, ct) =>
        {
            var body = new { version = parsed.GetValue(version), reason = parsed.GetValue(reason), open_alarms = parsed.GetValue(OpenAlarms) };
            var rule = await hub.SendAsync(HttpMethod.Post, $"/api/v1/rules/{Uri.EscapeDataString(parsed.GetValue(id)!)}/rollback", body, ct);
            if (json) Output.Json(rule);
            else Console.Out.WriteLine(Applied(rule));
        }, reason, OpenAlarms));
    }

    /// <summary>The query of a change: reason, and choice for open alarms.</summary>
    public static string Query(ParseResult parsed, Option<string?> reason)
    {
        var parts = new[] { ("reason", parsed.GetValue(reason)), ("open_alarms", parsed.GetValue(OpenAlarms)) }.Where(p => p.Item2 is not null).Select(p => $"{p.Item1}={Uri.EscapeDataString(p.Item2!)}").ToList();
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    /// <summary>One line: the version, and what became of open alarms where there were any.</summary>
    public static string Applied(JsonElement rule)
    {
        var alarms = rule.GetProperty("open_alarms");
        var told = new[] { "kept", "reevaluated", "closed" }.Select(name => (name, Count: alarms.GetProperty(name).GetInt32())).Where(a => a.Count > 0).Select(a => $", {a.Count} open alarms {a.name}");
        return $"{rule.GetProperty("id").GetString()} version {rule.GetProperty("version").GetInt32()}{string.Concat(told)}";
    }
}
