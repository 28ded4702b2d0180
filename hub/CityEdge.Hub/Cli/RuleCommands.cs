using System.CommandLine;
using CityEdge.Hub.Api;
using CityEdge.Rules;

namespace CityEdge.Hub.Cli;

/// <summary><c>rules check|test|score</c>, which need no hub, and <c>rules apply|list|versions|rollback|rehearse</c>, on a running one.</summary>
public static class RuleCommands
{
    public static Command Build()
    {
        var rules = new Command("rules", "Rules: check, test, apply, roll back, rehearse, score");
        rules.Subcommands.Add(Local("check", "Reads the files and says what is wrong, with line and column", runTests: false));
        rules.Subcommands.Add(Local("test", "Runs the tests inside the files; without a file those of the shipped catalogue", runTests: true));
        rules.Subcommands.Add(RuleScoreCommand.Build());
        var paths = new Argument<string[]>("FILE|DIR") { Arity = ArgumentArity.OneOrMore };
        var reason = new Option<string?>("--reason") { HelpName = "TEXT", Description = "Why, kept with the version" };
        rules.Subcommands.Add(AccountCommands.Make("apply", "Validates, tests and activates; if one fails, nothing changes", [paths], async (hub, parsed, json, ct) =>
        {
            var files = Read(parsed.GetValue(paths)!);
            if (!Check(files, runTests: true, json)) throw new CommandFailedException("Nothing was changed.");
            var answer = await hub.SendAsync(HttpMethod.Post, "/api/v1/rules" + RuleVersionCommands.Query(parsed, reason), files.Select(f => new { file = f.File, yaml = f.Yaml }), ct);
            foreach (var rule in answer.GetProperty("items").EnumerateArray())
            {
                if (json) Output.Json(rule);
                else Console.Out.WriteLine(RuleVersionCommands.Applied(rule));
            }
        }, reason, RuleVersionCommands.OpenAlarms));
        rules.Subcommands.Add(AccountCommands.Make("list", "Lists the rules in force", [], async (hub, _, json, ct) =>
            await AccountCommands.PrintAsync(hub.ListAsync("/api/v1/rules", ct), json, "id", "version", "author", "at")));
        RuleVersionCommands.AddTo(rules);
        rules.Subcommands.Add(RehearseCommand.Build());
        return rules;
    }

    private static Command Local(string name, string description, bool runTests)
    {
        var command = new Command(name, description);
        var paths = new Argument<string[]>("FILE|DIR") { Arity = runTests ? ArgumentArity.ZeroOrMore : ArgumentArity.OneOrMore };
        var json = new Option<bool>("--json") { Description = "One JSON object a line" };
        command.Arguments.Add(paths);
        command.Options.Add(json);
        command.SetAction(parsed =>
        {
            var given = parsed.GetValue(paths)!;
            var files = given.Length == 0 ? RuleCatalogue.All.Select(r => (r.File, r.Yaml)).ToList() : Read(given);
            return Check(files, runTests, parsed.GetValue(json)) ? 0 : 1;
        });
        return command;
    }

    private static bool Check(IReadOnlyList<(string File, string Yaml)> files, bool runTests, bool json)
    {
        var ids = new Dictionary<string, string>();
        var (failed, tests) = (0, 0);
        foreach (var (file, yaml) in files)
        {
            var result = RuleParser.Parse(yaml, file);
            var unfit = result.Rule is { } read ? EdgeLimits.Check(read, file) : null;
            foreach (var error in unfit is null ? result.Errors : [.. result.Errors, unfit])
            {
                failed++;
                if (json) Output.Json(error);
                else Console.Error.WriteLine($"{error.File}:{error.Line}:{error.Column}: {error.Key}: {error.Message}");
            }
            if (result.Rule is not { } rule || result.Errors.Count > 0 || unfit is not null) continue;
            if (!ids.TryAdd(rule.Id, file))
            {
                failed++;
                Console.Error.WriteLine($"{file}:1:1: id: '{rule.Id}' stands in {ids[rule.Id]} too; each rule has one file.");
            }
            if (!runTests) continue;
            foreach (var test in RuleTests.Run(rule))
            {
                tests++;
                if (json) Output.Json(new { file, test.Line, test.Passed, test.Message });
                if (test.Passed) continue;
                failed++;
                if (!json) Console.Error.WriteLine($"{file}:{test.Line}:1: tests: {test.Message}");
            }
        }
        if (!json) Console.Out.WriteLine($"{files.Count} rules{(runTests ? $", {tests} tests" : "")}, {failed} errors");
        return failed == 0;
    }

    /// <summary>Files as given, and all <c>*.yaml</c> and <c>*.yml</c> below directories, in order of name.</summary>
    public static IReadOnlyList<(string File, string Yaml)> Read(IEnumerable<string> paths)
    {
        var files = new List<(string, string)>();
        foreach (var path in paths)
        {
            if (Directory.Exists(path))
            {
                files.AddRange(Directory.EnumerateFiles(path, "*.*", SearchOption.AllDirectories)
                    .Where(f => f.EndsWith(".yaml", StringComparison.Ordinal) || f.EndsWith(".yml", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(f => (f, File.ReadAllText(f))));
            }
            else if (File.Exists(path)) files.Add((path, File.ReadAllText(path)));
            else throw new UsageException($"{path}: there is no such file or directory.");
        }
        return files.Count > 0 ? files : throw new UsageException($"{string.Join(", ", paths)}: no .yaml files there.");
    }
}
