using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using CityEdge.Rules;

namespace CityEdge.Hub.Cli;

/// <summary><c>rules rehearse</c>: what a rule file would have done over the readings that a running hub has stored.</summary>
public static class RehearseCommand
{
    /// <summary>Alarms shown without <c>--json</c>.</summary>
    private const int Shown = 20;

    public static Command Build()
    {
        var file = new Argument<string>("FILE");
        var from = new Option<string>("--from") { HelpName = "TIME", Required = true, Description = "Alarms raised from here on count; RFC 3339, such as 2026-01-31 or 2026-01-31T08:00:00+08:00" };
        var to = new Option<string?>("--to") { HelpName = "TIME", Description = "Where the clock stops; default now" };
        return AccountCommands.Make("rehearse", "Runs the rule over stored readings: alarms, tickets, and what changes against the rule in force; changes nothing", [file], async (hub, parsed, json, ct) =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
            var yaml = await File.ReadAllTextAsync(path, ct);
            var result = RuleParser.Parse(yaml, path);
            if (result.Rule is not { } rule) throw new CommandFailedException(string.Join('\n', result.Errors.Select(e => $"{e.File}:{e.Line}:{e.Column}: {e.Key}: {e.Message}")));
            var progress = new ProgressLine(rule.Id);
            await foreach (var line in hub.LinesAsync(HttpMethod.Post, $"/api/v1/rules/{rule.Id}/rehearse", new { from = parsed.GetValue(from), to = parsed.GetValue(to), yaml }, ct))
            {
                if (line.TryGetProperty("progress", out var done)) progress.Show(Text(done));
                else if (line.TryGetProperty("error", out var error)) throw new CommandFailedException(error.GetProperty("detail").GetString()!);
                else if (line.TryGetProperty("report", out var report))
                {
                    progress.End();
                    if (json) Output.Json(report);
                    else Print(report);
                    return;
                }
            }
            throw new CommandFailedException("The hub ended the answer in the middle. Its log says why; try again.");
        }, from, to);
    }

    private static string Text(JsonElement progress) => string.Create(CultureInfo.InvariantCulture,
        $"{progress.GetProperty("step").GetString()}, {progress.GetProperty("points").GetInt32()} of {progress.GetProperty("of").GetInt32()} points, {progress.GetProperty("readings").GetInt64()} readings");

    private static void Print(JsonElement report)
    {
        Console.Out.WriteLine($"{report.GetProperty("rule").GetString()}, {report.GetProperty("from").GetString()} to {report.GetProperty("to").GetString()}: {report.GetProperty("points")} points, {report.GetProperty("readings")} readings");
        Console.Out.WriteLine($"{Counts(report)}, {report.GetProperty("open_at_start")} open already at the start");
        Console.Out.WriteLine($"{Beaten(report)} of {report.GetProperty("complaints")} stored complaints of its category");
        if (report.GetProperty("compared") is { ValueKind: JsonValueKind.Object } compared)
        {
            Console.Out.WriteLine($"version {compared.GetProperty("version")} in force: {Counts(compared)}, {Beaten(compared)} complaints");
            Console.Out.WriteLine($"alarms in both {compared.GetProperty("both")}, only with this file {compared.GetProperty("only_new")}, only in force {compared.GetProperty("only_in_force")}");
        }
        Table(report.GetProperty("weeks"), int.MaxValue, "week", "alarms", "tickets", "active_seconds");
        Table(report.GetProperty("beaten"), Shown, "complaint", "at", "point", "lead_seconds");
        Table(report.GetProperty("items"), Shown, "point", "severity", "raised_at", "cleared_at", "ticket");
    }

    private static void Table(JsonElement list, int most, params string[] columns)
    {
        if (list.GetArrayLength() == 0) return;
        Console.Out.WriteLine();
        Output.Table([.. list.EnumerateArray().Take(most)], columns);
        if (list.GetArrayLength() > most) Console.Out.WriteLine($"and {list.GetArrayLength() - most} more; --json shows all");
    }

    private static string Beaten(JsonElement of) => $"earlier than {of.GetProperty("complaints_beaten")}{(of.GetProperty("median_lead_seconds") is { ValueKind: JsonValueKind.Number } median ? $" (median {TimeSpan.FromSeconds(median.GetDouble()).TotalHours.ToString("0.#", CultureInfo.InvariantCulture)} h)" : "")}";

    private static string Counts(JsonElement of) => $"{of.GetProperty("alarms")} alarms, {of.GetProperty("tickets")} tickets, {TimeSpan.FromSeconds(of.GetProperty("active_seconds").GetInt64()).TotalHours.ToString("0.#", CultureInfo.InvariantCulture)} h active";
}
