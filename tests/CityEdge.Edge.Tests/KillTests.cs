using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Edge.Tests;

/// <summary>The real program against a broker that others wrote: killed without warning in the middle of a replay, and stopped politely.</summary>
public sealed class KillTests(ITestOutputHelper output)
{
    private const int Rows = 40_000;
    private const string Mosquitto = "/usr/sbin/mosquitto";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killed_again_and_again_during_a_replay_the_agent_delivers_every_row_at_least_once()
    {
        if (!File.Exists(Mosquitto)) Assert.Skip("mosquitto is not installed");
        using var fixture = new AgentFixture();
        var port = FreePort.Next();
        using var broker = StartBroker(fixture, port);
        var rows = new ConcurrentDictionary<long, double>();
        long received = 0;
        await using var subscriber = new MqttClient(new MqttClientOptions
        {
            Url = $"mqtt://127.0.0.1:{port}",
            InitialBackoff = TimeSpan.FromMilliseconds(20),
            MaxBackoff = TimeSpan.FromMilliseconds(50),
            Handler = (message, _) =>
            {
                foreach (var record in SenmlJson.Decode(message.Payload.Span, "site/device/", 0).Records)
                {
                    rows[record.TimeMs] = record.Value!.Value.Number;
                    Interlocked.Increment(ref received);
                }
                return ValueTask.CompletedTask;
            },
        });
        await subscriber.StartAsync(Cancel);
        await subscriber.SubscribeAsync([new Subscription("cityedge/v1/+/+/telemetry")], Cancel).WaitAsync(Patience, Cancel);
        var config = WriteConfig(fixture, port, speed: "max");

        var kills = 0;
        foreach (var after in (int[])[1, 2_000, 9_000, 17_000, 25_000, 33_000])
        {
            using var agent = StartAgent("run", "--config", config, "--once");
            await UntilAsync(() => rows.Count >= after || agent.Process.HasExited, $"{after} rows");
            if (agent.Process.HasExited) break;
            agent.Process.Kill();
            await agent.Process.WaitForExitAsync(Cancel);
            kills++;
        }
        using (var last = StartAgent("run", "--config", config, "--once"))
        {
            await last.Process.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
            Assert.Equal(0, last.Process.ExitCode);
        }
        await UntilAsync(() => rows.Count >= Rows, "every row");
        output.WriteLine($"{kills} kills, {received} rows received for {Rows}");
        Assert.True(kills >= 3, $"only {kills} kills before the replay was through");
        Assert.Equal(Rows, rows.Count);
        for (var i = 0; i < Rows; i++) Assert.Equal(i % 1000 / 8.0, rows[AgentFixture.Now + i * 1000L]);

        var (code, text) = await RunAsync("spool", "verify", "--config", config, "--json");
        Assert.Equal(0, code);
        Assert.Equal(0, (long)JsonNode.Parse(text)!["backlog_bytes"]!);
    }

    [Fact]
    public async Task A_polite_stop_says_offline_and_exits_0()
    {
        if (!File.Exists(Mosquitto)) Assert.Skip("mosquitto is not installed");
        using var fixture = new AgentFixture();
        var port = FreePort.Next();
        using var broker = StartBroker(fixture, port);
        var states = new ConcurrentQueue<string>();
        await using var subscriber = new MqttClient(new MqttClientOptions
        {
            Url = $"mqtt://127.0.0.1:{port}",
            InitialBackoff = TimeSpan.FromMilliseconds(20),
            MaxBackoff = TimeSpan.FromMilliseconds(50),
            Handler = (message, _) =>
            {
                states.Enqueue((string)JsonNode.Parse(message.Payload.Span)!["state"]!);
                return ValueTask.CompletedTask;
            },
        });
        await subscriber.StartAsync(Cancel);
        await subscriber.SubscribeAsync([new Subscription("cityedge/v1/+/+/status")], Cancel).WaitAsync(Patience, Cancel);
        using var agent = StartAgent("run", "--config", WriteConfig(fixture, port, speed: "1"));
        Assert.StartsWith("ready site=site device=device hub=mqtt://127.0.0.1:", await agent.Process.StandardOutput.ReadLineAsync(Cancel), StringComparison.Ordinal);
        await UntilAsync(() => states.Contains("online"), "online");
        using (var signal = Process.Start("kill", ["-TERM", $"{agent.Process.Id}"])) await signal.WaitForExitAsync(Cancel);
        await agent.Process.WaitForExitAsync(Cancel).WaitAsync(TimeSpan.FromSeconds(10), Cancel);
        Assert.Equal(0, agent.Process.ExitCode);
        await UntilAsync(() => states.Contains("offline"), "offline");
        Assert.Equal(["online", "offline"], states.Distinct());
    }

