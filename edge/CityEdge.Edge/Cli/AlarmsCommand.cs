using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CityEdge.Edge.Cli;

/// <summary><c>alarms</c>: what the rules of an agent on this machine have found, running or stopped, with a hub or without.</summary>
internal static class AlarmsCommand
{
    public static Command Build(TextWriter output, Func<string, string> spoolFolder)
    {
        var config = Flag.Text("--config", "The agent's configuration, which names the spool.");
        var dir = Flag.Text("--spool-dir", "The spool folder itself.");
        var json = Flag.Switch("--json", "One JSON object an alarm.");
        var command = new Command("alarms", "Open alarms of the rules that run in the agent (at: edge).") { config, dir, json };
        command.SetAction(parsed =>
        {
            var folder = parsed.GetValue(dir) ?? (parsed.GetValue(config) is { } path ? spoolFolder(path) : throw new ArgumentException("Give --spool-dir DIR or --config FILE."));
            if (new RuleFolder(folder).Read(RuleFolder.Alarms) is not { } bytes)
            {
                output.WriteLine($"{folder}: no rule runs in this agent, or none has found anything yet");
                return;
            }
            JsonNode document;
            try
            {
                document = JsonNode.Parse(bytes)!;
            }
            catch (JsonException e)
            {
                throw new InvalidDataException($"{folder}/rules/{RuleFolder.Alarms} is damaged: {e.Message} The agent writes it anew at its next start.");
            }
            var alarms = document["alarms"]!.AsArray();
            foreach (var alarm in alarms) output.WriteLine(parsed.GetValue(json) ? alarm!.ToJsonString() : Line(alarm!));
            if (!parsed.GetValue(json)) output.WriteLine($"{alarms.Count} open, as of {document["at"]}");
        });
        return command;
    }

    private static string Line(JsonNode alarm) =>
        $"{alarm["severity"]} {alarm["rule"]} on {alarm["point"]} since {alarm["raised_at"]}{(alarm["value"] is { } value ? $", value {value}" : "")}{((bool)alarm["no_data"]! ? ", no data" : "")}";
}
