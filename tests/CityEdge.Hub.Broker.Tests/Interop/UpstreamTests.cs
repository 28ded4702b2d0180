using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using CityEdge.Mqtt;
using static CityEdge.Hub.Broker.Tests.Interop.UpstreamFleet;

namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>The hub as a client of a mosquitto that devices speak to (<c>serve --upstream</c>).</summary>
public sealed class UpstreamTests(ITestOutputHelper output) : IDisposable
{
    // Without a limit: mosquitto's default drops what is queued beyond a thousand messages.
    private const string Settings = "allow_anonymous true\nmax_queued_messages 0";
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task What_an_agent_tells_mosquitto_is_stored_and_ticketed_and_the_card_comes_back_out_of_mosquitto()
    {
        await using var server = await MosquittoServer.StartAsync(Settings);
        var csv = new StringBuilder("timestamp,value\n");
        for (var i = 0; i < 200; i++) csv.Append(CultureInfo.InvariantCulture, $"2026-01-01 {i / 60:00}:{i % 60:00}:00,{(i is >= 100 and < 120 ? 5 : 20)}\n");
        var config = folder.Write("agent.yaml", $$"""
            site: site-1
            device: kiosk-1
            hub: { url: "{{server.Url}}" }
            spool: { dir: {{folder["spool"]}}, max_bytes: 64MiB, when_full: refuse }
            adapters:
              - { id: room, type: replay, file: {{folder.Write("room.csv", csv.ToString())}}, time: timestamp, zone: UTC, start: recorded, speed: max,
                  points: [ { name: room.temperature, column: value, kind: temperature, unit: Cel, labels: { role: room } } ] }
            """);
        var cards = new ConcurrentQueue<MqttIncoming>();
        await using var wall = await ConnectAsync(server.Url, "wall", m => { cards.Enqueue(m); return ValueTask.CompletedTask; });
        await wall.SubscribeAsync([new("cityedge/v1/+/tickets/+")], Ct);

        await using var hub = await HubAsync(folder["hub"], server.Url, "--mqtt", "none");
        Assert.Equal("none", hub.Mqtt);
        await hub.PutRuleAsync(Rule);
        await hub.ConnectedAsync();
        await using var agent = AgentProcess.Run(config, "--once");
        Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
        await Wait.UntilAsync("the ticket", async () => (await hub.ListAsync("/api/v1/tickets?category=room.cold")).Any(t => t.GetProperty("state").GetString() == "self-cleared"), Patience, () => hub.Child.Errors);
        await hub.DrainAsync(Patience);

        Assert.Equal(200, (await ReadingsAsync(hub, "kiosk-1")).Count);
        var ticket = Assert.Single(await hub.ListAsync("/api/v1/tickets?category=room.cold"));
        var device = Assert.Single((await hub.GetAsync("/api/v1/devices")).GetProperty("items").EnumerateArray());
        Assert.Equal("site-1/kiosk-1", device.GetProperty("id").GetString());
        // The announcement comes by a subscription of its own, perhaps after the readings.
        var point = await Wait.ForAsync("the announced label", async () =>
        {
            var now = await hub.GetAsync($"/api/v1/points/{Uri.EscapeDataString("site-1/kiosk-1/room.temperature")}");
            return now.GetProperty("labels").TryGetProperty("role", out var role) ? $"{now.GetProperty("kind").GetString()} {role.GetString()}" : null;
        }, Patience);
        Assert.Equal("temperature room", point);

        var topic = $"cityedge/v1/site-1/tickets/{ticket.GetProperty("id").GetString()}";
        await Wait.UntilAsync("the card of the closed ticket", () => Task.FromResult(cards.Any(c => c.Topic == topic && Encoding.UTF8.GetString(c.Payload.Span).Contains("self-cleared", StringComparison.Ordinal))), Patience);
        // Retained: a wall that comes later sees it as it stands.
        var late = new ConcurrentQueue<MqttIncoming>();
        await using var lateWall = await ConnectAsync(server.Url, "late", m => { late.Enqueue(m); return ValueTask.CompletedTask; });
        await lateWall.SubscribeAsync([new("cityedge/v1/site-1/tickets/#")], Ct);
        await Wait.UntilAsync("the retained card", () => Task.FromResult(!late.IsEmpty), Patience);
        Assert.True(late.TryPeek(out var retained) && retained.Retain);
        Assert.Equal("self-cleared", JsonSerializer.Deserialize<JsonElement>(retained.Payload.Span).GetProperty("state").GetString());

        // Nothing that the hub said came back to it: no dead letter, and no message but the agent's.
        Assert.Empty(await hub.ListAsync("/api/v1/deadletters"));
        Assert.Equal(await hub.CountAsync("taken"), await hub.CountAsync("acknowledged"));
        Assert.Equal(0, await hub.CountAsync("refused"));
        Assert.True(await hub.CountAsync("published") >= 1);
    }

