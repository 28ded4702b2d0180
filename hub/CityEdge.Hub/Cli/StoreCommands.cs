using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CityEdge.Hub.Api;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Cli;

/// <summary><c>journal stats|verify</c> and <c>deadletter list|replay</c>, on a running hub or, with <c>--data</c>, on a stopped one's directory.</summary>
public static class StoreCommands
{
    private static Option<string?> Data() => new("--data") { HelpName = "DIR", Description = "Data directory of a stopped hub, instead of a running one" };

    public static Command Journal()
    {
        var journal = new Command("journal", "The journal: every acknowledged message");
        foreach (var verify in new[] { false, true })
        {
            var data = Data();
            journal.Subcommands.Add(AccountCommands.Make(verify ? "verify" : "stats", verify ? "Reads every record and checks its sum" : "Size, segments, cursors and backlog", [], async (hub, parsed, json, ct) =>
            {
                if (parsed.GetValue(data) is not { } directory)
                {
                    Print(await hub.GetAsync(verify ? "/api/v1/journal/verify" : "/api/v1/journal", ct), json);
                    return;
                }
                var path = Path.Combine(directory, "journal");
                if (!Directory.Exists(path)) throw new UsageException($"--data is '{directory}'; there is no journal directory in it.");
                var (report, sound) = JournalJson.Verify(path);
                Print(JsonSerializer.SerializeToElement(report, HubJson.Options), json);
                if (verify && !sound) throw new CommandFailedException($"{path}: damaged records; see above. The hub quarantines them at its next start and goes on with the rest.");
            }, data));
        }
        return journal;
    }

    public static Command DeadLetter()
    {
        var deadLetter = new Command("deadletter", "What could not be used, with its reason");
        var data = Data();
        var reason = new Option<string?>("--reason") { HelpName = "REASON", Description = "Only this reason, e.g. not_senml" };
        deadLetter.Subcommands.Add(AccountCommands.Make("list", "Lists dead letters, newest first", [], async (hub, parsed, json, ct) =>
        {
            var filter = parsed.GetValue(reason);
            var items = parsed.GetValue(data) is { } directory ? Stored(directory, filter) : hub.ListAsync("/api/v1/deadletters" + (filter is null ? "" : $"?reason={Uri.EscapeDataString(filter)}"), ct);
            await AccountCommands.PrintAsync(items, json, "at", "reason", "topic", "message");
        }, data, reason));
        var id = new Argument<string>("ID");
        deadLetter.Subcommands.Add(AccountCommands.Make("replay", "Gives the message to the hub once more, e.g. after a rule or unit was mended", [id], async (hub, parsed, _, ct) =>
            await hub.SendAsync(HttpMethod.Post, $"/api/v1/deadletters/{Uri.EscapeDataString(parsed.GetValue(id)!)}/replay", null, ct)));
        return deadLetter;
    }

    private static async IAsyncEnumerable<JsonElement> Stored(string directory, string? reason)
    {
        var file = Path.Combine(directory, "hub.db");
        if (!File.Exists(file)) throw new UsageException($"--data is '{directory}'; there is no hub.db in it.");
        await using var store = TicketStore.Open(file, TimeProvider.System);
        long? cursor = null;
        do
        {
            using var read = store.OpenRead();
            var (items, next) = DeadLetters.List(read, reason, null, cursor, 1000);
            foreach (var item in items) yield return JsonSerializer.SerializeToElement(DeadLetterJson.View(item), HubJson.Options);
            cursor = next;
        }
        while (cursor is not null);
    }

    private static void Print(JsonElement report, bool json)
    {
        if (json) Output.Json(report);
        else
        {
            foreach (var part in report.EnumerateObject())
                Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{part.Name,-24} {part.Value.GetRawText()}"));
        }
    }
}