    [Fact]
    public async Task Commands_come_over_the_wire_and_are_answered_and_other_topics_reach_their_handlers()
    {
        if (!File.Exists(Mosquitto)) Assert.Skip("mosquitto is not installed");
        using var fixture = new AgentFixture();
        var port = FreePort.Next();
        using var broker = StartBroker(fixture, port);
        var replies = new ConcurrentDictionary<string, string>();
        await using var hub = new MqttClient(new MqttClientOptions
        {
            Url = $"mqtt://127.0.0.1:{port}",
            InitialBackoff = TimeSpan.FromMilliseconds(20),
            MaxBackoff = TimeSpan.FromMilliseconds(50),
            Handler = (message, _) =>
            {
                replies[message.Topic] = System.Text.Encoding.UTF8.GetString(message.Payload.Span);
                return ValueTask.CompletedTask;
            },
        });
        await hub.StartAsync(Cancel);
        await hub.SubscribeAsync([new Subscription("cityedge/v1/site/device/command/+/reply")], Cancel).WaitAsync(Patience, Cancel);
        await hub.PublishAsync(new MqttMessage("cityedge/v1/site/tickets/17", "{}"u8.ToArray(), Retain: true), Cancel).WaitAsync(Patience, Cancel);

        var adapter = new TestAdapter("a", (_, cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation));
        var cards = new ConcurrentQueue<string>();
        var agent = new EdgeAgent(
            fixture.Config with { Hub = new HubLinkConfig { Url = $"mqtt://127.0.0.1:{port}" } }, [adapter], new ManualTimeProvider(), Microsoft.Extensions.Logging.Abstractions.NullLoggerFactory.Instance);
        using var wall = agent.Subscribe("cityedge/v1/site/tickets/+", (message, _) =>
        {
            cards.Enqueue(message.Topic);
            return ValueTask.CompletedTask;
        });
        using var stop = new CancellationTokenSource();
        var running = agent.RunAsync(stop.Token);
        await UntilAsync(() => !cards.IsEmpty, "the retained ticket card");
        foreach (var (id, command) in (ReadOnlySpan<(string, string)>)[("1", """{"name":"ping"}"""), ("2", """{"name":"restart-adapter","args":{"id":"a"}}"""), ("3", """{"name":"restart-adapter","args":{"id":"b"}}"""), ("4", """{"name":"open-door"}""")])
            _ = hub.PublishAsync(new MqttMessage(Topics.Command("site", "device", id), System.Text.Encoding.UTF8.GetBytes(command)), Cancel);
        await UntilAsync(() => replies.Count == 4 && adapter.Runs == 2, "four answers and a second run");
        string[] status = [.. Enumerable.Range(1, 4).Select(i => (string)JsonNode.Parse(replies[Topics.CommandReply("site", "device", $"{i}")])!["status"]!)];
        Assert.Equal(["done", "done", "refused", "refused"], status);
        await stop.CancelAsync();
        Assert.True(await running.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
    }

    [Fact]
    public async Task Wrong_usage_is_2_and_says_what_to_do()
    {
        using var fixture = new AgentFixture();
        Assert.Equal(2, (await RunAsync("run")).Code);
        Assert.Equal(2, (await RunAsync("fly")).Code);
        Assert.Equal(2, (await RunAsync("run", "--config", "/nowhere.yaml")).Code);
        Assert.Equal(1, (await RunAsync("spool", "stats", "--spool-dir", fixture.Path)).Code);
        var (code, text) = await RunAsync("adapters", "list");
        Assert.Equal(0, code);
        Assert.Contains("replay", text, StringComparison.Ordinal);
        (code, text) = await RunAsync("read", "r", "--config", WriteConfig(fixture, 1, "1"));
        Assert.Equal(0, code);
        Assert.Contains("boiler.temperature", text, StringComparison.Ordinal);
        (code, text) = await RunAsync("--help");
        Assert.Equal(0, code);
        Assert.Contains("spool", text, StringComparison.Ordinal);
    }

    private static async Task UntilAsync(Func<bool> condition, string what)
    {
        var waited = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(waited.Elapsed < Patience, $"Waited {Patience} for: {what}");
            await Task.Delay(TimeSpan.FromMilliseconds(10), TimeProvider.System, Cancel);
        }
    }

