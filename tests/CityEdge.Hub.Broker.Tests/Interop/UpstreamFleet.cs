using System.Globalization;
using System.Text;
using System.Text.Json;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>Devices that speak to another broker, and what the hub behind it knows of them.</summary>
internal static class UpstreamFleet
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    public const string Rule = """
        id: room-cold
        title: { zh: 室温不达标, en: Room too cold }
        signal: temperature
        raise:
          - { severity: P3, when: "value < 10", for: 0s }
        clear: { when: "value >= 12", for: 0s }
        ticket: { category: room.cold, sla: P3, public: true, wait: 0s, self_clear: 0s, reopen: 0s }
        """;

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>2026-01-01T00:00:00Z.</summary>
    public const long Start = 1_767_225_600_000;

    public static async Task<MqttClient> ConnectAsync(string url, string id, Func<MqttIncoming, ValueTask>? handler = null, MqttVersion version = MqttVersion.V500)
    {
        var client = new MqttClient(new MqttClientOptions { Url = url, ClientId = id, Version = version, MaxInflight = 200, MaxBackoff = TimeSpan.FromMilliseconds(500), Handler = handler is null ? null : (m, _) => handler(m) });
        await client.StartAsync(Ct);
        return client;
    }

    public static MqttMessage Telemetry(string device, long timeMs, double value, bool retain = false) => new($"cityedge/v1/site-1/{device}/telemetry",
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $$"""[{"n":"room.temperature","u":"Cel","t":{{timeMs / 1000}}.{{timeMs % 1000:000}},"v":{{value:R}}}]""")), Retain: retain);

    public static MqttMessage Event(string device, string id) => new($"cityedge/v1/site-1/{device}/event",
        Encoding.UTF8.GetBytes($$"""{"specversion":"1.0","id":"{{id}}","source":"/{{device}}","type":"cityedge.kiosk.help","time":"2026-01-01T00:00:00Z","data":{"kiosk":1} }"""));

    public static async Task<List<(long TimeMs, double Value)>> ReadingsAsync(HubProcess hub, string device) =>
        [.. (await hub.ListAsync($"/api/v1/readings?point={Uri.EscapeDataString($"site-1/{device}/room.temperature")}&from=2025-12-01T00:00:00Z&to=2027-12-01T00:00:00Z"))
            .Select(i => (i.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds(), i.GetProperty("value").GetDouble()))];

    public static async Task<HubProcess> HubAsync(string data, string url, params string[] arguments) =>
        await HubProcess.StartAsync(data, ["--upstream", url, "--max-age", "none", .. arguments]);

    public static Task ConnectedAsync(this HubProcess hub) =>
        Wait.UntilAsync("the hub to be subscribed upstream", async () => await hub.MetricAsync("cityedge_upstream_connected") == 1, Patience, () => hub.Child.Errors);

    public static Task<string> ProblemAsync(this HubProcess hub, string part) => Wait.ForAsync($"'{part}' in /readyz", async () =>
    {
        using var response = await hub.Http.GetAsync("/readyz", Ct);
        var text = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync(Ct)).GetProperty("upstream").GetString()!;
        return text.Contains(part, StringComparison.Ordinal) ? text : null;
    }, Patience, () => hub.Child.Errors);

    public static Task<double> CountAsync(this HubProcess hub, string state) => hub.MetricAsync($"cityedge_upstream_messages{{state=\"{state}\"}}");

    public static async Task PublishAllAsync(MqttClient client, IEnumerable<MqttMessage> messages)
    {
        var results = await Task.WhenAll(messages.Select(m => client.PublishAsync(m, Ct))).WaitAsync(Patience, Ct);
        Assert.All(results, r => Assert.True(r.IsSuccess, $"{r}"));
    }
}
