using System.CommandLine;
using System.Text;
using System.Text.Json;

namespace CityEdge.Hub.Cli;

/// <summary><c>complaints import|list</c>, on a running hub.</summary>
public static class ComplaintCommands
{
    public static Command Build()
    {
        var complaints = new Command("complaints", "Complaints of residents");
        var file = new Argument<string>("FILE");
        var map = Many("--map", "FIELD=COLUMN", "Column that holds a field: external_id channel kind category text at asset lat long address name phone; default the column of that name");
        var set = Many("--set", "FIELD=VALUE", "Value of a field that all rows have, such as channel=hotline");
        var category = Many("--category", "WORD=CATEGORY", "Category that a word of the file means, such as 供暖不热=heating.room");
        var encoding = new Option<string>("--encoding") { HelpName = "NAME", Description = "utf-8, gb18030 or another encoding of the file", DefaultValueFactory = _ => "utf-8" };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only show what would become of it" };
        complaints.Subcommands.Add(AccountCommands.Make("import", "A hotline's export, CSV with a header line; all or nothing; numbers that are known change nothing", [file], async (hub, parsed, json, ct) =>
        {
            var text = await ReadAsync(parsed.GetValue(file)!, parsed.GetValue(encoding)!, ct);
            var query = new StringBuilder($"?dry_run={(parsed.GetValue(dryRun) ? "true" : "false")}");
            foreach (var (name, option) in new[] { ("map", map), ("set", set), ("category", category) })
            {
                foreach (var pair in parsed.GetValue(option) ?? []) query.Append('&').Append(name).Append('=').Append(Uri.EscapeDataString(pair));
            }
            var answer = await hub.SendTextAsync(HttpMethod.Post, $"/api/v1/complaints/import{query}", text, "text/csv", ct);
            if (json) Output.Json(answer);
            else Tell(answer);
        }, map, set, category, encoding, dryRun));
        complaints.Subcommands.Add(AccountCommands.Make("list", "Lists complaints, newest first; who complained is masked", [], async (hub, _, json, ct) =>
            await AccountCommands.PrintAsync(hub.ListAsync("/api/v1/complaints", ct), json, "at", "channel", "external_id", "category", "asset", "linked", "ticket", "lead_seconds")));
        return complaints;
    }

    private static Option<string[]> Many(string name, string form, string description) => new(name) { HelpName = form, Description = description, AllowMultipleArgumentsPerToken = false };

    private static async Task<string> ReadAsync(string path, string name, CancellationToken ct)
    {
        if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        try
        {
            return Encoding.GetEncoding(name, EncoderFallback.ExceptionFallback, DecoderFallback.ExceptionFallback).GetString(await File.ReadAllBytesAsync(path, ct));
        }
        catch (DecoderFallbackException error)
        {
            throw new CommandFailedException($"{path}: byte {error.Index} is not {name}. Many exports are GB 18030: try --encoding gb18030.");
        }
        catch (ArgumentException)
        {
            throw new UsageException($"--encoding is '{name}'; expected utf-8, gb18030, gbk, utf-16 or another name of an encoding.");
        }
    }

    private static void Tell(JsonElement answer)
    {
        var linked = answer.GetProperty("linked");
        if (answer.GetProperty("dry_run").GetBoolean() && answer.GetProperty("items") is { ValueKind: JsonValueKind.Array } items && items.GetArrayLength() > 0) Output.Table([.. items.EnumerateArray()], ["at", "external_id", "kind", "category", "asset", "linked", "text"]);
        Console.Out.WriteLine($"{answer.GetProperty("rows")} rows: {answer.GetProperty("known")} known, {linked.GetProperty("existing")} join a known incident, {linked.GetProperty("new")} open a ticket, {linked.GetProperty("none")} are only recorded{(answer.GetProperty("dry_run").GetBoolean() ? "; nothing was changed" : "")}");
    }
}