    private static string WriteConfig(AgentFixture fixture, int port, string speed)
    {
        var csv = Path.Combine(fixture.Path, "machine.csv");
        File.WriteAllLines(csv, Enumerable.Range(0, Rows).Select(i => string.Create(CultureInfo.InvariantCulture, $"{Rfc3339.Format(AgentFixture.Now + i * 1000L)},{i % 1000 / 8.0}")).Prepend("timestamp,value"));
        var path = Path.Combine(fixture.Path, "edge.yaml");
        File.WriteAllText(path, $$"""
            site: site
            device: device
            hub: { url: "mqtt://127.0.0.1:{{port}}" }
            spool: { dir: spool, max_bytes: 64MiB, when_full: refuse }
            adapters:
              - { id: r, type: replay, file: machine.csv, time: timestamp, zone: UTC, start: recorded, speed: {{speed}},
                  points: [ { name: boiler.temperature, column: value, kind: temperature, unit: Cel } ] }
            """);
        return path;
    }

    private static OwnedProcess StartBroker(AgentFixture fixture, int port)
    {
        var conf = Path.Combine(fixture.Path, "mosquitto.conf");
        File.WriteAllText(conf, $"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\npersistence false\nlog_type none\n");
        var process = Process.Start(new ProcessStartInfo(Mosquitto, ["-c", conf]) { RedirectStandardError = true })!;
        return new OwnedProcess(process);
    }

    private static OwnedProcess StartAgent(params string[] args)
    {
        var start = new ProcessStartInfo("dotnet", [ProgramPath(), .. args]) { RedirectStandardOutput = true };
        return new OwnedProcess(Process.Start(start)!);
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] args)
    {
        using var process = StartAgent(args);
        var text = await process.Process.StandardOutput.ReadToEndAsync(Cancel).WaitAsync(Patience, Cancel);
        await process.Process.WaitForExitAsync(Cancel).WaitAsync(Patience, Cancel);
        return (process.Process.ExitCode, text);
    }

    /// <summary>The program in its own output folder: beside the tests it lacks the packages that their shared framework brings.</summary>
    private static string ProgramPath()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        var configuration = folder.Parent!.Name;
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "CityEdge.sln"))) folder = folder.Parent;
        return Path.Combine(folder!.FullName, "edge", "CityEdge.Edge", "bin", configuration, "net10.0", "cityedge-edge.dll");
    }

    /// <summary>A child that does not outlive its test.</summary>
    private sealed class OwnedProcess(Process process) : IDisposable
    {
        public Process Process => process;

        public void Dispose()
        {
            if (!process.HasExited) process.Kill();
            process.Dispose();
        }
    }
}
