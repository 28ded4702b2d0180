using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>Rules <c>at: edge</c> with the real programs: the link is cut by killing the hub, the agent is killed while it is down, and one fault stays one alarm and one ticket.</summary>
public sealed class EdgeRuleTests : IDisposable
{
    private const string Device = "edge/kiosk-1";
    private const string Rule = """
        id: edge-cold
        title: { zh: 边缘过冷, en: Cold at the edge }
        signal: temperature
        where: { site: edge }
        raise:
          - { severity: P2, when: "value < 18" }
        clear: { when: "value >= 18.5" }
        at: edge
        ticket: { category: heating.edge, sla: P3, public: true, wait: 0s, self_clear: 1h }
        """;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_fault_while_the_link_is_down_and_the_agent_is_killed_is_one_ticket_with_the_raise_time_of_the_edge()
    {
        await using var hub = new MortalHub(folder["hub"], "--max-age", "24h");
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(Rule);
        var config = AgentConfig(hub.Mqtt);
        Measure(21);
        var agent = AgentProcess.Run(config);
        try
        {
            await Wait.UntilAsync("the agent to say that it runs the rule", () => RunsAsync(hub.Now, "edge-cold"), Patience, () => agent.Errors);
            await hub.KillAsync();
            Measure(15);
            var alarm = (await Wait.ForAsync("the alarm at the edge", () => Task.FromResult(LocalAlarm()), Patience, () => agent.Errors))!.Value;
            await using (var shown = new ChildProcess(AgentProcess.Program, ["alarms", "--config", config, "--json"]))
            {
                Assert.True(await shown.WaitForExitAsync(Patience) == 0, shown.Errors);
                Assert.Equal(alarm.GetProperty("id").GetString(), JsonSerializer.Deserialize<JsonElement>(Assert.Single(shown.Lines)).GetProperty("id").GetString());
            }
            await agent.DisposeAsync();
            // Nobody reads the sensor now; it must stand when the agent is back, without a hub.
            Measure(14);
            File.Delete(AlarmFile);
            agent = AgentProcess.Run(config);
            var again = (await Wait.ForAsync("the alarm at the edge after the kill", () => Task.FromResult(LocalAlarm()), Patience, () => agent.Errors))!.Value;
            Assert.Equal(alarm.GetProperty("id").GetString(), again.GetProperty("id").GetString());
            Assert.Equal(Evidence.Ms(alarm, "raised_at"), Evidence.Ms(again, "raised_at"));
            Measure(13);
            await hub.StartAsync();
            await AssertOneAsync(hub.Now, alarm, agent);
            await hub.KillAsync();
            await agent.DisposeAsync();
            await hub.StartAsync();
            agent = AgentProcess.Run(config);
            Measure(12.5);
            await Wait.UntilAsync("a reading after the next kill", async () => (await hub.Now.GetAsync($"/api/v1/points/{Uri.EscapeDataString(Device + "/pipe.temperature")}")).GetProperty("last") is { ValueKind: JsonValueKind.Object } last && last.GetProperty("value").GetDouble() == 12.5, Patience, () => agent.Errors);
            await AssertOneAsync(hub.Now, alarm, agent);
            Measure(20);
            await Wait.UntilAsync("the alarm to clear", async () => Evidence.Ms((await Evidence.AlarmsAsync(hub.Now, "edge-cold"))[0], "cleared_at") is not null, Patience, () => agent.Errors);
            Assert.Single(await hub.Now.ListAsync("/api/v1/tickets?category=heating.edge"));
            Assert.Single(await Evidence.StoriesAsync(hub.Now, "heating.edge"));
        }
        finally
        {
            await agent.DisposeAsync();
        }
        await hub.StopAsync();
    }

    private static async Task AssertOneAsync(HubProcess hub, JsonElement local, ChildProcess agent)
    {
        await Wait.UntilAsync("the ticket, and the word of the edge", async () =>
            (await hub.ListAsync("/api/v1/tickets?category=heating.edge")).Count > 0 && Evidence.Ms((await Evidence.AlarmsAsync(hub, "edge-cold"))[0], "edge_at") is not null, Patience, () => agent.Errors);
        var alarm = Assert.Single(await Evidence.AlarmsAsync(hub, "edge-cold"));
        Assert.Equal(local.GetProperty("id").GetString(), alarm.GetProperty("id").GetString());
        Assert.Equal(Evidence.Ms(local, "raised_at"), Evidence.Ms(alarm, "raised_at"));
        Assert.Equal(Evidence.Ms(local, "raised_at"), Evidence.Ms(alarm, "edge_at"));
        Assert.Equal("down", alarm.GetProperty("edge_link").GetString());
        var ticket = Assert.Single(await hub.ListAsync("/api/v1/tickets?category=heating.edge"));
        Assert.Equal(Evidence.Ms(local, "raised_at"), Evidence.Ms(ticket, "raised_at"));
        Assert.Equal(ticket.GetProperty("id").GetString(), alarm.GetProperty("ticket").GetString());
    }

    private static async Task<bool> RunsAsync(HubProcess hub, string rule)
    {
        var device = (await hub.ListAsync("/api/v1/devices")).FirstOrDefault(d => d.GetProperty("id").GetString() == Device);
        if (device.ValueKind != JsonValueKind.Object || device.GetProperty("config") is not { ValueKind: JsonValueKind.Object } config || config.GetProperty("reported") is not { ValueKind: JsonValueKind.Object } reported) return false;
        return reported.GetProperty("rules").EnumerateArray().Any(r => r.GetProperty("id").GetString() == rule && r.GetProperty("state").GetString() == "running")
            && reported.GetProperty("version").GetString() == config.GetProperty("desired").GetString();
    }

    private string AlarmFile => Path.Combine(folder["spool"], "rules", "alarms.json");

    /// <summary>What the agent shows to programs of its own machine.</summary>
    private JsonElement? LocalAlarm()
    {
        try
        {
            var alarms = JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(AlarmFile)).GetProperty("alarms");
            return alarms.GetArrayLength() == 1 ? alarms[0] : null;
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>What the thermometer shows from now on; the agent reads it three times a second.</summary>
    private void Measure(double celsius)
    {
        var file = Path.Combine(folder["sys"], "bus/w1/devices/28-000005e2fdc3/w1_slave");
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file + ".new", $"50 05 4b 46 7f ff 0c 10 1c : crc=1c YES\n50 05 4b 46 7f ff 0c 10 1c t={celsius * 1000:0}\n");
        File.Move(file + ".new", file, overwrite: true);
    }

    private string AgentConfig(string mqtt) => folder.Write("agent.yaml", $$"""
        site: edge
        device: kiosk-1
        hub: { url: "mqtt://{{mqtt}}" }
        spool: { dir: {{folder["spool"]}} }
        adapters:
          - { id: pipes, type: one-wire, root: {{folder["sys"]}}, every: 300ms, points: [ { name: pipe.temperature, address: 28-000005e2fdc3 } ] }
        """);

    public void Dispose() => folder.Dispose();
}
