using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>Rules that look at other points, rehearsed: the alarms of service.</summary>
public sealed class TogetherReplayTests
{
    private const long T0 = ManualTimeProvider.T0;

    [Theory]
    [InlineData("""when: "share(building, value < 18) >= 60 %", for: 10m""", "_asset", 1)]
    [InlineData("""when: "share(building, value < 18) >= 60 %", for: 10m""", "_asset", 2)]
    [InlineData("""when: "value < point('../u') - 3 K", for: 5m""", "r1a", 3)]
    [InlineData("""when: "value < point('../u') - 3 K", for: 5m""", "r1a", 4)]
    public async Task A_rule_over_several_points_rehearsed_gives_the_alarms_of_service(string raise, string device, int seed)
    {
        using var folder = new TemporaryFolder();
        await using var hub = await RunningHub.StartAsync(folder["data"]);
        (await hub.PutAssetAsync("b1", new { kind = "building", name = "1" })).Is(HttpStatusCode.Created);
        foreach (var room in new[] { "r1", "r2", "r3" }) (await hub.PutAssetAsync(room, new { kind = "room", name = room, parent = "b1" })).Is(HttpStatusCode.Created);
        (await hub.PutRuleAsync("together", $$"""
            id: together
            title: { zh: 冷, en: Cold }
            signal: temperature
            raise: [ { severity: P3, {{raise}} } ]
            max_gap: 30m
            ticket: { category: heating.room, wait: 2m, self_clear: 30m, reopen: 1h }
            """)).Is(HttpStatusCode.Created);
        var points = new[] { ("r1a", "t", "r1"), ("r1b", "u", "b1"), ("r2", "t", "r2"), ("r3", "t", "r3") };
        foreach (var (of, name, asset) in points) await hub.PublishAsync($"day/{of}", "status", $$"""{"state":"online","points":[{"name":"{{name}}","kind":"temperature","asset":"{{asset}}"}]}""");
        var random = new Random(seed);
        for (var minute = 0; minute < 700; minute += 5)
        {
            for (var i = 0; i < points.Length; i++)
            {
                // One room falls silent for hours, every reading may be lost; no two are of one instant.
                hub.Clock.Advance(TimeSpan.FromSeconds(30));
                if (minute > 0 && ((i == 2 && minute is > 150 and < 400) || random.Next(8) == 0)) continue;
                await hub.TemperatureAsync($"day/{points[i].Item1}", Math.Round(17.5 + (5 * Math.Sin((minute / 40.0) + i + seed)) + random.NextDouble(), 2), hub.Clock.NowMs, points[i].Item2);
            }
            hub.Clock.Advance(TimeSpan.FromMinutes(3));
        }
        await hub.AdvanceAsync(TimeSpan.FromHours(2));
        await hub.DrainAsync();
        var report = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules/together/rehearse", new { from = Shape.Iso(T0) })).Is(HttpStatusCode.OK);
        static string Told(JsonElement a) => $"{a.Text("point")} {a.Text("severity")} {a.GetProperty("raised_at")} {a.GetProperty("cleared_at")} {a.Text("reason")}";
        var live = (await hub.ListAsync("/api/v1/alarms")).Select(Told).Order(StringComparer.Ordinal).ToList();
        Assert.True(live.Count(a => a.Contains(device, StringComparison.Ordinal)) > 2, $"{live.Count} alarms: too quiet to prove anything.");
        Assert.Equal(live, report["items"].EnumerateArray().Select(Told).Order(StringComparer.Ordinal));
    }
}
