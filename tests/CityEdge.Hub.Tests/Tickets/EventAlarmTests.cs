using System.Globalization;
using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>Rules on events, from the device's message to alarm and ticket, through restarts.</summary>
public sealed class EventAlarmTests
{
    private const string Alarms = "/api/v1/alarms";

    private const string Rule = """
        id: kiosk-sessions-fail
        title: { zh: 服务失败, en: Sessions fail }
        event: cityedge.kiosk.session
        where: { role: kiosk }
        raise: [ { severity: P3, when: "last(4, data.success == false) > 20 %", for: 10m } ]
        clear: { when: "last(4, data.success == false) < 5 %", for: 5m }
        group_by: building
        ticket: { category: kiosk.service, wait: 1m, self_clear: 10m }
        """;

    private static object Session(RunningHub hub, string id, bool success, double minutesAgo = 0, string? subject = "kiosk-7") => new
    {
        specversion = "1.0",
        id,
        source = "ev/k7",
        type = "cityedge.kiosk.session",
        subject,
        time = DateTimeOffset.FromUnixTimeMilliseconds(hub.Clock.NowMs).AddMinutes(-minutesAgo).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        data = new { success },
    };

    private static Task SendAsync(RunningHub hub, params object[] events) => hub.PublishAsync("ev/k7", "event", JsonSerializer.Serialize(events.Length == 1 ? events[0] : events));

    private static async Task BeginAsync(RunningHub hub)
    {
        (await hub.PutAssetAsync("b1", new { kind = "building", name = "1" })).Is(HttpStatusCode.Created);
        (await hub.PutAssetAsync("kiosk-7", new { kind = "kiosk", name = "7", parent = "b1", labels = new { role = "kiosk" } })).Is(HttpStatusCode.Created);
        (await hub.PutRuleAsync("kiosk-sessions-fail", Rule)).Is(HttpStatusCode.Created);
    }

