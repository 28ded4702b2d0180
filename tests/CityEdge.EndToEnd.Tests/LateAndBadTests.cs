using System.Text.Json;

namespace CityEdge.EndToEnd.Tests;

/// <summary>What the field really sends: each bad thing is refused or marked with its reason, counted, visible, and harms nothing else.</summary>
public sealed class LateAndBadTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder folder = new();
    private HubProcess hub = null!;
    private string adminToken = null!;
    private string kioskToken = null!;

    public async ValueTask InitializeAsync()
    {
        hub = await HubProcess.StartAsync(folder["hub"], "--auth", "required");
        adminToken = (await File.ReadAllTextAsync(Path.Combine(folder["hub"], "admin-token"))).Trim();
        hub.Authorize(adminToken);
        await using var add = new ChildProcess(HubProcess.Program, ["devices", "add", "site-1/kiosk-1", "--hub", hub.Http.BaseAddress!.ToString(), "--token", adminToken]);
        Assert.True(await add.WaitForExitAsync(Timeout) == 0, add.Errors);
        kioskToken = Assert.Single(add.Lines);
        Assert.Equal(43, kioskToken.Length);
    }

    [Fact]
    public async Task Every_bad_thing_is_refused_or_marked_with_its_reason_and_the_good_beside_it_is_stored()
    {
        const string topic = "cityedge/v1/site-1/kiosk-1/telemetry";
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        await PublishAsync(topic, $$"""[{"n":"room.temperature","u":"Cel","t":{{now - 100}},"v":20.5},{"n":"door","t":{{now - 100}},"vb":true}]""");
        // Twice the same, then out of order: the later of the same time wins, nothing is there twice.
        await PublishAsync(topic, $$"""[{"n":"room.temperature","u":"Cel","t":{{now - 100}},"v":20.5}]""");
        await PublishAsync(topic, $$"""[{"n":"room.temperature","u":"Cel","t":{{now - 40}},"v":21}]""");
        await PublishAsync(topic, $$"""[{"n":"room.temperature","u":"Cel","t":{{now - 70}},"v":20.75}]""");
        // A clock in 2036: stored at arrival time, marked, beside a good record.
        await PublishAsync(topic, """[{"n":"supply.temperature","u":"Cel","t":2085978496,"v":61},{"n":"supply.pressure","u":"kPa","v":420}]""");
        await PublishAsync(topic, """[{"n":"room.temperature","u":"Cel","v":"NaN"},{"n":"good.one","u":"Cel","v":1}]""");
        await PublishAsync(topic, """[{"n":"room.temperature","u":"furlong","v":20},{"n":"good.two","u":"Cel","v":2}]""");
        await PublishAsync(topic, """[{"n":"door","v":1},{"n":"good.three","u":"Cel","v":3}]""");
        await PublishAsync(topic, """[{"bn":"site-1/other/","n":"x","v":1}]""");
        await PublishAsync(topic, "not senml at all");
        await PublishAsync("cityedge/v1/site-1/kiosk-1/nonsense", "x", user: "admin", token: adminToken);

        foreach (var reason in new[] { "future_time", "not_finite", "bad_unit", "type_changed", "foreign_name", "not_senml", "unknown_topic" }) await AssertRefusedAsync(reason);
        var letters = await hub.ListAsync("/api/v1/deadletters");
        Assert.Contains(letters, l => l.GetProperty("reason").GetString() == "bad_unit" && l.GetProperty("message").GetString()!.Contains("furlong") && l.GetProperty("payload_base64").GetString()!.Length > 0);
        var device = await hub.GetAsync("/api/v1/devices/" + Uri.EscapeDataString("site-1/kiosk-1"));
        Assert.Equal(1, device.GetProperty("refusals").GetProperty("bad_unit").GetInt32());

        await hub.DrainAsync(Timeout);
        Assert.Equal([20.5, 20.75, 21], (await ReadAsync("room.temperature")).Select(r => r.GetProperty("value").GetDouble()));
        var marked = Assert.Single(await ReadAsync("supply.temperature"));
        Assert.True(marked.GetProperty("quality").GetInt32() != 0);
        Assert.InRange(marked.GetProperty("time").GetDateTimeOffset(), TimeProvider.System.GetUtcNow().AddMinutes(-5), TimeProvider.System.GetUtcNow().AddMinutes(5));
        Assert.Equal(420_000, Assert.Single(await ReadAsync("supply.pressure")).GetProperty("value").GetDouble());
        foreach (var (name, value) in new[] { ("good.one", 1d), ("good.two", 2d), ("good.three", 3d) }) Assert.Equal(value, Assert.Single(await ReadAsync(name)).GetProperty("value").GetDouble());
    }

    [Fact]
    public async Task Garbage_an_unknown_device_and_a_foreign_topic_are_refused_at_the_door_and_seen()
    {
        await PublishAsync("cityedge/v1/site-1/other-device/telemetry", """[{"n":"x","v":1}]""");
        await AssertRefusedAsync("forbidden_topic");
        Assert.DoesNotContain(await hub.ListAsync("/api/v1/devices"), d => d.GetProperty("id").GetString() == "site-1/other-device");

        await using (var stranger = new ChildProcess("mosquitto_pub", Arguments("cityedge/v1/site-1/stranger/telemetry", "site-1/stranger", "no-such-token", "-m", "x")))
            Assert.NotEqual(0, await stranger.WaitForExitAsync(Timeout));

        var garbage = folder.Write("garbage.bin", new string('x', 1 << 20));
        await using (var flood = new ChildProcess("mosquitto_pub", Arguments("cityedge/v1/site-1/kiosk-1/telemetry", "site-1/kiosk-1", kioskToken, "-f", garbage)))
            await flood.WaitForExitAsync(Timeout);
        await AssertRefusedAsync("too_large");

        // And the device goes on as before.
        await PublishAsync("cityedge/v1/site-1/kiosk-1/telemetry", """[{"n":"after.all","u":"Cel","v":7}]""");
        await Wait.UntilAsync("the reading after the garbage", async () => (await hub.ListAsync("/api/v1/points?q=after.all")).Count == 1, Timeout);
        await using var list = new ChildProcess(HubProcess.Program, ["deadletter", "list", "--json", "--hub", hub.Http.BaseAddress!.ToString(), "--token", adminToken]);
        Assert.Equal(0, await list.WaitForExitAsync(Timeout));
        Assert.Contains(list.Lines, l => JsonSerializer.Deserialize<JsonElement>(l).GetProperty("reason").GetString() == "forbidden_topic");
    }

    private async Task AssertRefusedAsync(string reason)
    {
        await Wait.UntilAsync($"a dead letter with {reason}", async () => (await hub.ListAsync($"/api/v1/deadletters?reason={reason}")).Count > 0, Timeout, () => hub.Child.Errors);
        Assert.True(await hub.MetricAsync($"cityedge_ingest_messages_total{{reason=\"{reason}\"}}") >= 1, $"{reason} is not counted in /metrics");
    }

    private async Task<List<JsonElement>> ReadAsync(string name) => await hub.ListAsync($"/api/v1/readings?point={Uri.EscapeDataString("site-1/kiosk-1/" + name)}&from=2020-01-01T00:00:00Z&to=2040-01-01T00:00:00Z");

    private async Task PublishAsync(string topic, string payload, string? user = null, string? token = null)
    {
        await using var publisher = new ChildProcess("mosquitto_pub", Arguments(topic, user ?? "site-1/kiosk-1", token ?? kioskToken, "-m", payload));
        Assert.True(await publisher.WaitForExitAsync(Timeout) == 0, publisher.Errors);
    }

    private string[] Arguments(string topic, string user, string token, params string[] rest) => ["-h", "127.0.0.1", "-p", hub.MqttPort, "-q", "1", "-V", "mqttv311", "-u", user, "-P", token, "-t", topic, .. rest];

    public async ValueTask DisposeAsync()
    {
        await hub.DisposeAsync();
        folder.Dispose();
    }
}
