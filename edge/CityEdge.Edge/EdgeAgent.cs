using System.Text.Json.Nodes;
using CityEdge.Adapters;
using CityEdge.Contracts;
using CityEdge.Mqtt;
using Microsoft.Extensions.Logging;

namespace CityEdge.Edge;

/// <summary>
/// One agent: adapters → normaliser → spool → hub (design §4). Many may live in one process, each with its own spool folder. Data time is the given clock's; the wire keeps real time.
/// </summary>
public sealed partial class EdgeAgent
{
    private static readonly TimeSpan AdapterGrace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan DrainGrace = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FarewellGrace = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(60);
    private readonly AgentConfig config;
    private readonly IReadOnlyList<IAdapter> adapters;
    private readonly TimeProvider clock;
    private readonly ILogger logger;
    private readonly AgentSeams seams;
    private readonly CommandDesk commands;
    private readonly TaskCompletionSource<Parts> started = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed record Parts(Spool Spool, AdapterHost Host, IMqttLink Link, Uplink Uplink, StatusReporter Status, LocalRules Rules);

    /// <param name="config">Identity, hub, spool.</param>
    /// <param name="adapters">What it reads; ids are unique.</param>
    /// <param name="clock">Data time: given to nothing that waits for the wire.</param>
    /// <param name="logs">Where it logs.</param>
    /// <param name="seams">Replacements, for tests and other transports.</param>
    /// <exception cref="ArgumentException">A name or a limit that the hub would refuse.</exception>
    public EdgeAgent(AgentConfig config, IReadOnlyList<IAdapter> adapters, TimeProvider clock, ILoggerFactory logs, AgentSeams? seams = null)
    {
        config.Validate();
        (this.config, this.adapters, this.clock, this.seams) = (config, adapters, clock, seams ?? new AgentSeams());
        logger = logs.CreateLogger($"CityEdge.Edge[{config.Identity}]");
        commands = new CommandDesk(clock);
        commands.Add("ping", (_, _) => ValueTask.FromResult(CommandReply.Done(new JsonObject { ["agent"] = AgentVersion.Name, ["time"] = Rfc3339.Format(clock.GetUtcNow().ToUnixTimeMilliseconds()) })));
        commands.Add("status", async (_, cancellation) => CommandReply.Done(AgentStatus.Of(await SnapshotAsync(cancellation))));
        commands.Add("restart-adapter", async (args, cancellation) => RestartAdapter((await started.Task.WaitAsync(cancellation)).Host, args));
    }

    /// <summary>Completes when the spool is open and adapters and link have been started; faults when the run does.</summary>
    public Task Started => started.Task;

    /// <summary>Adds a command, or replaces one of the agent's own.</summary>
    public void OnCommand(string name, CommandHandler handler) => commands.Add(name, handler);

    /// <summary>Figures now; null before <see cref="Started"/>.</summary>
    public AgentSnapshot? Snapshot => started.Task.IsCompletedSuccessfully ? SnapshotOf(started.Task.Result) : null;

    /// <summary>Stores events for the hub; completes when they are on disk. Waits for <see cref="Started"/>.</summary>
    public async Task SendEventsAsync(IReadOnlyList<CloudEvent> events, CancellationToken cancellation = default) =>
        await (await started.Task.WaitAsync(cancellation).ConfigureAwait(false)).Spool.WriteEventsAsync(events, cancellation).ConfigureAwait(false);

    /// <summary>Stores readings as they are, without an adapter's normaliser; completes when they are on disk. Their points must be this device's.</summary>
    public async Task SendReadingsAsync(IReadOnlyList<Reading> readings, CancellationToken cancellation = default) =>
        await (await started.Task.WaitAsync(cancellation).ConfigureAwait(false)).Spool.WriteAsync(readings, cancellation).ConfigureAwait(false);

