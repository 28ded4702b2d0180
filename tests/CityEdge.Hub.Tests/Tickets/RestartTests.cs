using System.Net;
using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Tests;

/// <summary>Timers are data, and replay is live: a restart forgets nothing, and the journal alone gives the same alarms and tickets (design §2, §4).</summary>
public sealed class RestartTests
{
    private const long T0 = ManualTimeProvider.T0;

    private const string Rule = """
        id: room-cold
        title: { zh: 冷, en: Room too cold }
        signal: temperature
        raise:
          - { severity: P3, when: "value < 18", for: 10m }
          - { severity: P2, when: "value < 10", for: 5m }
        clear: { when: "value >= 18.5", for: 5m }
        no_data: { after: 2h, severity: P4 }
        max_gap: 1h
        group_by: building
        ticket: { category: heating.room, wait: 2m, self_clear: 30m, reopen: 1h }
        """;

    /// <summary>All that is decided: ids, times, states; not when it was written.</summary>
    private static async Task<List<string>> DecisionsAsync(RunningHub hub)
    {
        string[] ofAlarm = ["id", "rule", "version", "point", "asset", "severity", "state", "raised_at", "cleared_at", "value", "ticket", "reason", "standing", "suppressed", "suppressed_by", "chattering", "acknowledged_by", "acknowledged_at", "shelved_until"];
        string[] ofTicket = ["id", "no", "state", "severity", "category", "site", "asset", "rule", "raised_at", "opened_at", "closed_at", "outcome", "reopen_count", "due"];
        var alarms = (await hub.ListAsync("/api/v1/alarms")).Select(a => string.Join(' ', ofAlarm.Select(n => a.GetProperty(n))));
        var tickets = (await hub.ListAsync("/api/v1/tickets?state=candidate,dropped,open,reopened,closed,self-cleared,cancelled,accepted,pending-verify"))
            .Select(t => string.Join(' ', ofTicket.Select(n => t.GetProperty(n))) + " | " + string.Join(", ", t.GetProperty("timeline").EnumerateArray().Select(l => $"{l.GetProperty("at")} {l.GetProperty("type")} {l.GetProperty("to")}")));
        return [.. alarms.Concat(tickets).Order(StringComparer.Ordinal)];
    }

    private static async Task DayAsync(RunningHub hub)
    {
        (await hub.PutRuleAsync("room-cold", Rule)).Is(HttpStatusCode.Created);
        (await hub.PutAssetAsync("b1", new { kind = "building", name = "1" })).Is(HttpStatusCode.Created);
        (await hub.PutAssetAsync("r1", new { kind = "room", name = "1-1", parent = "b1" })).Is(HttpStatusCode.Created);
        await hub.PublishAsync("day/a", "status", """{"state":"online","points":[{"name":"t","kind":"temperature","asset":"r1"},{"name":"u","kind":"temperature","asset":"r1"}]}""");
        var random = new Random(7);
        for (var minute = 0; minute < 700; minute += 5)
        {
            for (var i = 0; i < 3; i++)
            {
                // One device sends late, one falls silent.
                if (i == 2 && minute > 150) continue;
                await hub.TemperatureAsync(i == 2 ? "day/b" : "day/a", Math.Round(15.5 + (7 * Math.Sin((minute / 25.0) + i)) + random.NextDouble(), 2), hub.Clock.NowMs - (i == 1 ? random.Next(0, 90_000) : 0), i == 1 ? "u" : "t");
            }
            if (minute == 300) (await hub.PutRuleAsync("room-cold", Rule.Replace("value < 18\"", "value < 17\"", StringComparison.Ordinal))).Is(HttpStatusCode.OK);
            if (minute is 250 or 400) await DeskAsync(hub, minute);
            hub.Clock.Advance(TimeSpan.FromMinutes(5));
        }
        await hub.AdvanceAsync(TimeSpan.FromMinutes(1));
    }

