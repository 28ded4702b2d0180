using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>A gateway that falls silent with all its devices is one ticket, whatever happens to the hub meanwhile (design §1; the other 200 are recorded).</summary>
public sealed class GatewayTests
{
    private const int Children = 200;

    private static string Rule(string id, string role, string lines) => $$"""
        id: {{id}}
        title: { zh: 静默, en: Silent }
        signal: temperature
        where: { role: {{role}} }
        {{lines}}
        ticket: { category: hub.{{id}}, wait: 0s }
        """;

    private static string Announcement(string role, string asset, params IEnumerable<string> names) =>
        JsonSerializer.Serialize(new { state = "online", points = names.Select(name => new { name, kind = "temperature", asset, labels = new { role } }) });

    [Fact]
    public async Task Two_hundred_silent_children_of_a_silent_gateway_are_one_ticket_over_a_hub_that_is_killed_in_between()
    {
        using var folder = new TemporaryFolder();
        var clock = new ManualTimeProvider();
        await using (var hub = await RunningHub.StartAsync(folder["live"], null, clock))
        {
            (await hub.PutRuleAsync("gateway-silent", Rule("gateway-silent", "gateway", "no_data: { after: 3m }"))).Is(HttpStatusCode.Created);
            (await hub.PutRuleAsync("lamp-silent", Rule("lamp-silent", "lamp", "no_data: { after: 2m }\ninhibited_by: [gateway-silent]"))).Is(HttpStatusCode.Created);
            (await hub.PutAssetAsync("gw", new { kind = "gateway", name = "Gateway" })).Is(HttpStatusCode.Created);
            (await hub.PutAssetAsync("row", new { kind = "row", name = "Lamps", parent = "gw" })).Is(HttpStatusCode.Created);
            await hub.PublishAsync("city/gw", "status", Announcement("gateway", "gw", "t"));
            await hub.PublishAsync("city/lamps", "status", Announcement("lamp", "row", Enumerable.Range(0, Children).Select(i => "t" + i)));
            await hub.TemperatureAsync("city/gw", 20);
            await hub.TelemetryAsync("city/lamps", "[" + string.Join(',', Enumerable.Range(0, Children).Select(i => $$"""{"n":"t{{i}}","u":"Cel","v":20,"t":{{clock.NowMs / 1000}}}""")) + "]");
            await hub.AdvanceAsync(TimeSpan.FromSeconds(150));
            await hub.EventuallyAsync("/api/v1/desk", d => d.GetProperty("suppressed").EnumerateArray().Any(s => s.Text("reason") == "parent-wait" && s.GetProperty("alarms").GetInt32() == Children));
            Assert.Empty(await TicketsAsync(hub));
            Copy(folder["live"], folder["killed"]);
        }
        // What a kill leaves: the files as they were while the hub ran. In the meantime the gateway's silence falls due too.
        clock.Advance(TimeSpan.FromSeconds(45));
        await using var again = await RunningHub.StartAsync(folder["killed"], null, clock);
        await again.AdvanceAsync(TimeSpan.FromSeconds(15));
        var ticket = Assert.Single((await again.EventuallyAsync("/api/v1/tickets?state=candidate,open", p => p.GetProperty("items").GetArrayLength() > 0)).GetProperty("items").EnumerateArray());
        Assert.Equal("gateway-silent", ticket.Text("rule"));
        await again.AdvanceAsync(TimeSpan.FromMinutes(20));
        Assert.Single(await TicketsAsync(again));
        var gateway = Assert.Single(await again.ListAsync("/api/v1/alarms?rule=gateway-silent"));
        var lamps = await again.ListAsync("/api/v1/alarms?rule=lamp-silent&state=active");
        Assert.Equal(Children, lamps.Count);
        Assert.All(lamps, lamp => Assert.Equal(("suppressed-by-design", "parent-down", gateway.Text("id"), JsonValueKind.Null),
            (lamp.Text("standing"), lamp.Text("suppressed"), lamp.Text("suppressed_by"), lamp.GetProperty("ticket").ValueKind)));
    }

    private static Task<List<JsonElement>> TicketsAsync(RunningHub hub) => hub.ListAsync("/api/v1/tickets?state=candidate,dropped,open,reopened,closed,self-cleared,cancelled,accepted,pending-verify");

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var file in Directory.GetFiles(from).Where(f => Path.GetFileName(f) != "lock")) File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        foreach (var folder in Directory.GetDirectories(from)) Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
    }
}
