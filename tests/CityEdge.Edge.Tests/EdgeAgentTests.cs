using System.Text.Json.Nodes;
using CityEdge.Adapters;
using CityEdge.Contracts;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Edge.Tests;

public sealed class EdgeAgentTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private static Task Idle(IReadingSink sink, CancellationToken cancellation) => Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellation);

    private static EdgeAgent Agent(AgentFixture fixture, FakeLink link, TimeProvider? wire = null, ILogFiles? files = null, params IAdapter[] adapters) =>
        new(fixture.Config, adapters, new ManualTimeProvider(), NullLoggerFactory.Instance, new AgentSeams { Link = link.With, Files = files, WireClock = wire ?? TimeProvider.System });

    private static JsonNode Status(FakeLink.Sent sent) => JsonNode.Parse(sent.Text)!;

    private static bool IsStatus(FakeLink.Sent sent) => sent.Message.Topic == "cityedge/v1/site/device/status";

    [Fact]
    public async Task Once_ends_when_the_replay_is_through_and_the_hub_has_acknowledged_all_of_it()
    {
        using var fixture = new AgentFixture();
        var link = new FakeLink();
        var replay = new TestAdapter("r", (sink, cancellation) => sink.WriteAsync(AgentFixture.Readings(300, 10), cancellation), endsByItself: true);
        var other = new TestAdapter("idle", Idle);
        var running = Agent(fixture, link, adapters: [replay, other]).RunAsync(Cancel, once: true);
        await link.WaitAsync(l => l.Telemetry.Count == 1, "the telemetry");
        Assert.False(running.IsCompleted);
        // Normalised: kelvin became degrees.
        Assert.Equal(300 - 273.15, FakeLink.Decode(link.Telemetry[0])[0].Value!.Value.Number, 9);
        link.AutoAcknowledge = true;
        foreach (var sent in link.All) sent.Acknowledge();
        Assert.True(await running.WaitAsync(TimeSpan.FromSeconds(15), Cancel));
        Assert.True(link.Disconnects);
    }

    [Fact]
    public async Task Once_waits_until_the_hub_has_its_points_even_when_the_readings_were_quicker()
    {
        using var fixture = new AgentFixture();
        var link = new FakeLink();
        var replay = new TestAdapter("r", (sink, cancellation) => sink.WriteAsync(AgentFixture.Readings(300, 10), cancellation), endsByItself: true);
        var running = Agent(fixture, link, adapters: [replay]).RunAsync(Cancel, once: true);
        await link.WaitAsync(l => l.Telemetry.Count == 1, "the telemetry");
        link.Telemetry[0].Acknowledge();
        // The first document is unanswered when all readings are through: it is told again, and nothing is said of leaving before the answer.
        await link.WaitAsync(l => l.All.Count(IsStatus) == 2, "a second status document");
        Assert.All(link.All.Where(IsStatus), s => Assert.Equal("online", Status(s)["state"]!.GetValue<string>()));
        Assert.False(link.Disconnects);
        link.AutoAcknowledge = true;
        foreach (var sent in link.All) sent.Acknowledge();
        Assert.True(await running.WaitAsync(TimeSpan.FromSeconds(15), Cancel));
        Assert.Equal("offline", Status(link.All.Last(IsStatus))["state"]!.GetValue<string>());
    }

    [Fact]
    public async Task Once_says_no_when_a_replay_did_not_reach_its_end()
    {
        using var fixture = new AgentFixture();
        var link = new FakeLink { AutoAcknowledge = true };
        var broken = new BrokenReplay();
        Assert.False(await Agent(fixture, link, adapters: [broken]).RunAsync(Cancel, once: true));
    }

    private sealed class BrokenReplay : IAdapter
    {
        public string Id => "broken";
        public string Type => "replay";
        public IReadOnlyList<PointDeclaration> Points => [];
        public AdapterHealth Health { get; } = new("broken");
        public bool EndsByItself => true;

        public Task RunAsync(IReadingSink sink, CancellationToken cancellation) => Task.CompletedTask;

        public Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation) => throw new IOException("gone");
    }

    [Fact]
    public async Task Status_is_retained_and_announces_points_and_follows_changes_and_says_offline_at_the_end()
    {
        using var fixture = new AgentFixture();
        var wire = new ManualTimeProvider();
        var link = new FakeLink { AutoAcknowledge = true };
        var adapter = new TestAdapter("a", Idle);
        using var stop = new CancellationTokenSource();
        var agent = Agent(fixture, link, wire, adapters: adapter);
        var running = agent.RunAsync(stop.Token);
        await agent.Started.WaitAsync(Cancel);
        Assert.Equal(("site.device", false), (link.Options!.ClientId, link.Options.CleanStart));
        Assert.Null(link.Options.UserName);
        var will = link.Options.Will!;
        Assert.Equal(("cityedge/v1/site/device/status", true, QoS.AtLeastOnce), (will.Topic, will.Retain, will.QoS));
        Assert.Equal("offline", (string?)JsonNode.Parse(will.Payload.Span)!["state"]);

        var first = (await link.WaitAsync(l => l.All.Any(IsStatus), "the first status")).First(IsStatus);
        Assert.True(first.Message.Retain);
        var document = Status(first);
        Assert.Equal("online", (string?)document["state"]);
        Assert.Equal("2026-01-01T00:00:00.000Z", (string?)document["since"]);
        Assert.StartsWith("cityedge-edge/", (string?)document["agent"], StringComparison.Ordinal);
        Assert.Equal("""{"name":"boiler.temperature","kind":"temperature","unit":"Cel","asset":"boiler-1","labels":{"role":"supply"}}""", document["points"]![0]!.ToJsonString());
        Assert.Equal("a", (string?)document["adapters"]![0]!["id"]);

        adapter.Health.Fault("no answer");
        await link.WaitAsync(
            l =>
            {
                wire.Advance(TimeSpan.FromSeconds(1));
                return l.All.Where(IsStatus).Any(s => (string?)Status(s)["adapters"]?[0]?["state"] == "faulted");
            },
            "the fault in the status");
        var before = link.All.Count(IsStatus);
        for (var i = 0; i < 30; i++) wire.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(link.All.Count(IsStatus), before, before + 1);
        await link.WaitAsync(
            l =>
            {
                wire.Advance(TimeSpan.FromSeconds(1));
                return l.All.Count(IsStatus) > before + 1;
            },
            "the status of every minute");

        await stop.CancelAsync();
        Assert.True(await running.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
        Assert.Equal("offline", (string?)Status(link.All.Last(IsStatus))["state"]);
        Assert.True(link.Disconnects);
    }

    [Fact]
    public async Task Stopping_sends_what_is_left_when_the_hub_still_answers_and_does_not_wait_for_a_hub_that_is_gone()
    {
        using var fixture = new AgentFixture();
        var link = new FakeLink();
        using var stop = new CancellationTokenSource();
        var agent = Agent(fixture, link, adapters: new TestAdapter("a", Idle));
        var running = agent.RunAsync(stop.Token);
        await agent.Started.WaitAsync(Cancel);
        await agent.SendReadingsAsync(AgentFixture.Readings(0, 3), Cancel);
        await agent.SendEventsAsync([TestEvents.Help("e")], Cancel);
        link.Lose();
        await stop.CancelAsync();
        Assert.True(await running.WaitAsync(TimeSpan.FromSeconds(10), Cancel));
        // Nothing was lost with it: the next run sends it.
        var second = new FakeLink { AutoAcknowledge = true };
        using var stopAgain = new CancellationTokenSource();
        var again = Agent(fixture, second).RunAsync(stopAgain.Token);
        await second.WaitAsync(l => l.Telemetry.Count == 1 && l.All.Any(s => s.Message.Topic.EndsWith("/event", StringComparison.Ordinal)), "the backlog");
        await stopAgain.CancelAsync();
        await again;
    }

    [Fact]
    public async Task A_backlog_outlives_a_device_that_is_renamed()
    {
        using var fixture = new AgentFixture();
        await using (var spool = fixture.Spool()) await spool.WriteAsync(AgentFixture.Readings(0, 3), Cancel);
        var link = new FakeLink { AutoAcknowledge = true };
        using var stop = new CancellationTokenSource();
        var renamed = new EdgeAgent(fixture.Config with { Device = "other" }, [], new ManualTimeProvider(), NullLoggerFactory.Instance, new AgentSeams { Link = link.With });
        var running = renamed.RunAsync(stop.Token);
        await link.WaitAsync(l => l.Telemetry.Count == 1, "the backlog");
        Assert.Equal("cityedge/v1/site/other/telemetry", link.Telemetry[0].Message.Topic);
        Assert.Equal("site/other/boiler.temperature", SenmlJson.Decode(link.Telemetry[0].Message.Payload.Span, "site/other/", 0).Records[0].Name);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public async Task An_adapter_that_breaks_is_started_again_and_the_others_go_on()
    {
        using var fixture = new AgentFixture();
        var wire = new ManualTimeProvider();
        var link = new FakeLink { AutoAcknowledge = true };
        var broken = new TestAdapter("broken", (_, _) => throw new InvalidOperationException("a bug"));
        var good = new TestAdapter("good", Idle);
        using var stop = new CancellationTokenSource();
        var running = Agent(fixture, link, wire, adapters: [broken, good]).RunAsync(stop.Token);
        await link.WaitAsync(
            _ =>
            {
                wire.Advance(TimeSpan.FromSeconds(1));
                return broken.Runs >= 3;
            },
            "three runs");
        Assert.Equal("a bug", broken.Health.LastError);
        Assert.Equal(1, good.Runs);
        await stop.CancelAsync();
        // The grace periods are the wire's: they pass when this clock is moved.
        await link.WaitAsync(
            _ =>
            {
                wire.Advance(TimeSpan.FromSeconds(1));
                return running.IsCompleted;
            },
            "the end");
        Assert.True(await running);
    }

    [Fact]
    public async Task A_spool_whose_disk_fails_ends_the_agent_and_acknowledges_nothing()
    {
        using var fixture = new AgentFixture();
        var disk = new PowerCutFiles();
        var link = new FakeLink { AutoAcknowledge = true };
        var acknowledged = false;
        var writer = new TestAdapter("w", async (sink, cancellation) =>
        {
            await sink.WriteAsync(AgentFixture.Readings(300, 1), cancellation);
            disk.Fault = (operation, _) => operation == "flush" ? new IOException("No space left on device") : null;
            await sink.WriteAsync(AgentFixture.Readings(301, 1), cancellation);
            acknowledged = true;
        });
        var error = await Assert.ThrowsAnyAsync<IOException>(() => Agent(fixture, link, files: disk.Boot(), adapters: writer).RunAsync(Cancel));
        Assert.Contains("No space left", error.Message, StringComparison.Ordinal);
        Assert.False(acknowledged);
    }

    [Fact]
    public async Task What_the_spool_acknowledged_is_there_after_a_power_cut()
    {
        using var fixture = new AgentFixture();
        var disk = new PowerCutFiles();
        var random = new Random(5);
        var acknowledged = 0;
        for (var round = 0; round < 40; round++)
        {
            var spool = fixture.Spool(files: disk.Boot());
            var records = new List<LogRecord>();
            while (spool.Log.Read(records.Count == 0 ? 0 : records[^1].NextPosition, records, 1000, 1 << 20) > 0) Assert.NotEmpty(records);
            Assert.True(records.Sum(SpoolRecord.Count) >= acknowledged, $"round {round}: {acknowledged} readings were acknowledged, {records.Sum(SpoolRecord.Count)} are there");
            acknowledged = records.Sum(SpoolRecord.Count);
            disk.CutAfter(random.Next(1, 20), random);
            try
            {
                while (true)
                {
                    await spool.WriteAsync(AgentFixture.Readings(acknowledged, 3), Cancel);
                    acknowledged += 3;
                }
            }
            catch (IOException)
            {
                await spool.DisposeAsync();
            }
        }
        Assert.True(acknowledged > 300);
    }

    [Fact]
    public async Task Other_topics_reach_their_handlers()
    {
        using var fixture = new AgentFixture();
        var link = new FakeLink { AutoAcknowledge = true };
        var agent = Agent(fixture, link);
        using var subscription = agent.Subscribe("cityedge/v1/site/tickets/+", (_, _) => ValueTask.CompletedTask);
        using var stop = new CancellationTokenSource();
        var running = agent.RunAsync(stop.Token);
        await agent.Started.WaitAsync(Cancel);
        Assert.Equal(["cityedge/v1/site/tickets/+", "cityedge/v1/site/device/command/+", "cityedge/v1/site/device/config"], link.Filters);
        using var later = agent.Subscribe("other/#", (_, _) => ValueTask.CompletedTask);
        Assert.Contains("other/#", link.Filters);
        await stop.CancelAsync();
        await running;
    }

    [Fact]
    public void Names_that_the_hub_would_refuse_are_refused_here()
    {
        using var fixture = new AgentFixture();
        Assert.Throws<ArgumentException>(() => new EdgeAgent(fixture.Config with { Device = "tickets" }, [], TimeProvider.System, NullLoggerFactory.Instance));
        Assert.Throws<ArgumentException>(() => new EdgeAgent(fixture.Config with { Site = "a b" }, [], TimeProvider.System, NullLoggerFactory.Instance));
        Assert.DoesNotContain("secret", (fixture.Config with { Hub = new HubLinkConfig { Url = "mqtt://h", Password = "secret" } }).ToString(), StringComparison.Ordinal);
    }
}