    /// <summary>People at the alarm desk: what they do is part of the day, and of its replay.</summary>
    private static async Task DeskAsync(RunningHub hub, int minute)
    {
        var active = await hub.ListAsync("/api/v1/alarms?state=active");
        Assert.NotEmpty(active);
        if (minute == 250) (await hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/alarms/{active[0].Text("id")}/ack", null)).Is(HttpStatusCode.OK);
        else (await hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/alarms/{active[0].Text("id")}/shelve", new { minutes = 90, reason = "test" })).Is(HttpStatusCode.OK);
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/maintenance", new { point = "day/a/u", from = DateTimeOffset.FromUnixTimeMilliseconds(hub.Clock.NowMs + 3_600_000), duration = "2h", reason = "test" })).Is(HttpStatusCode.Created);
    }

    [Fact]
    public async Task The_journal_alone_gives_the_same_alarms_and_tickets()
    {
        using var folder = new TemporaryFolder();
        List<string> live;
        ManualTimeProvider clock;
        await using (var hub = await RunningHub.StartAsync(folder["live"], o => o with { MaxAge = null }))
        {
            await DayAsync(hub);
            clock = hub.Clock;
            // Deadlines fire a moment after their event; the picture is taken when it stands still.
            live = await SettledAsync(hub);
        }
        Directory.CreateDirectory(folder["fresh"]);
        CopyFolder(Path.Combine(folder["live"], "journal"), Path.Combine(folder["fresh"], "journal"));
        await using var replayed = await RunningHub.StartAsync(folder["fresh"], o => o with { MaxAge = null }, clock);
        await replayed.FoldedAsync();
        var again = await SettledAsync(replayed);
        Assert.True(live.Count > 10, $"Only {live.Count} decisions: the day is too quiet to prove anything.");
        Assert.Equal(live, again);
    }

    [Fact]
    public async Task A_restart_forgets_nothing()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        string[] lists = ["points", "devices", "assets", "rules", "alarms", "tickets", "deadletters", "events", "sites"];
        var before = new Dictionary<string, string>();
        List<string> decisions;
        await using (var hub = await RunningHub.StartAsync(folder["data"], null, clock))
        {
            await DayAsync(hub);
            await hub.TelemetryAsync("day/c", "nonsense");
            await hub.PublishAsync("day/a", "event", """{"specversion":"1.0","id":"a","source":"day/a","type":"cityedge.kiosk.help"}""");
            decisions = await SettledAsync(hub);
            foreach (var list in lists) before[list] = string.Join('\n', await hub.ListAsync($"/api/v1/{list}"));
        }
        await using var restarted = await RunningHub.StartAsync(folder["data"], null, clock);
        await restarted.FoldedAsync();
        Assert.Equal(decisions, await SettledAsync(restarted));
        // What a device sent is told whole in tests of its own below.
        foreach (var list in lists.Except(["points", "devices"])) Assert.Equal(before[list], string.Join('\n', await restarted.ListAsync($"/api/v1/{list}")));
    }

    [Fact]
    public async Task The_last_reading_of_a_point_outlives_a_restart()
    {
        using var folder = new TemporaryFolder();
        await using (var hub = await RunningHub.StartAsync(folder["data"])) await hub.TemperatureAsync("last/dev", 21);
        await using var restarted = await RunningHub.StartAsync(folder["data"]);
        var point = await restarted.GetAsync("/api/v1/points/last%2Fdev%2Ft");
        Assert.Equal(JsonValueKind.Object, point.GetProperty("last").ValueKind);
        Assert.Equal((21, T0), (point.GetProperty("last").GetProperty("value").GetDouble(), point.GetProperty("last").Ms("time")));
    }

    [Fact]
    public async Task When_a_device_was_last_seen_outlives_a_restart()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        await using (var hub = await RunningHub.StartAsync(folder["data"], null, clock))
        {
            await hub.TemperatureAsync("seen/dev", 21);
            clock.Advance(TimeSpan.FromHours(1));
            await hub.TemperatureAsync("seen/dev", 22);
            Assert.Equal(clock.NowMs, (await hub.GetAsync("/api/v1/devices/seen%2Fdev")).Ms("last_seen"));
        }
        await using var restarted = await RunningHub.StartAsync(folder["data"], null, clock);
        Assert.Equal(clock.NowMs, (await restarted.GetAsync("/api/v1/devices/seen%2Fdev")).Ms("last_seen"));
    }

