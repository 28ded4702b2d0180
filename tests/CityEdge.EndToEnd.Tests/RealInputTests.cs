using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CityEdge.EndToEnd.Tests;

/// <summary>A real recording goes in as a sensor and comes out as stored telemetry and exactly the tickets of a few-line reference.</summary>
public sealed class RealInputTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(3);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Agent_to_InfluxDB_holds_each_point_once_and_opens_the_reference_tickets()
    {
        var file = NabFile.Read();
        await using var influx = await InfluxServer.StartAsync();
        await using var hub = await HubProcess.StartAsync(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url, "--max-age", "none", "--retention", "none");
        await hub.PutRuleAsync(MachineRule.Yaml);
        await ReplayAsync(hub, file);
        await hub.DrainAsync(Long);
        var rows = await influx.QueryAsync("select value from raw.temperature where device = 'kiosk-0007' and point = 'boiler.temperature' and site = 'bj-chaoyang-01'");
        Assert.Equal(file.Stored, rows.ToDictionary(r => r.TimeMs, r => r.Value));
        Assert.Equal(file.Stored.Count, rows.Count);
        await MachineRule.AssertTicketsAsync(hub, file);
        Assert.Equal(0, await hub.StopAsync());
    }

    [Fact]
    public async Task Agent_to_the_embedded_store_holds_each_point_once_and_opens_the_reference_tickets()
    {
        var file = NabFile.Read();
        await using (var hub = await HubProcess.StartAsync(folder["hub"], "--max-age", "none", "--retention", "none"))
        {
            await hub.PutRuleAsync(MachineRule.Yaml);
            await ReplayAsync(hub, file);
            await hub.DrainAsync(Long);
            await AssertReadingsAsync(hub, file, "bj-chaoyang-01/kiosk-0007/boiler.temperature");
            await MachineRule.AssertTicketsAsync(hub, file);
            Assert.Equal(0, await hub.StopAsync());
        }
        // And after a restart it is all still there.
        await using var again = await HubProcess.StartAsync(folder["hub"], "--max-age", "none", "--retention", "none");
        await AssertReadingsAsync(again, file, "bj-chaoyang-01/kiosk-0007/boiler.temperature");
        await MachineRule.AssertTicketsAsync(again, file);
    }

    [Fact]
    public async Task Mosquitto_pub_to_a_new_site_and_device_is_read_back_by_the_API()
    {
        var file = NabFile.Read();
        await using var hub = await HubProcess.StartAsync(folder["hub"], "--max-age", "none", "--retention", "none");
        await hub.PutRuleAsync(MachineRule.Yaml.Replace("device: kiosk-0007", "device: pub-01"));
        // One SenML pack of 250 rows a line, as `mosquitto_pub -l` sends them: the first device of a user without an agent.
        var lines = new StringBuilder();
        foreach (var pack in file.Rows.Chunk(250))
        {
            lines.Append('[').AppendJoin(',', pack.Select(r => string.Create(CultureInfo.InvariantCulture, $$"""{"n":"boiler.temperature","u":"Cel","t":{{r.TimeMs / 1000}},"v":{{r.Value:R}}}"""))).Append("]\n");
        }
        await using var publisher = new ChildProcess("mosquitto_pub", ["-h", "127.0.0.1", "-p", hub.MqttPort, "-q", "1", "-t", "cityedge/v1/new-site/pub-01/telemetry", "-l"], input: lines.ToString());
        Assert.Equal(0, await publisher.WaitForExitAsync(Long));
        await hub.DrainAsync(Long);
        await AssertReadingsAsync(hub, file, "new-site/pub-01/boiler.temperature");
        await MachineRule.AssertTicketsAsync(hub, file);
        var point = await hub.GetAsync("/api/v1/points/" + Uri.EscapeDataString("new-site/pub-01/boiler.temperature"));
        Assert.Equal("temperature", point.GetProperty("kind").GetString());
        Assert.Equal("Cel", point.GetProperty("unit").GetString());
    }

    private async Task ReplayAsync(HubProcess hub, NabFile file)
    {
        await using var agent = AgentProcess.Run(folder.Write("agent.yaml", MachineRule.AgentYaml(file, hub.Mqtt, folder["spool"])), "--once");
        Assert.True(await agent.WaitForExitAsync(Long) == 0, agent.Errors);
    }

    private static async Task AssertReadingsAsync(HubProcess hub, NabFile file, string point)
    {
        var items = await hub.ListAsync($"/api/v1/readings?point={Uri.EscapeDataString(point)}&from=2013-01-01T00:00:00Z&to=2015-01-01T00:00:00Z");
        Assert.Equal(file.Stored.Count, items.Count);
        Assert.Equal(file.Stored, items.ToDictionary(i => i.GetProperty("time").GetDateTimeOffset().ToUnixTimeMilliseconds(), i => i.GetProperty("value").GetDouble()));
        Assert.All(items, i => Assert.False(i.TryGetProperty("quality", out JsonElement _)));
    }

    public void Dispose() => folder.Dispose();
}
