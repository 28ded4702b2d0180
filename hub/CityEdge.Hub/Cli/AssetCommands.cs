using System.CommandLine;

namespace CityEdge.Hub.Cli;

/// <summary><c>assets import|export</c>, on a running hub.</summary>
public static class AssetCommands
{
    public static Command Build()
    {
        var assets = new Command("assets", "The asset tree");
        var file = new Argument<string>("FILE");
        var dryRun = new Option<bool>("--dry-run") { Description = "Only check" };
        assets.Subcommands.Add(AccountCommands.Make("import", "CSV id,kind,name,parent,lat,long,label.X,attr.Y, or YAML by its ending, a tree of children or a list; all or nothing", [file], async (hub, parsed, json, ct) =>
        {
            var path = parsed.GetValue(file)!;
            if (!File.Exists(path)) throw new UsageException($"{path}: there is no such file.");
            var answer = await hub.SendTextAsync(HttpMethod.Post, $"/api/v1/assets/import?dry_run={(parsed.GetValue(dryRun) ? "true" : "false")}", await File.ReadAllTextAsync(path, ct), Path.GetExtension(path) is ".yaml" or ".yml" ? "application/yaml" : "text/csv", ct);
            if (json) Output.Json(answer);
            else Console.Out.WriteLine($"{answer.GetProperty("rows")} rows: {answer.GetProperty("created")} new, {answer.GetProperty("updated")} known{(parsed.GetValue(dryRun) ? "; nothing was changed" : "")}");
        }, dryRun));
        var format = new Option<string>("--format") { Description = "csv or yaml", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "yaml");
        assets.Subcommands.Add(AccountCommands.Make("export", "All assets on standard output", [], async (hub, parsed, _, ct) => Console.Out.Write(await hub.GetTextAsync("/api/v1/assets." + parsed.GetValue(format), ct)), format));
        return assets;
    }
}