    [Fact]
    public async Task A_hold_goes_on_over_a_restart_and_elapses_at_its_due_time()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        await using (var hub = await RunningHub.StartAsync(folder["data"], null, clock))
        {
            (await hub.PutRuleAsync("room-cold", Rule)).Is(HttpStatusCode.Created);
            await hub.TemperatureAsync("hold/dev", 17);
            await hub.AdvanceAsync(TimeSpan.FromMinutes(9));
            Assert.Empty(await hub.ListAsync("/api/v1/alarms"));
        }
        clock.Advance(TimeSpan.FromMinutes(3));
        await using var restarted = await RunningHub.StartAsync(folder["data"], null, clock);
        var alarm = (await restarted.EventuallyAsync("/api/v1/alarms", p => p.GetProperty("items").GetArrayLength() == 1)).GetProperty("items")[0];
        Assert.Equal(T0 + 600_000, alarm.Ms("raised_at"));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Damaged_snapshots_cost_time_and_nothing_else(int damaged)
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        List<string> decisions;
        string rules;
        await using (var hub = await RunningHub.StartAsync(folder["data"], o => o with { MaxAge = null }, clock))
        {
            await DayAsync(hub);
            await hub.TemperatureAsync("hold/dev", 16);
            decisions = await SettledAsync(hub);
            rules = string.Join('\n', await hub.ListAsync("/api/v1/rules"));
        }
        await using (var file = new SqliteConnection($"Data Source={Path.Combine(folder["data"], "hub.db")};Pooling=False"))
        {
            await file.OpenAsync(TestContext.Current.CancellationToken);
            await using var damage = file.CreateCommand();
            damage.CommandText = $"update rule_snapshots set data = zeroblob(64) where position in (select position from rule_snapshots order by position desc limit {damaged})";
            Assert.Equal(damaged, await damage.ExecuteNonQueryAsync(TestContext.Current.CancellationToken));
        }
        await using var restarted = await RunningHub.StartAsync(folder["data"], o => o with { MaxAge = null }, clock);
        await restarted.FoldedAsync();
        Assert.Equal(rules, string.Join('\n', await restarted.ListAsync("/api/v1/rules")));
        // With both snapshots gone the engine starts anew from the journal under today's rules; alarms of rules that changed since are closed and may rise again.
        if (damaged < 2) Assert.Equal(decisions, await SettledAsync(restarted));
        // Holds and silences that were running go on running.
        await restarted.AdvanceAsync(TimeSpan.FromMinutes(11));
        var alarm = (await restarted.EventuallyAsync("/api/v1/alarms?point=hold%2Fdev%2Ft", p => p.GetProperty("items").GetArrayLength() == 1)).GetProperty("items")[0];
        Assert.Equal(clock.NowMs - 60_000, alarm.Ms("raised_at"));
    }

    [Fact]
    public async Task A_data_directory_has_one_hub()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await RunningHub.StartAsync(folder["data"]);
        var error = await Assert.ThrowsAsync<IOException>(() => RunningHub.StartAsync(folder["data"]));
        Assert.Contains(folder["data"], error.Message, StringComparison.Ordinal);
    }

    private static async Task<List<string>> SettledAsync(RunningHub hub)
    {
        await hub.DrainAsync();
        List<string> last = [];
        var same = 0;
        await Wait.UntilAsync("alarms and tickets to stand still", async () =>
        {
            var now = await DecisionsAsync(hub);
            same = now.SequenceEqual(last) ? same + 1 : 0;
            last = now;
            return same >= 6;
        }, TimeSpan.FromSeconds(20));
        return last;
    }

    private static void CopyFolder(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from)) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) CopyFolder(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
