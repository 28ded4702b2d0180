using System.CommandLine;
using System.Globalization;
using System.Text.Json;

namespace CityEdge.Hub.Cli;

/// <summary><c>reports rates|health|ranking|topics|ledger|publish</c>, on a running hub.</summary>
public static class ReportCommands
{
    public static Command Build()
    {
        var reports = new Command("reports", "Measures and reports, recomputed from the tickets' logs");
        var from = new Option<string?>("--from") { HelpName = "TIME", Description = "First instant, e.g. 2026-01-01T00:00:00+08:00; default 30 days before --to" };
        var to = new Option<string?>("--to") { HelpName = "TIME", Description = "First instant past the end; default now" };
        var site = new Option<string?>("--site") { HelpName = "SITE", Description = "Only this site" };
        var by = new Option<string?>("--by") { HelpName = "NAME", Description = "Also by category, site, rule or severity" };
        var month = new Option<string>("--month") { HelpName = "YYYY-MM", Description = "The month", Required = true };
        var version = new Option<string?>("--version") { HelpName = "N", Description = "A published version; default: computed now" };
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why; a correction needs one" };
        reports.Subcommands.Add(AccountCommands.Make("rates", "The measures of a period", [], async (hub, parsed, json, ct) =>
        {
            var sheet = await hub.GetAsync("/api/v1/reports/rates" + Query(("from", parsed.GetValue(from)), ("to", parsed.GetValue(to)), ("site", parsed.GetValue(site)), ("by", parsed.GetValue(by))), ct);
            if (json) Output.Json(sheet);
            else Tell(sheet);
        }, from, to, site, by));
        reports.Subcommands.Add(AccountCommands.Make("health", "A month's health report", [], async (hub, parsed, json, ct) =>
        {
            var report = await hub.GetAsync("/api/v1/reports/health" + Query(("month", parsed.GetValue(month)), ("site", parsed.GetValue(site)), ("version", parsed.GetValue(version))), ct);
            if (json)
            {
                Output.Json(report);
                return;
            }
            Tell(report.GetProperty("now"));
            Output.Table([.. report.GetProperty("categories").EnumerateArray()], "category", "incidents", "before");
        }, month, site, version));
        foreach (var (name, what, columns) in new[] { ("ranking", "Sites by handled first", new[] { "rank", "site", "incidents" }), ("topics", "Categories to take up next", ["category", "score", "incidents", "complaint_first", "reopened"]) })
        {
            reports.Subcommands.Add(AccountCommands.Make(name, what, [], async (hub, parsed, json, ct) =>
            {
                var items = (await hub.GetAsync($"/api/v1/reports/{name}" + Query(("from", parsed.GetValue(from)), ("to", parsed.GetValue(to))), ct)).GetProperty("items").EnumerateArray().ToList();
                if (!json) Output.Table(items, columns);
                else foreach (var item in items) Output.Json(item);
            }, from, to));
        }
        reports.Subcommands.Add(AccountCommands.Make("ledger", "One CSV line for each incident that ended", [], async (hub, parsed, _, ct) =>
            Console.Out.Write(await hub.GetTextAsync("/api/v1/reports/ledger" + Query(("from", parsed.GetValue(from)), ("to", parsed.GetValue(to)), ("site", parsed.GetValue(site))), ct)), from, to, site));
        reports.Subcommands.Add(AccountCommands.Make("publish", "Publishes a month's health report; that version is never changed", [], async (hub, parsed, json, ct) =>
        {
            var answer = await hub.SendAsync(HttpMethod.Post, "/api/v1/reports/health/publish" + Query(("month", parsed.GetValue(month)), ("site", parsed.GetValue(site))), new { reason = parsed.GetValue(reason) }, ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine($"{parsed.GetValue(month)} version {answer.GetProperty("version")}");
        }, month, site, reason));
        return reports;
    }

    private static void Tell(JsonElement sheet)
    {
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"incidents",-16} {sheet.GetProperty("incidents")}, {sheet.GetProperty("valid")} of them solved"));
        foreach (var measure in sheet.GetProperty("measures").EnumerateObject())
        {
            var (n, of) = (measure.Value.GetProperty("n").GetInt32(), measure.Value.GetProperty("of").GetInt32());
            Console.Out.WriteLine(of == 0 ? $"{measure.Name,-16} -" : string.Create(CultureInfo.InvariantCulture,
                $"{measure.Name,-16} {n}/{of} = {measure.Value.GetProperty("rate").GetDouble():0.0%} ({measure.Value.GetProperty("low").GetDouble():0.0%} to {measure.Value.GetProperty("high").GetDouble():0.0%}){(measure.Value.GetProperty("small").GetBoolean() ? " small" : "")}"));
        }
        var lead = sheet.GetProperty("lead_seconds");
        Console.Out.WriteLine($"{"lead_seconds",-16} median {lead.GetProperty("p50")}, {lead.GetProperty("n")} with a complaint, {lead.GetProperty("censored")} without");
    }

    private static string Query(params (string Name, string? Value)[] pairs)
    {
        var given = pairs.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}").ToList();
        return given.Count == 0 ? "" : "?" + string.Join('&', given);
    }
}
