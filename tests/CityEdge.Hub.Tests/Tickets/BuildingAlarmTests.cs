using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary>A rule over the points of a building: one alarm and one ticket for the building, on the building, over a restart.</summary>
public sealed class BuildingAlarmTests
{
    private const string Rule = """
        id: building-cold
        title: { zh: 楼栋温度低, en: Building too cold }
        signal: temperature
        raise:
          - { severity: P2, when: "share(building, value < 18) >= 50 % and count(building, value < 18) >= 2", for: 10m }
        max_gap: 2h
        ticket: { category: heating.building, wait: 1m }
        """;

    [Fact]
    public async Task Cold_rooms_of_one_building_are_one_alarm_and_one_ticket_on_the_building()
    {
        using var folder = new TemporaryFolder();
        var hub = await RunningHub.StartAsync(folder["data"]);
        await using (hub)
        {
            (await hub.PutRuleAsync("building-cold", Rule)).Is(HttpStatusCode.Created);
            (await hub.PutAssetAsync("bld:7", new { kind = "building", name = "7" })).Is(HttpStatusCode.Created);
            for (var room = 1; room <= 3; room++)
            {
                (await hub.PutAssetAsync($"room-{room}", new { kind = "room", name = "room", parent = "bld:7" })).Is(HttpStatusCode.Created);
                await hub.TemperatureAsync($"yard/room{room}", 20);
                (await hub.SendJsonAsync(HttpMethod.Patch, $"/api/v1/points/{Uri.EscapeDataString($"yard/room{room}/t")}", new { asset = $"room-{room}" })).Is(HttpStatusCode.OK);
            }
            await hub.AdvanceAsync(TimeSpan.FromMinutes(5));
            await hub.TemperatureAsync("yard/room1", 17);
            await hub.TemperatureAsync("yard/room2", 17);
            await hub.TemperatureAsync("yard/room3", 20);
            await hub.AdvanceAsync(TimeSpan.FromMinutes(8));
        }
        await using var again = await RunningHub.StartAsync(folder["data"], clock: hub.Clock);
        await again.AdvanceAsync(TimeSpan.FromMinutes(3));
        var alarm = Assert.Single(await again.ListAsync("/api/v1/alarms"));
        Assert.Equal(("building-cold", "active", "yard/_asset/bld:7", "bld:7"), (alarm.Text("rule"), alarm.Text("state"), alarm.Text("point"), alarm.Text("asset")));
        Assert.Equal(2d / 3, alarm.GetProperty("value").GetDouble(), 1e-9);
        Assert.Equal("active", (await again.GetAsync($"/api/v1/alarms/{alarm.Text("id")}/explain")).GetProperty("states")[0].Text("phase"));
        await again.AdvanceAsync(TimeSpan.FromMinutes(2));
        var page = await again.EventuallyAsync("/api/v1/tickets", p => p.GetProperty("items").GetArrayLength() == 1);
        Assert.Equal("bld:7", page.GetProperty("items")[0].Text("asset"));

        await again.TemperatureAsync("yard/room1", 20);
        Assert.Equal("cleared", Assert.Single(await again.ListAsync("/api/v1/alarms")).Text("state"));
    }
}
