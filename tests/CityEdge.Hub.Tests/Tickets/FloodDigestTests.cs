using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary>A flood of alarms: notices of P4 and P5 are gathered and told together, also over a restart; more severe ones are told by themselves.</summary>
public sealed class FloodDigestTests : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private RunningHub hub = null!;

    [Fact]
    public async Task In_a_flood_lesser_notices_are_gathered_and_told_together_when_it_is_over()
    {
        hub = await RunningHub.StartAsync(folder["data"]);
        foreach (var severity in new[] { "P3", "P4" })
        {
            (await hub.PutRuleAsync("flood-" + severity.ToLowerInvariant(), $$"""
                id: flood-{{severity.ToLowerInvariant()}}
                title: { zh: 冷, en: Cold }
                signal: temperature
                where: { site: {{severity}} }
                raise: [ { severity: {{severity}}, when: "value < 18" } ]
                ticket: { category: flood.{{severity.ToLowerInvariant()}}, wait: 0s, self_clear: never }
                """)).Is(HttpStatusCode.Created);
        }
        await using (var live = await LiveReader.ConnectAsync(hub))
        {
            for (var i = 0; i < 11; i++) await hub.TemperatureAsync($"P3/dev{i}", 10);
            for (var i = 0; i < 11; i++) await live.UntilAsync("notice", n => n.Text("kind") == "opened" && n.Text("severity") == "P3");
            Assert.NotEqual(System.Text.Json.JsonValueKind.Null, (await hub.GetAsync("/api/v1/desk")).GetProperty("flood_since").ValueKind);
            for (var i = 0; i < 3; i++) await hub.TemperatureAsync($"P4/dev{i}", 10);
            await hub.TemperatureAsync("P3/more", 10);
            // What is more severe does not wait, and what is gathered is seen.
            await live.UntilAsync("notice", n => n.Text("kind") == "opened" && n.Text("asset") is null && n.Text("severity") == "P3");
            var gathered = (await hub.EventuallyAsync("/api/v1/desk", d => d.GetProperty("gathered") is { ValueKind: System.Text.Json.JsonValueKind.Object } g && g.GetProperty("notices").GetInt32() == 3)).GetProperty("gathered");
            Assert.Equal(("P4", "flood.p4", 3), (gathered.GetProperty("counts")[0].Text("severity"), gathered.GetProperty("counts")[0].Text("category"), gathered.GetProperty("counts")[0].GetProperty("tickets").GetInt32()));
            // Nothing is dropped: the tickets are there meanwhile.
            Assert.Equal(3, (await hub.ListAsync("/api/v1/tickets?category=flood.p4")).Count);
            Assert.DoesNotContain(live.All, h => h.Name == "notice" && h.Data.TryGetProperty("category", out var category) && category.GetString() == "flood.p4");
        }
        var clock = hub.Clock;
        await hub.DisposeAsync();
        hub = await RunningHub.StartAsync(folder["data"], clock: clock);
        Assert.Equal(3, (await hub.GetAsync("/api/v1/desk")).GetProperty("gathered").GetProperty("notices").GetInt32());
        await using (var live = await LiveReader.ConnectAsync(hub))
        {
            hub.Clock.Advance(TimeSpan.FromMinutes(11));
            var digest = (await live.UntilAsync("notice", n => n.Text("kind") == "digest")).Data;
            Assert.Equal((3, 3, 3), (digest.GetProperty("notices").GetInt32(), digest.GetProperty("tickets").GetInt32(), digest.GetProperty("newest").GetArrayLength()));
            await hub.EventuallyAsync("/api/v1/desk", d => d.GetProperty("gathered").ValueKind == System.Text.Json.JsonValueKind.Null);
            await hub.TemperatureAsync("P4/dev9", 10);
            await live.UntilAsync("notice", n => n.Text("kind") == "opened" && n.Text("category") == "flood.p4");
            Assert.Single(live.All, h => h.Name == "notice" && h.Data.Text("kind") == "digest");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (hub is not null) await hub.DisposeAsync();
        folder.Dispose();
    }
}
