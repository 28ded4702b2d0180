using System.Net;
using System.Text;
using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Hub.Tests;

/// <summary>Rules <c>at: edge</c>, seen from the hub: who is told what, and what becomes of what agents say.</summary>
public sealed class EdgeRulesTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private static string Yaml(string site, string when = "value < 18") => $$"""
        id: edge-{{site}}
        title: { zh: 冷, en: Cold }
        signal: temperature
        where: { site: {{site}} }
        raise:
          - { severity: P3, when: "{{when}}" }
        at: edge
        ticket: { category: edge.{{site}}, wait: 0s, self_clear: 10m }
        """;

    private Task<Answer> PutAsync(string site, string when = "value < 18") => hub.PutRuleAsync($"edge-{site}", Yaml(site, when));

    private async Task<DeviceConfig> DesiredAsync(WireClient device)
    {
        var config = DeviceConfigJson.Decode(Encoding.UTF8.GetBytes((await device.ReceiveAsync()).Text), out var error);
        Assert.Null(error);
        return config!;
    }

    private Task SayAsync(string device, EdgeAlarm alarm)
    {
        var json = new System.Buffers.ArrayBufferWriter<byte>();
        CloudEventJson.Encode(json, alarm.ToEvent());
        return hub.PublishAsync(device, "event", json.WrittenSpan.ToArray());
    }

    private static EdgeAlarm Said(string site, int version, long raisedAtMs, EdgeAlarmChange change = EdgeAlarmChange.Raised, long? atMs = null, long? seenMs = null, bool up = false)
    {
        var point = new PointId(site, "d", "t");
        return new EdgeAlarm(CityEdge.Rules.AlarmIds.Of($"edge-{site}", point, false, raisedAtMs), $"edge-{site}", version, point, change, Severity.P3, atMs ?? raisedAtMs, raisedAtMs, 15, false, seenMs ?? raisedAtMs, up);
    }

    private Task<List<JsonElement>> AlarmsAsync(string site) => hub.ListAsync($"/api/v1/alarms?rule=edge-{site}");

    private Task<List<JsonElement>> TicketsAsync(string site) => hub.ListAsync($"/api/v1/tickets?category=edge.{site}");

    [Fact]
    public async Task Each_device_is_told_the_rules_that_concern_its_points_as_a_whole_and_is_told_when_they_are_gone()
    {
        await hub.TemperatureAsync("told/d", 20);
        await hub.TemperatureAsync("elsewhere/d", 20);
        await using var device = await hub.ConnectAsync("told-device");
        await device.SubscribeAsync("cityedge/v1/told/d/config");
        await using var other = await hub.ConnectAsync("other-device");
        await other.SubscribeAsync("cityedge/v1/elsewhere/d/config");
        (await PutAsync("told")).Is(HttpStatusCode.Created);
        var first = await DesiredAsync(device);
        var rule = Assert.Single(first.Rules);
        Assert.Equal(("edge-told", 1, Yaml("told"), "Asia/Shanghai"), (rule.Id, rule.Version, rule.Yaml, first.Zone));
        var point = Assert.Single(first.Points);
        Assert.Equal(("t", "temperature", "told", "d"), (point.Name, point.Kind, point.Labels["site"], point.Labels["device"]));
        Assert.Equal("edge", (await hub.GetAsync("/api/v1/rules/edge-told")).GetProperty("runs_at").GetString());

        (await hub.PutAssetAsync("told-room", new { kind = "room", name = "Room", attributes = new { limit = 12.5 } })).Is(HttpStatusCode.Created);
        (await hub.SendJsonAsync(HttpMethod.Patch, $"/api/v1/points/{Uri.EscapeDataString("told/d/t")}", new { asset = "told-room", labels = new { role = "supply" } })).Is(HttpStatusCode.OK);
        var second = await DesiredAsync(device);
        Assert.Equal(("told-room", "supply", "12.5"), (second.Points[0].Asset, second.Points[0].Labels["role"], second.Points[0].Attributes["limit"]));
        Assert.NotEqual(first.Version, second.Version);

        (await PutAsync("told", "value < 17")).Is(HttpStatusCode.OK);
        Assert.Equal(2, Assert.Single((await DesiredAsync(device)).Rules).Version);
        await hub.PublishAsync("told/d", "config/reported", $$"""{"version":"{{second.Version}}","rules":[{"id":"edge-told","version":1,"state":"running"}]}""");
        // It is astray: told once more.
        Assert.Equal(2, Assert.Single((await DesiredAsync(device)).Rules).Version);
        var shown = (await hub.EventuallyAsync("/api/v1/devices?limit=1000", l => l.GetProperty("items").EnumerateArray().Any(d => d.GetProperty("id").GetString() == "told/d" && d.GetProperty("config").ValueKind == JsonValueKind.Object)))
            .GetProperty("items").EnumerateArray().First(d => d.GetProperty("id").GetString() == "told/d").GetProperty("config");
        Assert.Equal((second.Version, "running"), (shown.GetProperty("reported").GetProperty("version").GetString(), shown.GetProperty("reported").GetProperty("rules")[0].GetProperty("state").GetString()));

        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/rules/edge-told")).Is(HttpStatusCode.NoContent);
        var last = await DesiredAsync(device);
        Assert.Empty(last.Rules);
        Assert.Empty(last.Points);
        // A device that comes later finds the same.
        await using var late = await hub.ConnectAsync("late-device");
        await late.SubscribeAsync("cityedge/v1/told/d/config");
        var retained = await late.ReceiveAsync();
        Assert.True(retained.Retained);
        Assert.Contains(last.Version, retained.Text, StringComparison.Ordinal);
        // Nobody had anything to say to the other one; a card of its own shows that it would have come.
        await other.PublishAsync("cityedge/v1/elsewhere/d/config", "own", retain: false);
        Assert.Equal("own", (await other.ReceiveAsync()).Text);
    }

    [Theory]
    [InlineData("value < point('../outdoor.temperature')")]
    [InlineData("anomaly() >= 0.5")]
    public async Task What_an_agent_cannot_run_is_refused_with_line_and_column(string when)
    {
        var error = (await PutAsync("refused", when)).IsProblem(HttpStatusCode.UnprocessableEntity)["errors"][0];
        Assert.Equal((7, 5, "at"), (error.GetProperty("line").GetInt32(), error.GetProperty("column").GetInt32(), error.GetProperty("key").GetString()));
        Assert.Contains("at: hub", error.Text("message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_agents_word_and_the_late_readings_are_one_alarm_and_one_ticket_with_the_raise_time_of_the_edge()
    {
        var version = (await PutAsync("late")).Is(HttpStatusCode.Created)["version"].GetInt32();
        var began = hub.Clock.NowMs;
        await hub.TemperatureAsync("late/d", 20);
        await hub.AdvanceAsync(TimeSpan.FromHours(1));
        var raised = began + 600_000;
        await hub.TemperatureAsync("late/d", 15, raised);
        await SayAsync("late/d", Said("late", version, raised));
        Assert.Empty(await TicketsAsync("late"));
        var waiting = Assert.Single(await AlarmsAsync("late"));
        Assert.Equal("catching-up", waiting.GetProperty("reason").GetString());
        await hub.TemperatureAsync("late/d", 15.5, began + 1_200_000);
        await SayAsync("late/d", Said("late", version, raised, EdgeAlarmChange.Standing, hub.Clock.NowMs, began + 1_200_000, up: true));
        await SayAsync("late/d", Said("late", version, raised));
        var alarm = Assert.Single(await AlarmsAsync("late"));
        var ticket = Assert.Single(await TicketsAsync("late"));
        var edge = DateTimeOffset.FromUnixTimeMilliseconds(raised);
        Assert.Equal((edge, edge, edge, "down"), (alarm.GetProperty("raised_at").GetDateTimeOffset(), alarm.GetProperty("edge_at").GetDateTimeOffset(), ticket.GetProperty("raised_at").GetDateTimeOffset(), alarm.GetProperty("edge_link").GetString()));
        Assert.Empty((await hub.GetAsync($"/api/v1/alarms/{alarm.GetProperty("id").GetString()}/explain")).GetProperty("acts").EnumerateArray());
    }

    [Fact]
    public async Task What_was_over_before_the_link_returned_is_on_record_and_opens_nothing()
    {
        var version = (await PutAsync("over")).Is(HttpStatusCode.Created)["version"].GetInt32();
        var began = hub.Clock.NowMs;
        await hub.TemperatureAsync("over/d", 20);
        await hub.AdvanceAsync(TimeSpan.FromHours(2));
        await hub.TemperatureAsync("over/d", 15, began + 600_000);
        await SayAsync("over/d", Said("over", version, began + 600_000));
        await hub.TemperatureAsync("over/d", 20, began + 3_600_000);
        await SayAsync("over/d", Said("over", version, began + 600_000, EdgeAlarmChange.Cleared, began + 3_600_000, began + 3_600_000));
        await hub.TemperatureAsync("over/d", 20);
        await hub.AdvanceAsync(TimeSpan.FromHours(1));
        var alarm = Assert.Single(await AlarmsAsync("over"));
        Assert.Equal((began + 600_000, began + 3_600_000), (alarm.GetProperty("raised_at").GetDateTimeOffset().ToUnixTimeMilliseconds(), alarm.GetProperty("cleared_at").GetDateTimeOffset().ToUnixTimeMilliseconds()));
        Assert.Equal(JsonValueKind.Null, alarm.GetProperty("ticket").ValueKind);
        Assert.Equal("down", alarm.GetProperty("edge_link").GetString());
        Assert.Empty(await hub.ListAsync("/api/v1/tickets?category=edge.over&state=candidate"));
        Assert.Empty(await TicketsAsync("over"));
    }

    [Fact]
    public async Task What_an_agent_says_without_sense_is_kept_as_event_and_dead_letter_and_raises_nothing()
    {
        (await PutAsync("nonsense")).Is(HttpStatusCode.Created);
        await hub.TemperatureAsync("nonsense/d", 20);
        await hub.PublishAsync("nonsense/d", "event", """{"specversion":"1.0","id":"1","source":"x","type":"cityedge.device.alarm","subject":"t","data":{"rule":"edge-nonsense"}}""");
        await hub.PublishAsync("nonsense/d", "config/reported", "[1]");
        var letters = (await hub.ListAsync("/api/v1/deadletters")).Where(l => l.Text("device") == "nonsense/d").Select(l => l.Text("message")).ToList();
        Assert.Contains(letters, m => m.Contains("data.alarm is not an alarm's id", StringComparison.Ordinal));
        Assert.Contains(letters, m => m.Contains("not a report of a configuration", StringComparison.Ordinal));
        await SayAsync("nonsense/d", Said("nonsense", 77, hub.Clock.NowMs));
        Assert.Equal(1, await hub.MetricAsync("cityedge_edge_alarms_total{verdict=\"other-rule\"}"));
        Assert.Empty(await AlarmsAsync("nonsense"));
    }
}
