using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Notification;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tests;

/// <summary>Tickets are told over webhooks and robots, at least once under one id, through failure and restart.</summary>
public sealed class NotificationTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private Task<RunningHub> HubAsync(NotifyOptions notify, ManualTimeProvider? clock = null) => RunningHub.StartAsync(folder["data"], o => o with { Notify = notify }, clock);

    private static ChannelOptions Webhook(HttpSink sink, string name = "ops", int perMinute = 0) => new(name, ChannelKind.Webhook) { Url = new Uri(sink.Url + "/" + name), Secret = "whsec_" + Convert.ToBase64String("a key of the test"u8), PerMinute = perMinute };

    private static NotifyOptions Notify(HttpSink sink, NotifyRoute? route = null, int perMinute = 0) => new() { Channels = [Webhook(sink, perMinute: perMinute)], Routes = [route ?? new NotifyRoute { To = ["ops"], Language = "zh" }], Link = new Uri("https://hub.example") };

    private static async Task FaultAsync(RunningHub hub, string name, double value = 10, string severity = "P2")
    {
        if (hub.Host.State.Registry.FindRule(name) is null)
        {
            (await hub.PutAssetAsync("boiler-" + name, new { kind = "room", name = "1号楼热力间" })).Is(HttpStatusCode.Created);
            (await hub.PutRuleAsync(name, $$"""
                id: {{name}}
                title: { zh: 室温不达标, en: Room too cold }
                signal: temperature
                where: { site: {{name}} }
                raise: [ { severity: {{severity}}, when: "value < 18" } ]
                ticket: { category: heating.room, wait: 0s }
                action: { zh: 检查供水温度, en: Check the supply }
                """)).Is(HttpStatusCode.Created);
        }
        await hub.TemperatureAsync(name + "/dev", value);
    }

    [Fact]
    public async Task A_webhook_names_asset_reading_limit_since_when_action_and_link_and_is_signed()
    {
        await using var sink = await HttpSink.StartAsync();
        await using var hub = await HubAsync(Notify(sink));
        await FaultAsync(hub, "notify-one", 20);
        (await hub.SendAsync(HttpMethod.Patch, $"/api/v1/points/{Uri.EscapeDataString("notify-one/dev/t")}", new StringContent("""{"asset":"boiler-notify-one"}""", Encoding.UTF8, "application/json"))).Is(HttpStatusCode.OK);
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        await FaultAsync(hub, "notify-one", 15.6);
        var one = (await sink.CountAsync(1))[0];
        var (id, timestamp) = (one.Id, one.Headers["webhook-timestamp"]);
        Assert.Equal("v1," + Convert.ToBase64String(HMACSHA256.HashData("a key of the test"u8.ToArray(), Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(one.Body).ToArray())), one.Headers["webhook-signature"]);
        Assert.Equal(hub.Clock.NowMs / 1000, long.Parse(timestamp, System.Globalization.CultureInfo.InvariantCulture));
        var notice = Assert.Single(one.Json.GetProperty("notices").EnumerateArray());
        Assert.Equal(("opened", "1号楼热力间", "15.6 Cel", "value < 18"), (notice.Text("kind"), notice.Text("asset"), notice.Text("reading"), notice.Text("limit")));
        Assert.StartsWith("https://hub.example/#/tickets/", notice.Text("link"), StringComparison.Ordinal);
        var text = one.Json.Text("title") + "\n" + one.Json.Text("text");
        foreach (var part in new[] { "【P2】新工单：室温不达标 · 1号楼热力间", "读数：15.6 Cel", "限值：value < 18", "开始：", "处理：检查供水温度", notice.Text("link") }) Assert.Contains(part, text, StringComparison.Ordinal);
        var listed = Assert.Single(await hub.ListAsync("/api/v1/notifications?state=sent&channel=ops"));
        Assert.Equal((id, 1), (listed.Text("id"), listed.GetProperty("attempts").GetInt32()));
        Assert.Equal(1, await hub.MetricAsync("cityedge_notifications_tries_total{channel=\"ops\",result=\"taken\"}"));
    }

    [Fact]
    public async Task What_is_not_taken_is_tried_again_under_the_same_id_then_kept_dead_and_replayed()
    {
        await using var sink = await HttpSink.StartAsync();
        sink.Answer = _ => (500, "no", null);
        // The ticket's clocks remind, too, while hours pass.
        await using var hub = await HubAsync(Notify(sink, new NotifyRoute { To = ["ops"], Events = [NoticeKind.Opened] }));
        await FaultAsync(hub, "notify-retry");
        await sink.CountAsync(1);
        await PendingAsync(hub, attempts: 1);
        sink.Answer = _ => (429, "later", "120");
        hub.Clock.Advance(TimeSpan.FromSeconds(5));
        await sink.CountAsync(2);
        var asked = await PendingAsync(hub, attempts: 2);
        Assert.Equal(hub.Clock.NowMs + 120_000, asked.Ms("due_at"));
        Assert.Equal("HTTP 429 Too Many Requests", asked.Text("error"));
        sink.Answer = _ => (500, "no", null);
        for (var tries = 3; (await hub.ListAsync("/api/v1/notifications?state=dead")).Count == 0; tries++)
        {
            Assert.InRange(tries, 3, 60);
            hub.Clock.Advance(TimeSpan.FromHours(1));
            await Wait.UntilAsync("the next try", async () => (await hub.ListAsync("/api/v1/notifications"))[0].GetProperty("attempts").GetInt32() == tries, TimeSpan.FromSeconds(20));
        }
        Assert.Single(sink.All.Select(r => r.Id).Distinct());
        Assert.Equal(1, await hub.MetricAsync("cityedge_notifications_dead{channel=\"ops\"}"));
        var before = sink.All.Count;
        sink.Answer = _ => (204, "", null);
        var id = sink.All.First().Id;
        (await hub.SendAsync(HttpMethod.Post, $"/api/v1/notifications/{id}/replay")).Is(HttpStatusCode.Accepted);
        await sink.CountAsync(before + 1);
        await hub.EventuallyAsync("/api/v1/notifications", page => page.GetProperty("items")[0].Text("state") == "sent");
        (await hub.SendAsync(HttpMethod.Post, $"/api/v1/notifications/{id}/replay")).IsProblem(HttpStatusCode.Conflict, "sent");
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/notifications/none/replay")).IsProblem(HttpStatusCode.NotFound, "none");
    }

    private static Task<JsonElement> PendingAsync(RunningHub hub, int attempts) => PendingAsync(hub, items => items.Count == 1 && items[0].GetProperty("attempts").GetInt32() == attempts);

    private static async Task<JsonElement> PendingAsync(RunningHub hub, Func<List<JsonElement>, bool> fits)
    {
        List<JsonElement> items = [];
        await Wait.UntilAsync("the pending deliveries", async () => fits(items = await hub.ListAsync("/api/v1/notifications?state=pending")), TimeSpan.FromSeconds(20), () => string.Join(' ', items));
        return items[0];
    }

    [Fact]
    public async Task A_receiver_that_is_gone_for_good_is_not_asked_again()
    {
        await using var sink = await HttpSink.StartAsync();
        sink.Answer = _ => (410, "", null);
        await using var hub = await HubAsync(Notify(sink));
        await FaultAsync(hub, "notify-gone");
        await hub.EventuallyAsync("/api/v1/notifications?state=dead", page => page.GetProperty("items").GetArrayLength() == 1);
        Assert.Single(sink.All);
    }

    [Fact]
    public async Task A_restart_loses_no_notice_and_sends_it_under_its_old_id()
    {
        await using var sink = await HttpSink.StartAsync();
        sink.Answer = _ => (503, "", null);
        var notify = Notify(sink);
        ManualTimeProvider clock;
        await using (var hub = await HubAsync(notify))
        {
            clock = hub.Clock;
            await FaultAsync(hub, "notify-restart");
            await sink.CountAsync(1);
            await PendingAsync(hub, attempts: 1);
        }
        sink.Answer = _ => (200, "", null);
        clock.Advance(TimeSpan.FromMinutes(1));
        await using (var again = await HubAsync(notify, clock))
        {
            var both = await sink.CountAsync(2);
            Assert.Equal(both[0].Id, both[1].Id);
            await again.EventuallyAsync("/api/v1/notifications?state=sent", page => page.GetProperty("items").GetArrayLength() == 1);
        }
        await using var without = await HubAsync(notify with { Channels = [Webhook(sink, "other")], Routes = [new NotifyRoute { To = ["other"] }] }, clock);
        await FaultAsync(without, "notify-restart", 20);
        Assert.Equal(2, sink.All.Count);
    }

    [Fact]
    public async Task Reminders_come_until_somebody_takes_the_ticket_or_sees_its_alarm()
    {
        await using var sink = await HttpSink.StartAsync();
        await using var hub = await HubAsync(Notify(sink, new NotifyRoute { To = ["ops"], Language = "en", Events = [NoticeKind.Opened], Repeat = [TimeSpan.FromMinutes(30), TimeSpan.FromHours(4)] }));
        await FaultAsync(hub, "notify-remind");
        await sink.CountAsync(1);
        await PendingAsync(hub, attempts: 0);
        hub.Clock.Advance(TimeSpan.FromMinutes(30));
        var reminder = (await sink.CountAsync(2))[1];
        Assert.StartsWith("[P2] Reminder 1, nobody has taken it", reminder.Json.Text("title"), StringComparison.Ordinal);
        Assert.EndsWith("-r1", reminder.Id, StringComparison.Ordinal);
        await PendingAsync(hub, items => items.Count == 1 && items[0].GetProperty("reminder").GetInt32() == 2);
        var alarm = Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=notify-remind"));
        (await hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/alarms/{alarm.Text("id")}/ack", new { reason = "seen" })).Is(HttpStatusCode.OK);
        hub.Clock.Advance(TimeSpan.FromHours(5));
        var stopped = await hub.EventuallyAsync("/api/v1/notifications?state=stopped", page => page.GetProperty("items").GetArrayLength() == 1);
        Assert.Contains("seen its alarm", stopped.GetProperty("items")[0].Text("error"), StringComparison.Ordinal);
        Assert.Equal(2, sink.All.Count);
    }

    [Fact]
    public async Task A_digest_tells_several_notices_in_one_message()
    {
        await using var sink = await HttpSink.StartAsync();
        await using var hub = await HubAsync(Notify(sink, new NotifyRoute { To = ["ops"], Digest = TimeSpan.FromMinutes(30) }));
        foreach (var name in new[] { "digest-a", "digest-b", "digest-c" }) await FaultAsync(hub, name);
        await PendingAsync(hub, items => items.Count == 3);
        Assert.Empty(sink.All);
        hub.Clock.Advance(TimeSpan.FromMinutes(30));
        var one = (await sink.CountAsync(1))[0];
        Assert.Equal(3, one.Json.GetProperty("notices").GetArrayLength());
        Assert.Equal("CityEdge：3 条通知 / CityEdge: 3 notices", one.Json.Text("title"));
        await hub.EventuallyAsync("/api/v1/notifications?state=sent", page => page.GetProperty("items").GetArrayLength() == 3);
    }

    [Fact]
    public async Task More_than_a_channel_takes_goes_together()
    {
        await using var sink = await HttpSink.StartAsync();
        await using var hub = await HubAsync(Notify(sink, perMinute: 2));
        for (var i = 0; i < 2; i++)
        {
            await FaultAsync(hub, $"rate-{i}");
            await sink.CountAsync(i + 1);
        }
        for (var i = 2; i < 6; i++) await FaultAsync(hub, $"rate-{i}");
        await PendingAsync(hub, items => items.Count == 4);
        Assert.Equal(2, sink.All.Count);
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        var third = (await sink.CountAsync(3))[2];
        Assert.Equal(4, third.Json.GetProperty("notices").GetArrayLength());
    }

    [Fact]
    public async Task A_channel_that_hangs_holds_up_no_other()
    {
        await using var sink = await HttpSink.StartAsync();
        using var dead = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        // Takes connections and never answers.
        dead.Start();
        var hanging = new ChannelOptions("hangs", ChannelKind.Webhook) { Url = new Uri($"http://{dead.LocalEndpoint}/"), Secret = "s", Timeout = TimeSpan.FromMinutes(5) };
        await using var hub = await HubAsync(new NotifyOptions { Channels = [hanging, Webhook(sink)], Routes = [new NotifyRoute { To = ["hangs", "ops"] }] });
        await FaultAsync(hub, "hang-a");
        await sink.CountAsync(1);
        await FaultAsync(hub, "hang-b");
        await sink.CountAsync(2);
    }

    [Fact]
    public async Task A_test_message_says_whether_the_channel_took_it()
    {
        await using var sink = await HttpSink.StartAsync();
        await using var hub = await HubAsync(Notify(sink));
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/notifications/channels/ops/test")).Is(HttpStatusCode.OK);
        Assert.StartsWith("test-", (await sink.CountAsync(1))[0].Id, StringComparison.Ordinal);
        sink.Answer = _ => (401, "", null);
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/notifications/channels/ops/test")).IsProblem(HttpStatusCode.BadGateway, "401");
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/notifications/channels/none/test")).IsProblem(HttpStatusCode.NotFound, "none");
        Assert.Equal("HTTP 401 Unauthorized", Assert.Single(await hub.ListAsync("/api/v1/notifications/channels")).Text("error"));
        (await hub.TryGetAsync("/api/v1/notifications?state=lost")).IsProblem(HttpStatusCode.BadRequest, "pending");
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