    /// <summary>
    /// Runs until cancelled, then stops within 10 s: adapters, what can still be sent in 3 s, the offline status. With <paramref name="once"/> it ends when every adapter that ends by itself
    /// has and the hub has acknowledged everything. True when it did what was asked; false when <paramref name="once"/> ended with an adapter that did not get to its end.
    /// </summary>
    /// <exception cref="SegmentLog.LogFailedException">The spool's disk failed: nothing more can be promised.</exception>
    /// <exception cref="IOException">The spool could not be opened.</exception>
    public async Task<bool> RunAsync(CancellationToken cancellation, bool once = false)
    {
        try
        {
            await using var spool = new Spool(config, clock, logger, seams.Files);
            var host = new AdapterHost(adapters, spool, seams.WireClock, logger);
            var options = LinkOptions();
            var link = seams.Link(options);
            try
            {
                var uplink = new Uplink(config, spool, link, seams.WireClock, logger);
                var status = new StatusReporter(config, spool, host, link, clock, seams.WireClock, logger);
                var rules = new LocalRules(config, spool, link, new RuleFolder(config.Spool.Directory, seams.Files), clock, seams.WireClock, logger);
                return await RunAsync(new Parts(spool, host, link, uplink, status, rules), once, cancellation).ConfigureAwait(false);
            }
            finally
            {
                if (link is IAsyncDisposable disposable) await disposable.DisposeAsync().ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            if (started.TrySetException(e)) _ = started.Task.Exception;
            throw;
        }
    }

    private async Task<bool> RunAsync(Parts parts, bool once, CancellationToken cancellation)
    {
        using var reading = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var sending = new CancellationTokenSource();
        Listen(parts);
        // Before the link: an alarm that stood at the last stop stands, and needs no hub.
        var rules = parts.Rules.RunAsync(sending.Token);
        await parts.Link.StartAsync(cancellation).ConfigureAwait(false);
        var subscribing = SubscribeAllAsync(parts.Link, sending.Token);
        var uplink = parts.Uplink.RunAsync(sending.Token);
        var status = parts.Status.RunAsync(sending.Token);
        var progress = ReportProgressAsync(sending.Token);
        var running = parts.Host.RunAsync(reading.Token);
        started.TrySetResult(parts);
        var finished = once ? FinishedAsync(parts, cancellation) : Task.Delay(Timeout.InfiniteTimeSpan, seams.WireClock, cancellation);
        var ended = await Task.WhenAny(finished, uplink, parts.Spool.Log.Failed, Faulted(running)).ConfigureAwait(false);
        if (parts.Spool.Log.Failed.IsCompleted || running.IsFaulted || (ended == uplink && !cancellation.IsCancellationRequested))
        {
            // Nothing more can be promised: no farewell, the will speaks for the agent.
            await reading.CancelAsync().ConfigureAwait(false);
            await sending.CancelAsync().ConfigureAwait(false);
            if (parts.Spool.Log.Failed.IsCompleted) throw new IOException(parts.Spool.Log.Stats.Failure);
            await Task.WhenAll(running, uplink).ConfigureAwait(false);
        }
        var done = !once || cancellation.IsCancellationRequested || adapters.Where(a => a.EndsByItself).All(a => a.Completed);
        await StopAsync(parts, running, reading, sending, [uplink, status, progress, subscribing, rules]).ConfigureAwait(false);
        return done;
    }

    private static async Task FinishedAsync(Parts parts, CancellationToken cancellation)
    {
        await parts.Host.EndedAsync(cancellation).ConfigureAwait(false);
        await parts.Rules.CaughtUpAsync(cancellation).ConfigureAwait(false);
        await parts.Spool.DrainedAsync(cancellation).ConfigureAwait(false);
        await parts.Status.AnnounceAsync(cancellation).ConfigureAwait(false);
    }

    /// <summary>Completes only if the task faults.</summary>
    private static async Task DrainedAsync(Parts parts, CancellationToken cancellation)
    {
        await parts.Rules.CaughtUpAsync(cancellation).ConfigureAwait(false);
        await parts.Spool.DrainedAsync(cancellation).ConfigureAwait(false);
    }

    private static AgentSnapshot SnapshotOf(Parts p) => new(p.Link.State, p.Spool.Readings, p.Spool.Events, p.Spool.Status(), p.Spool.Log.Stats, p.Uplink.Stats, p.Host.Dropped, p.Rules.Status);

    private async Task<AgentSnapshot> SnapshotAsync(CancellationToken cancellation) => SnapshotOf(await started.Task.WaitAsync(cancellation).ConfigureAwait(false));

    private static async Task Faulted(Task task)
    {
        await task.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!task.IsFaulted) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System).ConfigureAwait(false);
    }

    private async Task StopAsync(Parts parts, Task running, CancellationTokenSource reading, CancellationTokenSource sending, Task[] others)
    {
        await reading.CancelAsync().ConfigureAwait(false);
        if (!await InTimeAsync(running, AdapterGrace).ConfigureAwait(false)) logger.LogWarning("An adapter did not stop within {Grace}; it is left behind", AdapterGrace);
        if (parts.Link.State == MqttLinkState.Connected)
        {
            using var deadline = new CancellationTokenSource(DrainGrace, seams.WireClock);
            await InTimeAsync(DrainedAsync(parts, deadline.Token), DrainGrace).ConfigureAwait(false);
        }
        await sending.CancelAsync().ConfigureAwait(false);
        await InTimeAsync(Task.WhenAll(others), FarewellGrace).ConfigureAwait(false);
        if (parts.Link.State == MqttLinkState.Connected)
        {
            using var deadline = new CancellationTokenSource(FarewellGrace, seams.WireClock);
            await InTimeAsync(parts.Status.PublishOfflineAsync(deadline.Token), FarewellGrace).ConfigureAwait(false);
        }
        using (var deadline = new CancellationTokenSource(FarewellGrace, seams.WireClock))
            await InTimeAsync(parts.Link.DisconnectAsync(cancellation: deadline.Token), FarewellGrace).ConfigureAwait(false);
        LogProgress("stopped");
    }

    /// <summary>True when the task came to an end, however, in time.</summary>
    private async Task<bool> InTimeAsync(Task task, TimeSpan grace)
    {
        await task.WaitAsync(grace, seams.WireClock).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return task.IsCompleted;
    }

    private async Task ReportProgressAsync(CancellationToken cancellation)
    {
        while (true)
        {
            await Task.Delay(ProgressEvery, seams.WireClock, cancellation).ConfigureAwait(false);
            LogProgress("running");
        }
    }

    private void LogProgress(string state)
    {
        if (Snapshot is not { } now) return;
        logger.LogInformation(
            "{State}: {Readings} readings and {Events} events stored, {Sent} sent in {Messages} messages, {Waiting} records wait ({Oldest}), {Dropped} dropped, link {Link}",
            state, now.Readings, now.Events, now.Uplink.Items, now.Uplink.Messages, now.Spool.Records, now.Spool.Oldest ?? "none", now.Spool.Dropped, now.Link);
    }

    private static CommandReply RestartAdapter(AdapterHost host, System.Text.Json.JsonElement args)
    {
        if (!args.TryGetProperty("id", out var id) || id.GetString() is not { } name) return CommandReply.Refused("restart-adapter needs args {\"id\":…}, the adapter's id");
        return host.Restart(name)
            ? CommandReply.Done(new JsonObject { ["id"] = name })
            : CommandReply.Refused($"no adapter '{name}' is running; the adapters are {string.Join(", ", host.Adapters.Select(a => a.Id))}");
    }
}
