using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>A rehearsal is the same engine over stored history: it gives the alarms and tickets that service gave (design §4, "Replay = live").</summary>
public sealed class ReplayIsLiveTests
{
    private const long T0 = ManualTimeProvider.T0;

    private const string Rule = """
        id: room-cold
        title: { zh: 冷, en: Room too cold }
        signal: temperature
        raise:
          - { severity: P3, when: "value < 18", for: 10m }
          - { severity: P2, when: "mean(20m) < 14", for: 5m }
        clear: { when: "value >= 18.5", for: 5m }
        active: { hours: "06:00-22:00" }
        no_data: { after: 2h, severity: P4 }
        max_gap: 1h
        group_by: building
        ticket: { category: heating.room, wait: 2m, self_clear: 30m, reopen: 1h }
        """;

    /// <summary>All that is decided of each alarm. A ticket is named by its first alarm: its id comes from the one that arrived first, and a rehearsal knows times, not arrivals.</summary>
    private static IEnumerable<string> Decided(IEnumerable<JsonElement> alarms, Func<string, bool> published)
    {
        var all = alarms.OrderBy(a => a.Ms("raised_at")).ThenBy(a => a.Text("point"), StringComparer.Ordinal).ToList();
        foreach (var alarm in all)
        {
            var ticket = alarm.GetProperty("ticket").GetString() is { } id && published(id) ? Name(all.First(a => a.GetProperty("ticket").GetString() == id)) : "no ticket";
            yield return $"{Name(alarm)} {alarm.GetProperty("severity")} {alarm.GetProperty("cleared_at")} {alarm.GetProperty("reason")}, {ticket}";
        }

        static string Name(JsonElement alarm) => $"{alarm.Text("point")} {alarm.GetProperty("raised_at")}";
    }

    private static async Task LiveAsync(RunningHub hub, int seed)
    {
        (await hub.PutRuleAsync("room-cold", Rule)).Is(HttpStatusCode.Created);
        (await hub.PutAssetAsync("b1", new { kind = "building", name = "1" })).Is(HttpStatusCode.Created);
        (await hub.PutAssetAsync("r1", new { kind = "room", name = "1-1", parent = "b1" })).Is(HttpStatusCode.Created);
        await hub.PublishAsync("day/a", "status", """{"state":"online","points":[{"name":"t","kind":"temperature","asset":"r1"},{"name":"u","kind":"temperature","asset":"r1"}]}""");
        var random = new Random(seed);
        for (var minute = 0; minute < 1000; minute += 5)
        {
            for (var i = 0; i < 3; i++)
            {
                // One device sends what is a little old already, one falls silent for hours, every reading may be lost.
                if ((i == 2 && minute is > 150 and < 600) || random.Next(8) == 0) continue;
                await hub.TemperatureAsync(i == 2 ? "day/b" : "day/a", Math.Round(15.5 + (7 * Math.Sin((minute / 25.0) + i + seed)) + random.NextDouble(), 2), hub.Clock.NowMs - (i == 1 ? random.Next(0, 90_000) : 0), i == 1 ? "u" : "t");
            }
            hub.Clock.Advance(TimeSpan.FromMinutes(5));
            if (minute % 50 == 0) await hub.AdvanceAsync(TimeSpan.Zero);
        }
        // Then nobody speaks: only the clock raises and closes.
        await hub.AdvanceAsync(TimeSpan.FromHours(3));
        await hub.DrainAsync();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_rule_in_force_rehearsed_gives_the_alarms_and_tickets_of_service(int seed)
    {
        using var folder = new TemporaryFolder();
        await using var hub = await RunningHub.StartAsync(folder["data"]);
        await LiveAsync(hub, seed);
        var report = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules/room-cold/rehearse", new { from = Shape.Iso(T0) })).Is(HttpStatusCode.OK);
        // Candidates whose alarms cleared in time are no tickets.
        var published = (await hub.ListAsync("/api/v1/tickets?state=open,reopened,closed,self-cleared,cancelled,accepted,pending-verify")).Select(t => t.Text("id")).ToHashSet();
        var live = Decided(await hub.ListAsync("/api/v1/alarms"), published.Contains).ToList();
        Assert.True(live.Count > 10 && published.Count > 1, $"{live.Count} alarms, {published.Count} tickets: too quiet to prove anything.");
        Assert.Equal(live, Decided(report["items"].EnumerateArray(), _ => true));
        Assert.Equal((live.Count, published.Count), (report["alarms"].GetInt32(), report["tickets"].GetInt32()));
        Assert.Equal(live.Count, report["weeks"].EnumerateArray().Sum(w => w.GetProperty("alarms").GetInt32()));
        Assert.Equal(report["tickets"].GetInt32(), report["weeks"].EnumerateArray().Sum(w => w.GetProperty("tickets").GetInt32()));
        Assert.Equal("2026-W03", report["weeks"][0].Text("week"));
        Assert.Equal(report["active_seconds"].GetInt64(), report["items"].EnumerateArray().Sum(a => (a.GetProperty("cleared_at").ValueKind == JsonValueKind.Null ? hub.Clock.NowMs : a.Ms("cleared_at")) - a.Ms("raised_at")) / 1000);
        // From a moment in the middle: the same later alarms, whatever came before, on the points that spoke in the warm-up.
        var middle = T0 + (500 * 60_000);
        var late = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules/room-cold/rehearse", new { from = Shape.Iso(middle), to = Shape.Iso(hub.Clock.NowMs) })).Is(HttpStatusCode.OK);
        static string Times(JsonElement a) => $"{a.Text("point")} {a.Text("severity")} {a.GetProperty("raised_at")} {a.GetProperty("cleared_at")}";
        Assert.Equal((await hub.ListAsync("/api/v1/alarms")).Where(a => a.Ms("raised_at") >= middle && Spoke(a)).Select(Times).Order(StringComparer.Ordinal), late["items"].EnumerateArray().Where(Spoke).Select(Times).Order(StringComparer.Ordinal));
        static bool OpenAt(JsonElement a, long ms) => a.Ms("raised_at") < ms && (a.GetProperty("cleared_at").ValueKind == JsonValueKind.Null || a.Ms("cleared_at") > ms);
        Assert.InRange(late["open_at_start"].GetInt32(), report["items"].EnumerateArray().Count(a => Spoke(a) && OpenAt(a, middle)), report["items"].EnumerateArray().Count(a => OpenAt(a, middle)));

        static bool Spoke(JsonElement a) => a.Text("point") != "day/b/t";
    }
}