    [Fact]
    public async Task A_killed_hub_loses_nothing_that_was_acknowledged_and_nothing_counts_twice()
    {
        const int Messages = 4000;
        var kills = Checkout.Long ? 12 : 3;
        await using var server = await MosquittoServer.StartAsync(Settings);
        await using var device = await ConnectAsync(server.Url, "devices");
        var hub = await HubAsync(folder["hub"], server.Url);
        try
        {
            await hub.PutRuleAsync(Rule);
            await hub.ConnectedAsync();
            for (var kill = 0; kill <= kills; kill++)
            {
                var share = Messages / (kills + 1);
                var from = kill * share;
                var seen = await hub.CountAsync("taken");
                var publishing = PublishAllAsync(device, Enumerable.Range(from, share).SelectMany(i => new[]
                {
                    Telemetry("room-1", Start + (i * 1000L), i == Messages / 2 ? 5 : 20), Event("room-1", $"event-{i}"),
                }));
                if (kill < kills)
                {
                    await Wait.UntilAsync($"messages before kill {kill}", async () => await hub.CountAsync("taken") > seen, Patience, () => hub.Child.Errors);
                    await hub.KillAsync();
                    await hub.DisposeAsync();
                    await publishing;
                    hub = await HubAsync(folder["hub"], server.Url);
                }
                else
                {
                    await publishing;
                }
            }
            var sent = Messages / (kills + 1) * (kills + 1);
            await Wait.UntilAsync("all readings", async () => (await ReadingsAsync(hub, "room-1")).Count >= sent, Patience, () => hub.Child.Errors);
            await hub.DrainAsync(Patience);
            var readings = await ReadingsAsync(hub, "room-1");
            Assert.Equal(Enumerable.Range(0, sent).Select(i => Start + (i * 1000L)), readings.Select(r => r.TimeMs).Order());
            Assert.Equal(Enumerable.Range(0, sent).Select(i => $"event-{i}").Order(StringComparer.Ordinal), (await hub.ListAsync("/api/v1/events")).Select(e => e.GetProperty("id").GetString()!).Order(StringComparer.Ordinal));
            Assert.Single(await hub.ListAsync("/api/v1/tickets?category=room.cold"));
            output.WriteLine($"{sent * 2} messages, {kills} kills, {await hub.CountAsync("repeated")} repeated to the last hub");
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    [Fact]
    public async Task An_outage_of_mosquitto_is_waited_out_and_cards_of_that_time_arrive_after_it()
    {
        await using var server = await MosquittoServer.StartAsync(Settings, persistent: true);
        await using var hub = await HubAsync(folder["hub"], server.Url);
        await hub.PutRuleAsync(Rule);
        await hub.ConnectedAsync();
        await using (var device = await ConnectAsync(server.Url, "before")) await PublishAllAsync(device, [Telemetry("room-1", Start, 20)]);
        await Wait.UntilAsync("the first reading", async () => await hub.CountAsync("acknowledged") == 1, Patience, () => hub.Child.Errors);
        await server.StopAsync();
        await hub.ProblemAsync("127.0.0.1");
        Assert.Equal(0, await hub.MetricAsync("cityedge_upstream_connected"));

        // The hub's own listener stays: a device of it raises an alarm meanwhile.
        await using (var local = await ConnectAsync($"mqtt://{hub.Mqtt}", "local")) await PublishAllAsync(local, [Telemetry("room-2", Start, 5)]);
        await Wait.UntilAsync("the ticket", async () => (await hub.ListAsync("/api/v1/tickets?category=room.cold")).Count == 1, Patience, () => hub.Child.Errors);
        var id = (await hub.ListAsync("/api/v1/tickets?category=room.cold"))[0].GetProperty("id").GetString();
        // Not even the hub's end loses the card.
        Assert.Equal(0, await hub.StopAsync());
        await using var again = await HubAsync(folder["hub"], server.Url);
        await again.ProblemAsync("127.0.0.1");
        Assert.Contains("Upstream broker", again.Child.Errors, StringComparison.Ordinal);

        await server.RunAsync();
        var cards = new ConcurrentQueue<string>();
        await using var wall = await ConnectAsync(server.Url, "wall", m => { cards.Enqueue(m.Topic); return ValueTask.CompletedTask; });
        await wall.SubscribeAsync([new("cityedge/v1/+/tickets/+")], Ct);
        await Wait.UntilAsync("the card", () => Task.FromResult(cards.Contains($"cityedge/v1/site-1/tickets/{id}")), Patience, () => again.Child.Errors);
        await again.ConnectedAsync();
        Assert.Contains("session resumed", again.Child.Errors, StringComparison.Ordinal);
        await using (var device = await ConnectAsync(server.Url, "after")) await PublishAllAsync(device, [Telemetry("room-1", Start + 1000, 21)]);
        await Wait.UntilAsync("the reading after the outage", async () => (await ReadingsAsync(again, "room-1")).Count == 2, Patience, () => again.Child.Errors);
    }

    [Fact]
    public async Task What_is_delivered_twice_has_one_effect()
    {
        await using var server = await MosquittoServer.StartAsync(Settings);
        await using var hub = await HubAsync(folder["hub"], server.Url);
        await hub.PutRuleAsync(Rule);
        await hub.ConnectedAsync();
        await using var device = await ConnectAsync(server.Url, "devices");
        for (var round = 0; round < 3; round++) await PublishAllAsync(device, [Telemetry("room-1", Start, 20), Telemetry("room-1", Start + 60_000, 5), Event("room-1", "one")]);
        await Wait.UntilAsync("all nine", async () => await hub.CountAsync("acknowledged") == 9, Patience, () => hub.Child.Errors);
        await hub.DrainAsync(Patience);
        Assert.Equal([(Start, 20), (Start + 60_000, 5)], await ReadingsAsync(hub, "room-1"));
        Assert.Single(await hub.ListAsync("/api/v1/events"));
        Assert.Single(await hub.ListAsync("/api/v1/tickets?category=room.cold"));
    }

    [Fact]
    public async Task A_retained_announcement_from_before_the_hub_is_known_and_dead_letters_name_the_device()
    {
        await using var server = await MosquittoServer.StartAsync(Settings);
        await using var device = await ConnectAsync(server.Url, "devices");
        await PublishAllAsync(device, [new("cityedge/v1/site-1/room-9/status", """{"state":"online","points":[{"name":"door","kind":"contact"}]}"""u8.ToArray(), Retain: true)]);
        await using var hub = await HubAsync(folder["hub"], server.Url);
        await hub.ConnectedAsync();
        await Wait.UntilAsync("the announced point", async () => (await hub.ListAsync("/api/v1/points")).Any(p => p.GetProperty("id").GetString() == "site-1/room-9/door"), Patience, () => hub.Child.Errors);
        await PublishAllAsync(device, [new("cityedge/v1/site-1/room-9/telemetry", "not senml"u8.ToArray()), new("cityedge/v1/site-1/room-9/event", new byte[300 * 1024])]);
        await Wait.UntilAsync("two dead letters", async () => (await hub.ListAsync("/api/v1/deadletters")).Count == 2, Patience, () => hub.Child.Errors);
        Assert.Equal([("not_senml", "site-1/room-9"), ("too_large", "site-1/room-9")],
            (await hub.ListAsync("/api/v1/deadletters")).Select(d => (d.GetProperty("reason").GetString()!, d.GetProperty("device").GetString()!)).Order());
    }

    [Fact]
    public async Task Two_hubs_of_one_name_divide_what_devices_measure()
    {
        await using var server = await MosquittoServer.StartAsync(Settings);
        await using var first = await HubAsync(folder["one"], server.Url, "--upstream-share", "city");
        await using var second = await HubAsync(folder["two"], server.Url, "--upstream-share", "city");
        await first.ConnectedAsync();
        await second.ConnectedAsync();
        await using var device = await ConnectAsync(server.Url, "devices");
        await PublishAllAsync(device, Enumerable.Range(0, 400).Select(i => Telemetry("room-1", Start + (i * 1000L), 20)));
        await Wait.UntilAsync("all readings", async () => await first.CountAsync("acknowledged") + await second.CountAsync("acknowledged") == 400, Patience);
        Assert.True(await first.CountAsync("taken") > 0);
        Assert.True(await second.CountAsync("taken") > 0);
    }

    public void Dispose() => folder.Dispose();
}
