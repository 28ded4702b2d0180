using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>kill -9 of hub and agent at any moment of a replay changes nothing in what is stored, raised and told (design §2, promises 1 and 2).</summary>
public sealed class KillTests(ITestOutputHelper output) : IDisposable
{
    private const string Point = "bj-chaoyang-01/kiosk-0007/boiler.temperature";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task Killed_hub_and_agent_leave_the_embedded_store_and_the_tickets_of_an_undisturbed_run()
    {
        var file = NabFile.Read();
        await using var hub = new MortalHub(folder["hub"]);
        await ReplayThroughKillsAsync(hub, file);
        var rows = await Evidence.ReadingsAsync(hub.Now, Point);
        Assert.Equal(file.Stored.Count, rows.Count);
        Assert.Equal(file.Stored, rows.ToDictionary(r => r.TimeMs, r => r.Value));
        await AssertStoryAsync(hub, file);
    }

    [Fact]
    public async Task Killed_hub_and_agent_leave_InfluxDB_and_the_tickets_of_an_undisturbed_run()
    {
        var file = NabFile.Read();
        await using var influx = await InfluxServer.StartAsync();
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url);
        await ReplayThroughKillsAsync(hub, file);
        var rows = await influx.QueryAsync("select value from raw.temperature where device = 'kiosk-0007' and point = 'boiler.temperature' and site = 'bj-chaoyang-01'");
        Assert.Equal(file.Stored.Count, rows.Count);
        Assert.Equal(file.Stored, rows.ToDictionary(r => r.TimeMs, r => r.Value));
        await AssertStoryAsync(hub, file);
    }

    private async Task ReplayThroughKillsAsync(MortalHub hub, NabFile file)
    {
        var each = Checkout.Long ? 30 : 6;
        var seed = Environment.TickCount;
        output.WriteLine($"seed {seed}");
        var random = new Random(seed);
        var victims = Enumerable.Repeat(true, each).Concat(Enumerable.Repeat(false, each)).ToArray();
        random.Shuffle(victims);
        // About 2.5 s of replay between two kills, at any speed of the machine: a kill waits for its row.
        var seconds = victims.Length * 2.5;
        var speed = Math.Round((file.Rows[^1].TimeMs - file.Rows[0].TimeMs) / 1000.0 / seconds);
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(MachineRule.Yaml);
        var config = folder.Write("agent.yaml", MachineRule.AgentYaml(file, hub.Mqtt, folder["spool"], speed.ToString(System.Globalization.CultureInfo.InvariantCulture)));
        var agent = AgentProcess.Run(config, "--once");
        try
        {
            for (var kill = 0; kill < victims.Length; kill++)
            {
                var row = (long)(file.Rows.Count * 0.95 * (kill + random.NextDouble()) / victims.Length);
                var alive = agent;
                await Wait.UntilAsync($"row {row} before kill {kill} (seed {seed})", () => Task.FromResult(Replayed() >= row || alive.Process.HasExited), Patience, () => alive.Errors);
                Assert.False(agent.Process.HasExited, $"The agent ended by itself before kill {kill}: {agent.Errors}");
                if (victims[kill])
                {
                    await hub.KillAsync();
                    if (random.Next(3) == 0) await hub.DieWhileStartingAsync(TimeSpan.FromMilliseconds(random.Next(1500)));
                    await hub.StartAsync();
                }
                else
                {
                    await agent.DisposeAsync();
                    agent = AgentProcess.Run(config, "--once");
                }
            }
            Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
        }
        finally
        {
            await agent.DisposeAsync();
        }
        await hub.Now.DrainAsync(Patience);
    }

    /// <summary>Rows that the agent's replay has given to its spool, from the file in which it keeps its place.</summary>
    private long Replayed()
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(File.ReadAllText(Path.Combine(folder["spool"], "adapter-boiler.progress"))).GetProperty("rows").GetInt64();
        }
        catch (Exception none) when (none is FileNotFoundException or DirectoryNotFoundException)
        {
            return 0;
        }
    }

    private async Task AssertStoryAsync(MortalHub hub, NabFile file)
    {
        await MachineRule.AssertTicketsAsync(hub.Now, file);
        var stories = await Evidence.StoriesAsync(hub.Now, "machine.temperature");
        await hub.StopAsync();
        await hub.AssertJournalIsSoundAsync();
        Evidence.AssertNotices(folder["hub"], stories.Count);
        Assert.Equal(await UndisturbedAsync(file), stories);
    }

    /// <summary>The tickets' stories of a run in which nobody was killed.</summary>
    private async Task<List<string>> UndisturbedAsync(NabFile file)
    {
        await using var hub = new MortalHub(folder["calm-hub"]);
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(MachineRule.Yaml);
        await using var agent = AgentProcess.Run(folder.Write("calm-agent.yaml", MachineRule.AgentYaml(file, hub.Mqtt, folder["calm-spool"])), "--once");
        Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
        await hub.Now.DrainAsync(Patience);
        return await Evidence.StoriesAsync(hub.Now, "machine.temperature");
    }

    public void Dispose() => folder.Dispose();
}
