using System.CommandLine;
using CityEdge.Adapters;
using CityEdge.SegmentLog;

namespace CityEdge.Edge.Cli;

/// <summary>The program <c>cityedge-edge</c> (design §5, "Programs"). Exit codes: 0 done, 1 failed, 2 wrong usage.</summary>
public static class EdgeCommandLine
{
    private const int Failed = 1;
    private const int WrongUsage = 2;

    /// <summary>Runs one command line.</summary>
    public static async Task<int> RunAsync(string[] args, TextWriter output, TextWriter error)
    {
        var root = new RootCommand("CityEdge agent: reads sensors, keeps every reading on disk until the hub has it.");
        root.Subcommands.Add(Run(output, error));
        root.Subcommands.Add(ClaimCommand.Build(output, message => UsageAsync(error, message), loaded => MistakesAsync(error, loaded)));
        root.Subcommands.Add(Read(output, error));
        root.Subcommands.Add(SpoolCommands(output));
        root.Subcommands.Add(AlarmsCommand.Build(output, SpoolFolder));
        root.Subcommands.Add(AdapterCommands(output));
        var parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (var one in parsed.Errors) await error.WriteLineAsync($"cityedge-edge: {one.Message}").ConfigureAwait(false);
            await error.WriteLineAsync("Run `cityedge-edge --help` for the commands and their flags.").ConfigureAwait(false);
            return WrongUsage;
        }
        try
        {
            var configuration = new InvocationConfiguration { Output = output, Error = error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(10) };
            return await parsed.InvokeAsync(configuration).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return Failed;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException or ArgumentException or System.Net.Sockets.SocketException)
        {
            await error.WriteLineAsync($"cityedge-edge: {e.Message}").ConfigureAwait(false);
            return Failed;
        }
    }

    private static Command Run(TextWriter output, TextWriter error)
    {
        var config = Flag.Text("--config", "The agent's configuration (YAML).");
        var once = Flag.Switch("--once", "End when every replay is drained and the hub has acknowledged everything.");
        var hub = Flag.Text("--hub-url", "Hub address; goes before hub.url of the file.");
        var spool = Flag.Text("--spool-dir", "Spool folder; goes before spool.dir of the file.");
        var level = Flag.Text("--log-level", "trace, debug, info, warn or error.", "info");
        var command = new Command("run", "Run the agent until Ctrl-C.") { config, once, hub, spool, level };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (!LogSetup.TryParse(parsed.GetValue(level)!, out var least))
                return await UsageAsync(error, $"--log-level '{parsed.GetValue(level)}' is not one of trace, debug, info, warn, error").ConfigureAwait(false);
            if (parsed.GetValue(config) is not { } path) return await UsageAsync(error, "give the configuration: --config FILE, or CITYEDGE_CONFIG").ConfigureAwait(false);
            using var logs = LogSetup.Create(least);
            var faults = new FaultLog(logs.CreateLogger("CityEdge.Edge.Adapters"), TimeProvider.System);
            var loaded = AgentConfigFile.Load(path, AdapterRegistry.CreateDefault(), TimeProvider.System, new ConfigOverrides(parsed.GetValue(hub), parsed.GetValue(spool)), faults.OnFault);
            if (loaded.Config is not { } agentConfig) return await MistakesAsync(error, loaded).ConfigureAwait(false);
            if (parsed.GetValue(once) && !loaded.Adapters.Any(a => a.EndsByItself))
                return await UsageAsync(error, $"{path}: --once waits for replays, and there is none among the adapters").ConfigureAwait(false);
            if (agentConfig.Hub is { Password: null, PasswordFile: { } tokenFile, ClaimUrl: { } claimUrl } && agentConfig.Hub.ReadClaimCode() is { } code)
            {
                var claim = new ClaimRequest(claimUrl, agentConfig.Identity, code, agentConfig.Hub.CaFile, tokenFile);
                agentConfig = agentConfig with { Hub = agentConfig.Hub with { Password = await TokenClaim.ClaimUntilAsync(claim, TimeProvider.System, logs.CreateLogger("CityEdge.Edge.Claim"), cancellation).ConfigureAwait(false) } };
                agentConfig.Hub.ForgetClaimCode();
            }
            var agent = new EdgeAgent(agentConfig, loaded.Adapters, TimeProvider.System, logs);
            var running = agent.RunAsync(cancellation, parsed.GetValue(once));
            if (await Task.WhenAny(agent.Started, running).ConfigureAwait(false) == agent.Started && agent.Started.IsCompletedSuccessfully)
            {
                await output.WriteLineAsync($"ready site={agentConfig.Site} device={agentConfig.Device} hub={agentConfig.Hub.Url} spool={agentConfig.Spool.Directory} adapters={loaded.Adapters.Count}").ConfigureAwait(false);
                await output.FlushAsync(CancellationToken.None).ConfigureAwait(false);
            }
            if (await running.ConfigureAwait(false)) return 0;
            foreach (var adapter in loaded.Adapters.Where(a => a.EndsByItself && !a.Completed))
                await error.WriteLineAsync($"cityedge-edge: replay {adapter.Id} did not get to its end: {adapter.Health.LastError ?? "no reason given"}").ConfigureAwait(false);
            return Failed;
        });
        return command;
    }

    private static Command Read(TextWriter output, TextWriter error)
    {
        var id = new Argument<string>("ADAPTER") { Description = "Id of the adapter in the configuration." };
        var config = Flag.Text("--config", "The agent's configuration (YAML).");
        var json = Flag.Switch("--json", "One JSON object a line.");
        var wait = Flag.Seconds("--timeout", "Longest wait for the device, seconds.", 30);
        var command = new Command("read", "Take one reading of every point of an adapter, and show it raw and as it would be sent.") { id, config, json, wait };
        command.SetAction(async (parsed, cancellation) =>
        {
            if (parsed.GetValue(config) is not { } path) return await UsageAsync(error, "give the configuration: --config FILE, or CITYEDGE_CONFIG").ConfigureAwait(false);
            var loaded = AgentConfigFile.Load(path, AdapterRegistry.CreateDefault(), TimeProvider.System);
            if (loaded.Config is null) return await MistakesAsync(error, loaded).ConfigureAwait(false);
            if (loaded.Adapters.FirstOrDefault(a => a.Id == parsed.GetValue(id)) is not { } adapter)
                return await UsageAsync(error, $"{path} has no adapter '{parsed.GetValue(id)}'; it has {string.Join(", ", loaded.Adapters.Select(a => a.Id))}").ConfigureAwait(false);
            return await ReadCommand.RunAsync(adapter, TimeSpan.FromSeconds(parsed.GetValue(wait)), parsed.GetValue(json), output, error, cancellation).ConfigureAwait(false);
        });
        return command;
    }

    private static Command SpoolCommands(TextWriter output)
    {
        var command = new Command("spool", "Look into the spool of a stopped or running agent; changes nothing.");
        foreach (var verify in (bool[])[false, true])
        {
            var config = Flag.Text("--config", "The agent's configuration, which names the spool.");
            var dir = Flag.Text("--spool-dir", "The spool folder itself.");
            var json = Flag.Switch("--json", "One JSON object.");
            var one = verify ? new Command("verify", "Check every record; exit code 1 when an acknowledged one is damaged.") : new Command("stats", "Size, records, backlog.");
            one.Options.Add(config);
            one.Options.Add(dir);
            one.Options.Add(json);
            one.SetAction(parsed =>
            {
                var folder = parsed.GetValue(dir) ?? (parsed.GetValue(config) is { } path ? SpoolFolder(path) : throw new ArgumentException("Give --spool-dir DIR or --config FILE."));
                var report = LogInspector.Inspect(folder);
                SpoolReport.Write(report, verify, parsed.GetValue(json), output);
                return verify && !report.Sound ? Failed : 0;
            });
            command.Subcommands.Add(one);
        }
        return command;
    }

    private static string SpoolFolder(string configFile)
    {
        var loaded = AgentConfigFile.Load(configFile, AdapterRegistry.CreateDefault(), TimeProvider.System);
        return loaded.Config?.Spool.Directory ?? throw new ArgumentException(string.Join(Environment.NewLine, loaded.Errors));
    }

    private static Command AdapterCommands(TextWriter output)
    {
        var json = Flag.Switch("--json", "One JSON object a line.");
        var list = new Command("list", "The adapter types this agent knows.") { json };
        list.SetAction(parsed =>
        {
            foreach (var (type, summary) in AdapterRegistry.CreateDefault().Types)
                output.WriteLine(parsed.GetValue(json) ? new System.Text.Json.Nodes.JsonObject { ["type"] = type, ["summary"] = summary }.ToJsonString() : $"{type,-16} {summary}");
            return 0;
        });
        return new Command("adapters", "Adapter types.") { list };
    }

    private static async Task<int> UsageAsync(TextWriter error, string message)
    {
        await error.WriteLineAsync($"cityedge-edge: {message}").ConfigureAwait(false);
        return WrongUsage;
    }

    private static async Task<int> MistakesAsync(TextWriter error, LoadedAgent loaded)
    {
        foreach (var mistake in loaded.Errors) await error.WriteLineAsync(mistake.ToString()).ConfigureAwait(false);
        return WrongUsage;
    }
}
