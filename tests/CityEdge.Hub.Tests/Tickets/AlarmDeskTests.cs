using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>The alarm desk through the API: acknowledge, shelve, maintenance, and why an alarm opens no ticket.</summary>
public sealed class AlarmDeskTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    /// <summary>A rule of its own on a site of its own, and its first alarm.</summary>
    private async Task<JsonElement> AlarmAsync(string name, double value = 10)
    {
        (await hub.PutRuleAsync(name, $$"""
            id: {{name}}
            title: { zh: 冷, en: Cold }
            signal: temperature
            where: { site: {{name}} }
            raise: [ { severity: P3, when: "value < 18" } ]
            ticket: { category: heating.room, wait: 0s }
            """)).Is(HttpStatusCode.Created);
        await hub.TemperatureAsync(name + "/dev", value);
        return value < 18 ? await OnlyAsync(name) : default;
    }

    private async Task<JsonElement> OnlyAsync(string rule, string state = "active") => Assert.Single(await hub.ListAsync($"/api/v1/alarms?rule={rule}&state={state}"));

    private Task<Answer> PostAsync(string path, object? body) => hub.SendJsonAsync(HttpMethod.Post, "/api/v1/" + path, body);

    private async Task ReadAsync(string name, double value)
    {
        hub.Clock.Advance(TimeSpan.FromSeconds(30));
        await hub.TemperatureAsync(name + "/dev", value);
    }

    private async Task<JsonElement> StageAsync(JsonElement alarm, string stage) =>
        (await hub.GetAsync($"/api/v1/alarms/{alarm.Text("id")}/explain")).GetProperty("line").EnumerateArray().Single(s => s.Text("stage") == stage);

    [Fact]
    public async Task Who_acknowledges_first_is_named_and_what_is_over_is_then_done_with()
    {
        var alarm = await AlarmAsync("desk-ack");
        Assert.Equal("active-unack", alarm.Text("standing"));
        var acked = (await PostAsync($"alarms/{alarm.Text("id")}/ack", new { reason = "seen" })).Is(HttpStatusCode.OK).Body;
        Assert.Equal(("active-ack", "anonymous", hub.Clock.NowMs), (acked.Text("standing"), acked.Text("acknowledged_by"), acked.Ms("acknowledged_at")));
        var at = hub.Clock.NowMs;
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(at, (await PostAsync($"alarms/{alarm.Text("id")}/ack", null)).Is(HttpStatusCode.OK).Body.Ms("acknowledged_at"));
        Assert.False((await StageAsync(alarm, "repeat")).GetProperty("passed").GetBoolean());
        var act = Assert.Single((await hub.GetAsync($"/api/v1/alarms/{alarm.Text("id")}/explain")).GetProperty("acts").EnumerateArray());
        Assert.Equal(("ack", "seen", "anonymous"), (act.Text("action"), act.Text("reason"), act.Text("actor")));
        await ReadAsync("desk-ack", 20);
        Assert.Equal("normal", (await OnlyAsync("desk-ack", "cleared")).Text("standing"));
        await ReadAsync("desk-ack", 10);
        await ReadAsync("desk-ack", 20);
        var unseen = (await hub.ListAsync("/api/v1/alarms?rule=desk-ack&state=cleared"))[0];
        Assert.Equal("rtn-unack", unseen.Text("standing"));
        Assert.Equal("normal", (await PostAsync($"alarms/{unseen.Text("id")}/ack", null)).Is(HttpStatusCode.OK).Body.Text("standing"));
        (await PostAsync("alarms/none/ack", null)).IsProblem(HttpStatusCode.NotFound, "none");
        (await PostAsync($"alarms/{alarm.Text("id")}/ack", new { reason = new string('x', 4001) })).IsProblem(HttpStatusCode.UnprocessableEntity, "4000");
    }

    [Fact]
    public async Task Who_accepts_the_ticket_has_seen_its_alarms()
    {
        var alarm = await AlarmAsync("desk-accept");
        (await PostAsync($"tickets/{alarm.Text("ticket")}/commands/accept", null)).Is(HttpStatusCode.OK);
        Assert.Equal("active-ack", (await OnlyAsync("desk-accept")).Text("standing"));
    }

    [Theory]
    [InlineData("""{"minutes":1441,"reason":"x"}""", "24 h")]
    [InlineData("""{"until":"2100-01-01T00:00:00Z","reason":"x"}""", "24 h")]
    [InlineData("""{"minutes":0,"reason":"x"}""", "future")]
    [InlineData("""{"minutes":60}""", "reason")]
    [InlineData("""{"minutes":60,"reason":" "}""", "reason")]
    [InlineData("""{"reason":"x"}""", "until")]
    [InlineData("""{"minutes":60,"until":"2100-01-01T00:00:00Z","reason":"x"}""", "either")]
    public async Task A_shelf_that_may_not_be_is_refused_and_changes_nothing(string body, string says)
    {
        var alarm = hub.Host.State.Registry.FindRule("desk-refused") is null ? await AlarmAsync("desk-refused") : await OnlyAsync("desk-refused");
        var answer = await hub.SendAsync(HttpMethod.Post, $"/api/v1/alarms/{alarm.Text("id")}/shelve", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        answer.IsProblem(HttpStatusCode.UnprocessableEntity, says);
        Assert.Equal(JsonValueKind.Null, (await OnlyAsync("desk-refused")).GetProperty("shelved_until").ValueKind);
    }

    [Fact]
    public async Task A_shelved_rule_opens_no_ticket_on_its_point_until_the_shelf_ends_by_itself()
    {
        var first = await AlarmAsync("desk-shelve");
        var before = await hub.MetricAsync("cityedge_alarm_suppressed_total{reason=\"shelved\"}");
        var shelved = (await PostAsync($"alarms/{first.Text("id")}/shelve", new { minutes = 60, reason = "valve on order" })).Is(HttpStatusCode.OK).Body;
        Assert.Equal(("shelved", "shelved", hub.Clock.NowMs + 3_600_000), (shelved.Text("standing"), shelved.Text("suppressed"), shelved.Ms("shelved_until")));
        await ReadAsync("desk-shelve", 20);
        // The first ticket ends, so that the second occurrence would open its own.
        (await PostAsync($"tickets/{first.Text("ticket")}/commands/cancel", new { reason = "test" })).Is(HttpStatusCode.OK);
        await ReadAsync("desk-shelve", 10);
        var second = await OnlyAsync("desk-shelve");
        Assert.Equal(("active", "shelved", JsonValueKind.Null), (second.Text("state"), second.Text("suppressed"), second.GetProperty("ticket").ValueKind));
        var stage = await StageAsync(second, "shelved");
        Assert.Equal((false, "shelved", shelved.Ms("shelved_until")), (stage.GetProperty("passed").GetBoolean(), stage.Text("reason"), stage.Ms("until")));
        Assert.Contains((await hub.GetAsync("/api/v1/desk")).GetProperty("shelves").EnumerateArray(), s => s.Text("rule") == "desk-shelve" && s.Text("reason") == "valve on order");
        Assert.True(await hub.MetricAsync("cityedge_alarm_suppressed_total{reason=\"shelved\"}") >= before + 2);
        await hub.AdvanceAsync(TimeSpan.FromMinutes(62));
        var back = await hub.EventuallyAsync($"/api/v1/alarms/{second.Text("id")}", a => a.GetProperty("ticket").ValueKind == JsonValueKind.String);
        Assert.Equal(("active-unack", JsonValueKind.Null, "suppression-ended"), (back.Text("standing"), back.GetProperty("suppressed").ValueKind, back.Text("reason")));
        (await hub.SendAsync(HttpMethod.Delete, $"/api/v1/alarms/{second.Text("id")}/shelve")).Is(HttpStatusCode.NoContent);
        (await hub.SendAsync(HttpMethod.Delete, $"/api/v1/alarms/{second.Text("id")}/shelve")).IsProblem(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Maintenance_holds_tickets_back_until_it_ends_or_is_removed()
    {
        await AlarmAsync("desk-maintained", 20);
        var from = DateTimeOffset.FromUnixTimeMilliseconds(hub.Clock.NowMs);
        var made = (await PostAsync("maintenance", new { rule = "desk-maintained", from, duration = "2h", rrule = "FREQ=DAILY;COUNT=3", reason = "boiler test" })).Is(HttpStatusCode.Created);
        Shape.AssertHas(made.Body, "id", "asset", "point", "rule", "from", "to", "rrule", "in_force_until", "reason", "author", "at");
        Assert.Equal($"/api/v1/maintenance/{made.Body.Text("id")}", made.Headers.Location!.OriginalString);
        Assert.Equal((hub.Clock.NowMs + 7_200_000, "anonymous"), (made.Body.Ms("in_force_until"), made.Body.Text("author")));
        Assert.Equal(made.Body.ToString(), (await hub.GetAsync($"/api/v1/maintenance/{made.Body.Text("id")}")).ToString());
        Assert.Contains(await hub.ListAsync("/api/v1/maintenance"), w => w.Text("id") == made.Body.Text("id"));
        await ReadAsync("desk-maintained", 10);
        var alarm = await OnlyAsync("desk-maintained");
        Assert.Equal(("out-of-service", "maintenance", made.Body.Text("id"), JsonValueKind.Null), (alarm.Text("standing"), alarm.Text("suppressed"), alarm.Text("suppressed_by"), alarm.GetProperty("ticket").ValueKind));
        string[] line = ["disabled", "maintenance", "shelved", "parent-down", "season", "age", "flapping", "dedup", "repeat"];
        Assert.Equal(line, (await hub.GetAsync($"/api/v1/alarms/{alarm.Text("id")}/explain")).GetProperty("line").EnumerateArray().Select(s => s.Text("stage")));
        var stage = await StageAsync(alarm, "maintenance");
        Assert.Equal((false, made.Body.Text("id"), made.Body.Ms("in_force_until")), (stage.GetProperty("passed").GetBoolean(), stage.Text("by"), stage.Ms("until")));
        Assert.True((await StageAsync(alarm, "shelved")).GetProperty("passed").GetBoolean());
        (await hub.SendAsync(HttpMethod.Delete, $"/api/v1/maintenance/{made.Body.Text("id")}")).Is(HttpStatusCode.NoContent);
        Assert.Equal(JsonValueKind.String, (await OnlyAsync("desk-maintained")).GetProperty("ticket").ValueKind);
        (await hub.SendAsync(HttpMethod.Delete, $"/api/v1/maintenance/{made.Body.Text("id")}")).IsProblem(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("""{"duration":"2h","reason":"x"}""", "asset")]
    [InlineData("""{"asset":"no-such-asset","duration":"2h","reason":"x"}""", "no-such-asset")]
    [InlineData("""{"point":"a/b","duration":"2h","reason":"x"}""", "point")]
    [InlineData("""{"rule":"no-such-rule","duration":"2h","reason":"x"}""", "no-such-rule")]
    [InlineData("""{"asset":"a","duration":"2h"}""", "reason")]
    [InlineData("""{"asset":"a","reason":"x"}""", "duration")]
    [InlineData("""{"asset":"a","duration":"soon","reason":"x"}""", "soon")]
    [InlineData("""{"asset":"a","duration":"2h","to":"2100-01-01T00:00:00Z","reason":"x"}""", "either")]
    [InlineData("""{"asset":"a","duration":"2h","rrule":"FREQ=HOURLY","reason":"x"}""", "DAILY")]
    [InlineData("""{"asset":"a","duration":"32d","rrule":"FREQ=DAILY","reason":"x"}""", "31 days")]
    public async Task A_window_that_may_not_be_is_refused(string body, string says) =>
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/maintenance", new StringContent(body, System.Text.Encoding.UTF8, "application/json"))).IsProblem(HttpStatusCode.UnprocessableEntity, says);

    [Fact]
    public async Task An_alarm_that_stands_for_more_than_a_day_is_stale()
    {
        var alarm = await AlarmAsync("desk-stale");
        hub.Clock.Advance(TimeSpan.FromDays(1));
        Assert.False((await OnlyAsync("desk-stale")).GetProperty("stale").GetBoolean());
        hub.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.True((await OnlyAsync("desk-stale")).GetProperty("stale").GetBoolean());
        Assert.True((await hub.GetAsync($"/api/v1/alarms/{alarm.Text("id")}")).GetProperty("stale").GetBoolean());
    }
}