    private static string Time(RunningHub hub, double minutesAgo) =>
        DateTimeOffset.FromUnixTimeMilliseconds(hub.Clock.NowMs).AddMinutes(-minutesAgo).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    [Fact]
    public async Task Failed_sessions_of_a_kiosk_are_an_alarm_and_a_ticket_and_a_restart_forgets_nothing()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        string alarmId, ticketId, raisedAt;
        await using (var hub = await RunningHub.StartAsync(folder["data"], null, clock))
        {
            await BeginAsync(hub);
            // Of three only one counts twice if what is sent twice did; others have another subject, or none.
            await SendAsync(hub, Session(hub, "1", true, 3), Session(hub, "2", true, 2), Session(hub, "3", false, 1));
            await SendAsync(hub, Session(hub, "3", false, 1), Session(hub, "x", false, subject: "stranger"), Session(hub, "y", false, subject: null), Session(hub, "z", false, subject: "no name !"));
            Assert.Equal(1, await hub.MetricAsync("cityedge_rules_unheard_total{reason=\"event\"}"));
            await hub.AdvanceAsync(TimeSpan.FromMinutes(15));
            Assert.Empty(await hub.ListAsync(Alarms));
            await SendAsync(hub, Session(hub, "4", true));
            await hub.AdvanceAsync(TimeSpan.FromMinutes(6));
            Assert.Empty(await hub.ListAsync(Alarms));
        }
        await using (var hub = await RunningHub.StartAsync(folder["data"], null, clock))
        {
            await hub.AdvanceAsync(TimeSpan.FromMinutes(6));
            var alarm = Assert.Single(await hub.ListAsync(Alarms));
            (alarmId, raisedAt) = (alarm.GetProperty("id").GetString()!, alarm.GetProperty("raised_at").GetString()!);
            // The hold began at the fourth session, before the restart.
            Assert.Equal(Time(hub, 2), raisedAt);
            Assert.Equal(("ev/k7/kiosk-7", "b1", "P3", "active"), (alarm.GetProperty("point").GetString(), alarm.GetProperty("asset").GetString(), alarm.GetProperty("severity").GetString(), alarm.GetProperty("state").GetString()));
            var ticket = (await hub.EventuallyAsync("/api/v1/tickets", page => page.GetProperty("items").GetArrayLength() == 1)).GetProperty("items")[0];
            ticketId = ticket.GetProperty("id").GetString()!;
            Assert.Equal(("kiosk.service", ticketId), (ticket.GetProperty("category").GetString(), alarm.GetProperty("ticket").GetString()));
            var states = (await hub.GetAsync($"{Alarms}/{alarmId}/explain")).GetProperty("states");
            Assert.Equal("active", states[0].GetProperty("phase").GetString());
        }
        await using (var hub = await RunningHub.StartAsync(folder["data"], null, clock))
        {
            for (var i = 5; i < 9; i++) await SendAsync(hub, Session(hub, $"{i}", true, 8 - i + 0.5));
            await hub.AdvanceAsync(TimeSpan.FromMinutes(7));
            var alarm = Assert.Single(await hub.ListAsync(Alarms));
            Assert.Equal((alarmId, raisedAt, "cleared", Time(hub, 3.5)), (alarm.GetProperty("id").GetString(), alarm.GetProperty("raised_at").GetString(), alarm.GetProperty("state").GetString(), alarm.GetProperty("cleared_at").GetString()));
            Assert.Equal(11, (await hub.ListAsync("/api/v1/events")).Count);
            await hub.AdvanceAsync(TimeSpan.FromMinutes(20));
            var closed = await hub.EventuallyAsync($"/api/v1/tickets/{ticketId}", t => t.GetProperty("state").GetString() == "self-cleared");
            Assert.Equal(ticketId, closed.GetProperty("id").GetString());
        }
    }

    [Fact]
    public async Task A_late_event_withdraws_an_alarm_and_the_journal_alone_says_the_same()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        List<string> live;
        await using (var hub = await RunningHub.StartAsync(folder["live"], o => o with { MaxAge = null }, clock))
        {
            await BeginAsync(hub);
            await SendAsync(hub, Session(hub, "1", true, 4), Session(hub, "2", true, 3), Session(hub, "3", true, 2), Session(hub, "4", false));
            await hub.AdvanceAsync(TimeSpan.FromMinutes(10.5));
            Assert.Equal("active", Assert.Single(await hub.ListAsync(Alarms)).GetProperty("state").GetString());
            // Four good ones just before the hold had elapsed: it had not.
            for (var i = 5; i < 9; i++) await SendAsync(hub, Session(hub, $"{i}", true, 1 - i / 100d));
            var alarm = Assert.Single(await hub.ListAsync(Alarms));
            Assert.Equal(("cleared", "revised"), (alarm.GetProperty("state").GetString(), alarm.GetProperty("reason").GetString()));
            Assert.Equal(alarm.GetProperty("raised_at").GetString(), alarm.GetProperty("cleared_at").GetString());
            await hub.AdvanceAsync(TimeSpan.FromMinutes(30));
            // Its ticket was a candidate still.
            await hub.EventuallyAsync("/api/v1/tickets?state=dropped", page => page.GetProperty("items").GetArrayLength() == 1);
            live = await AlarmsAsync(hub);
        }
        Directory.CreateDirectory(folder["fresh"]);
        Directory.CreateDirectory(Path.Combine(folder["fresh"], "journal"));
        foreach (var file in Directory.GetFiles(Path.Combine(folder["live"], "journal"))) File.Copy(file, Path.Combine(folder["fresh"], "journal", Path.GetFileName(file)));
        await using var replayed = await RunningHub.StartAsync(folder["fresh"], o => o with { MaxAge = null }, clock);
        await replayed.FoldedAsync();
        Assert.Equal(live, await AlarmsAsync(replayed));
    }

    [Fact]
    public async Task A_rule_on_events_cannot_be_rehearsed()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await RunningHub.StartAsync(folder["data"]);
        await BeginAsync(hub);
        var answer = await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules/kiosk-sessions-fail/rehearse", new { from = "2025-11-01T00:00:00Z", to = "2025-11-02T00:00:00Z" });
        Assert.Contains("A rule on events cannot be rehearsed", Assert.Single(answer.Errors()).Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> AlarmsAsync(RunningHub hub)
    {
        string[] names = ["id", "rule", "point", "asset", "severity", "state", "raised_at", "cleared_at", "ticket", "reason"];
        return [.. (await hub.ListAsync(Alarms)).Select(a => string.Join(' ', names.Select(n => a.GetProperty(n)))).Order(StringComparer.Ordinal)];
    }
}
