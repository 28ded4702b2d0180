using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Tickets.Machine;
using static CityEdge.Contracts.AlarmChange;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class TicketViewTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_view_has_the_keys_and_words_of_the_contract()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        await scene.Do(id, "accept", 6);
        await scene.Apply(scene.Input(1, Cleared, 20, raised: 0));
        var json = JsonSerializer.SerializeToElement(scene.Ticket(id), new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower });
        string[] keys =
        [
            "id", "no", "state", "severity", "category", "title", "site", "asset", "rule", "origin", "raised_at", "opened_at", "closed_at", "outcome", "first_complaint_at", "alarms",
            "due", "timeline", "version",
        ];
        foreach (var key in keys) Assert.True(json.TryGetProperty(key, out _), key);
        Assert.False(json.TryGetProperty("anchor", out _));
        Assert.Equal(("accepted", "proactive", "Room too cold"), (json.GetProperty("state").GetString(), json.GetProperty("origin").GetString(), json.GetProperty("title").GetProperty("en").GetString()));
        Assert.Equal(Scene.At(80), json.GetProperty("due").GetProperty("self_clear").GetDateTimeOffset().ToUnixTimeMilliseconds());
        Assert.Equal("alarm-joined", json.GetProperty("timeline")[1].GetProperty("type").GetString());
        var alarm = json.GetProperty("alarms")[0];
        foreach (var key in (string[])["id", "rule", "version", "point", "asset", "severity", "state", "raised_at", "cleared_at", "value", "ticket", "reason"])
        {
            Assert.True(alarm.TryGetProperty(key, out _), key);
        }
        Assert.Equal(("cleared", "bj-01/kiosk-7/boiler.temperature", id), (alarm.GetProperty("state").GetString(), alarm.GetProperty("point").GetString(), alarm.GetProperty("ticket").GetString()));
    }

    [Fact]
    public async Task Deadlines_of_a_point_fire_in_due_order_at_their_due_times()
    {
        await using var scene = new Scene();
        foreach (var (n, wait) in new[] { (1, 30), (2, 10), (3, 20) })
        {
            scene.Policy = scene.Policy with { Wait = TimeSpan.FromMinutes(wait) };
            await scene.Apply(scene.Input(n, Raised, 0, incident: $"i{n}", rule: $"rule-{n}"));
        }
        Assert.Equal(Scene.At(10), scene.Store.EarliestDue(Scene.Boiler));
        await scene.Fire(25);
        Assert.Equal(Scene.At(30), scene.Store.EarliestDue(Scene.Boiler));
        await scene.Fire(60);
        Assert.Equal([Scene.At(10), Scene.At(20), Scene.At(30)], scene.Store.UnsentNotices(10).Select(n => n.AtMs));
    }

    [Fact]
    public async Task Pages_are_newest_first_and_stable_while_tickets_arrive()
    {
        await using var scene = new Scene();
        for (var i = 0; i < 25; i++) await scene.Apply(scene.Input(i, Raised, i / 5, point: new PointId("s", "d", $"p{i}"), incident: $"i{i}"));
        await scene.Store.WriteAsync(t =>
        {
            for (var i = 0; i < 25; i++) t.FireDeadlines(new PointId("s", "d", $"p{i}"), Scene.At(60));
        }, Ct);
        List<string> seen = [];
        string? cursor = null;
        var page = 0;
        do
        {
            var got = scene.Store.List(new TicketQuery { Limit = 4, Cursor = cursor });
            seen.AddRange(got.Items.Select(t => t.Id));
            cursor = got.Next;
            await scene.Apply(scene.Input(100 + page, Raised, 500 + page, point: new PointId("s", "d", $"q{page}"), incident: $"n{page++}"));
        }
        while (cursor is not null);
        Assert.Equal(25, seen.Count);
        Assert.Equal(25, seen.Distinct().Count());
        Assert.Throws<ArgumentException>(() => scene.Store.List(new TicketQuery { Cursor = "!!" }));
        Assert.False(TicketStore.IsCursor("!!"));
        Assert.Throws<ArgumentOutOfRangeException>(() => scene.Store.List(new TicketQuery { Limit = 1001 }));
        var alarms = scene.Store.Alarms(new AlarmQuery { State = AlarmState.Active, Point = new PointId("s", "d", "p7") });
        Assert.Equal(Scene.AlarmId(7), Assert.Single(alarms.Items).Id);
        Assert.NotNull(scene.Store.Alarms(new AlarmQuery { Limit = 3 }).Next);
    }

    [Fact]
    public async Task Filters_select()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        Assert.Single(scene.Store.List(new TicketQuery { Site = "bj-01", Category = "heating.room", Severity = Severity.P3, Q = "too COLD", Asset = "room-301" }).Items);
        Assert.Single(scene.Store.List(new TicketQuery { Q = "室温" }).Items);
        Assert.Single(scene.Store.List(new TicketQuery { States = [TicketState.Open, TicketState.Closed] }).Items);
        Assert.Empty(scene.Store.List(new TicketQuery { States = [TicketState.Closed] }).Items);
        Assert.Empty(scene.Store.List(new TicketQuery { Q = "100%" }).Items);
        Assert.Empty(scene.Store.List(new TicketQuery { Site = "bj-02" }).Items);
        Assert.Single(scene.Store.Alarms(new AlarmQuery { Rule = "heat-room-cold", Ticket = id }).Items);
    }

    [Fact]
    public async Task Numbers_count_by_site_and_by_day_in_Shanghai()
    {
        await using var scene = new Scene();
        foreach (var (n, minute) in new[] { (1, -1.0), (2, 0.0), (3, 1.0), (4, 1439.0), (5, 1440.0) })
        {
            await scene.Apply(scene.Input(n, Raised, minute, point: new PointId("s", "d", $"p{n}"), incident: $"i{n}"));
        }
        Assert.Equal(
            ["20251114-bj-01-0001", "20251115-bj-01-0001", "20251115-bj-01-0002", "20251115-bj-01-0003", "20251116-bj-01-0001"],
            scene.Store.List(new TicketQuery { States = TicketStates.All }).Items.Select(t => t.No).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task An_old_version_conflicts_and_a_repeated_key_repeats_the_answer()
    {
        await using var scene = new Scene();
        var id = await scene.Open();
        var version = scene.Only().Version;
        var conflict = await scene.Do(id, "accept", 6, version: version - 1);
        Assert.Equal((CommandOutcome.Conflict, version), (conflict.Outcome, scene.Only().Version));
        Assert.Equal(CommandOutcome.NotFound, (await scene.Do("t-none", "accept", 6)).Outcome);
        var done = await scene.Do(id, "accept", 6, version: version, key: "k1");
        Assert.Equal(CommandOutcome.Done, done.Outcome);
        await scene.Do(id, "fixed", 7);
        var log = scene.Store.Log(id).Count;
        var replayed = await scene.Do(id, "accept", 8, version: version, key: "k1");
        Assert.Equal(CommandOutcome.Replayed, replayed.Outcome);
        Assert.Equal(System.Text.Json.JsonSerializer.Serialize(done.Ticket), System.Text.Json.JsonSerializer.Serialize(replayed.Ticket));
        Assert.Equal(done.Ticket!.Anchor, replayed.Ticket!.Anchor);
        Assert.Equal(log, scene.Store.Log(id).Count);
        Assert.Equal(CommandOutcome.Refused, (await scene.Do(id, "cancel", 9, "manager", "x", key: "k1")).Outcome);
        Assert.Contains("allowed in state pending-verify: cancel", (await scene.Do(id, "dance", 9)).Message, StringComparison.Ordinal);
    }
}
