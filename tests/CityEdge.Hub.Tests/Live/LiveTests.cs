using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary><c>live</c>: each event carries the list's object; a client that resumes hears what it missed, once.</summary>
public sealed class LiveTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private async Task RuleAsync(string site) => (await hub.PutRuleAsync($"live-{site}", $$"""
        id: live-{{site}}
        title: { zh: 冷, en: Cold }
        signal: temperature
        where: { site: {{site}} }
        raise: [ { severity: P3, when: "value < 18" } ]
        ticket: { category: heating.room, wait: 0s, self_clear: never }
        """)).Is(HttpStatusCode.Created);

    [Fact]
    public async Task A_reading_is_told_with_its_point()
    {
        await using var live = await LiveReader.ConnectAsync(hub);
        await hub.TemperatureAsync("live-reading/dev", 21.5);
        var heard = await live.UntilAsync("reading", d => d.Text("point") == "live-reading/dev/t");
        Assert.Equal((21.5, hub.Clock.NowMs), (heard.Data.GetProperty("value").GetDouble(), heard.Data.Ms("time")));
        Shape.AssertConventions(heard.Data);
    }

    [Fact]
    public async Task Of_many_readings_at_once_the_newest_is_told()
    {
        await using var live = await LiveReader.ConnectAsync(hub);
        var seconds = hub.Clock.NowMs / 1000;
        await hub.TelemetryAsync("live-newest/dev", $"[{string.Join(',', Enumerable.Range(0, 100).Select(i => $$"""{"n":"t","u":"Cel","v":{{i}},"t":{{seconds - 99 + i}}}"""))}]");
        await live.UntilAsync("reading", d => d.Text("point") == "live-newest/dev/t" && d.GetProperty("value").GetDouble() == 99);
    }

    [Fact]
    public async Task The_clock_comes_first_and_a_device_when_its_state_changes()
    {
        await using var live = await LiveReader.ConnectAsync(hub);
        Assert.Equal(hub.Clock.NowMs, live.All[0].Data.Ms("now"));
        await hub.PublishAsync("live-device/dev", "status", """{"state":"online"}""");
        var heard = await live.UntilAsync("device", d => d.Text("id") == "live-device/dev" && d.Text("state") == "online");
        Assert.True(JsonElement.DeepEquals(heard.Data, await hub.GetAsync("/api/v1/devices/live-device%2Fdev")), heard.Data.ToString());
        await hub.PublishAsync("live-device/dev", "status", """{"state":"offline"}""");
        await live.UntilAsync("device", d => d.Text("id") == "live-device/dev" && d.Text("state") == "offline");
    }

    [Fact]
    public async Task An_alarm_and_its_ticket_are_told_as_the_lists_show_them()
    {
        await RuleAsync("told");
        await using var live = await LiveReader.ConnectAsync(hub);
        await hub.TemperatureAsync("told/dev", 10);
        var alarm = await live.UntilAsync("alarm", d => d.Text("rule") == "live-told");
        var ticket = await live.UntilAsync("ticket", d => d.Text("rule") == "live-told" && d.Text("state") == "open");
        Assert.Equal((await hub.GetAsync($"/api/v1/alarms/{alarm.Data.Text("id")}")).ToString(), alarm.Data.ToString());
        Assert.Equal((await hub.GetAsync($"/api/v1/tickets/{ticket.Data.Text("id")}")).ToString(), ticket.Data.ToString());
        Assert.All(live.All.Where(h => h.Name is "alarm" or "ticket"), h => Assert.NotNull(h.Id));
    }

    [Fact]
    public async Task Who_resumes_hears_what_was_missed_once()
    {
        await RuleAsync("resume");
        Heard last;
        await using (var live = await LiveReader.ConnectAsync(hub))
        {
            await hub.TemperatureAsync("resume/first", 10);
            await live.UntilAsync("ticket", d => d.Text("rule") == "live-resume" && d.GetProperty("alarms")[0].Text("point") == "resume/first/t" && d.Text("state") == "open");
            await hub.TemperatureAsync("resume/second", 10);
            last = await live.UntilAsync("ticket", d => d.Text("rule") == "live-resume" && d.GetProperty("alarms")[0].Text("point") == "resume/second/t" && d.Text("state") == "open");
        }
        await hub.TemperatureAsync("resume/third", 10);
        await hub.EventuallyAsync("/api/v1/tickets?category=heating.room", t => t.GetProperty("items").EnumerateArray().Any(i => i.GetProperty("alarms")[0].Text("point") == "resume/third/t"));

        for (var again = 0; again < 2; again++)
        {
            await using var resumed = await LiveReader.ConnectAsync(hub, last.Id);
            await resumed.UntilAsync("ticket", d => d.Text("rule") == "live-resume" && d.GetProperty("alarms")[0].Text("point") == "resume/third/t");
            // What comes later is the mark that nothing of the past is still to come.
            await hub.PublishAsync("resume/mark", "status", $$"""{"state":"{{(again == 0 ? "online" : "offline")}}"}""");
            await resumed.UntilAsync("device", d => d.Text("id") == "resume/mark");
            var ids = resumed.All.Where(h => h.Id is not null).Select(h => h.Id!.Value).ToList();
            Assert.Equal(ids.Distinct().Order(), ids);
            Assert.All(ids, id => Assert.True(id > last.Id));
            // The second alarm may be told again after its ticket, the first was over long before.
            var points = resumed.All.Where(h => h.Name == "alarm" && h.Data.Text("rule") == "live-resume").Select(h => h.Data.Text("point")).ToHashSet();
            Assert.Contains("resume/third/t", points);
            Assert.DoesNotContain("resume/first/t", points);
        }
    }

    [Fact]
    public async Task Without_an_id_nothing_of_the_past_is_told()
    {
        await RuleAsync("fresh");
        await hub.TemperatureAsync("fresh/dev", 10);
        await hub.EventuallyAsync("/api/v1/tickets?site=fresh", t => t.GetProperty("items").GetArrayLength() == 1);
        await using var live = await LiveReader.ConnectAsync(hub);
        await hub.PublishAsync("fresh/mark", "status", """{"state":"online"}""");
        await live.UntilAsync("device", d => d.Text("id") == "fresh/mark");
        Assert.DoesNotContain(live.All, h => h.Name == "alarm" && h.Data.Text("rule") == "live-fresh");
    }
}
