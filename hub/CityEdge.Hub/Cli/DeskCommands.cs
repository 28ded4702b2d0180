using System.CommandLine;
using System.Text.Json;

namespace CityEdge.Hub.Cli;

/// <summary><c>catalogue import|export</c>, <c>sla show|apply</c>, <c>mode show|set</c>, on a running hub.</summary>
public static class DeskCommands
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    public static Command Catalogue()
    {
        var catalogue = new Command("catalogue", "The responsibility catalogue: who answers for a category in an area");
        var file = new Argument<string>("FILE");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only check" };
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why, kept with the version" };
        catalogue.Subcommands.Add(AccountCommands.Make("import", "CSV category,area,owner,lead,co_units,sla,photos,valid_from,valid_to, or YAML by its ending; replaces the catalogue as a whole", [file], async (hub, parsed, json, ct) =>
        {
            var path = Existing(parsed.GetValue(file)!);
            var type = Path.GetExtension(path) is ".yaml" or ".yml" ? "application/yaml" : "text/csv";
            var answer = await hub.SendTextAsync(HttpMethod.Post, $"/api/v1/catalogue/import?dry_run={(parsed.GetValue(dryRun) ? "true" : "false")}{Reason(parsed.GetValue(reason))}", await File.ReadAllTextAsync(path, ct), type, ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine($"{answer.GetProperty("rows")} rows{(parsed.GetValue(dryRun) ? "; nothing was changed" : $", version {answer.GetProperty("version")}")}");
        }, dryRun, reason));
        catalogue.Subcommands.Add(AccountCommands.Make("export", "The catalogue as CSV on standard output", [], async (hub, _, _, ct) => Console.Out.Write(await hub.GetTextAsync("/api/v1/catalogue.csv", ct))));
        return catalogue;
    }

    public static Command Sla()
    {
        var sla = new Command("sla", "Promises: how long until accepted, on site, safe, fixed");
        var file = new Argument<string>("FILE");
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why, kept with the version" };
        sla.Subcommands.Add(AccountCommands.Make("show", "The promises in force as JSON; source EJ is engineering judgement, no standard", [], async (hub, _, json, ct) =>
        {
            var answer = await hub.GetAsync("/api/v1/sla", ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine(JsonSerializer.Serialize(answer.GetProperty("value"), Indented));
        }));
        sla.Subcommands.Add(AccountCommands.Make("apply", "Puts the promises in FILE in force, as 'sla show' prints them", [file], async (hub, parsed, json, ct) =>
        {
            var answer = await hub.SendTextAsync(HttpMethod.Put, "/api/v1/sla" + (parsed.GetValue(reason) is { } why ? $"?reason={Uri.EscapeDataString(why)}" : ""), await File.ReadAllTextAsync(Existing(parsed.GetValue(file)!), ct), "application/json", ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine($"version {answer.GetProperty("version")}");
        }, reason));
        return sla;
    }

    public static Command Mode()
    {
        var mode = new Command("mode", "Operating mode: normal or emergency");
        var word = new Argument<string>("MODE");
        word.AcceptOnlyFromAmong("normal", "emergency");
        var reason = new Option<string>("--reason") { HelpName = "TEXT", Description = "The order, with its date", Required = true };
        mode.Subcommands.Add(AccountCommands.Make("show", "The mode in force", [], async (hub, _, json, ct) =>
        {
            var answer = await hub.GetAsync("/api/v1/operating-mode", ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine(answer.TryGetProperty("value", out var value) ? value.GetString() : "normal");
        }));
        mode.Subcommands.Add(AccountCommands.Make("set", "Changes it, and the clocks of open tickets with it, forward only", [word], async (hub, parsed, json, ct) =>
        {
            var answer = await hub.SendAsync(HttpMethod.Put, "/api/v1/operating-mode", new { mode = parsed.GetValue(word), reason = parsed.GetValue(reason) }, ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine($"{answer.GetProperty("mode").GetString()}; {answer.GetProperty("tickets")} open tickets changed");
        }, reason));
        return mode;
    }

    private static string Existing(string path) => File.Exists(path) ? path : throw new UsageException($"{path}: there is no such file.");

    private static string Reason(string? reason) => reason is null ? "" : $"&reason={Uri.EscapeDataString(reason)}";
}
