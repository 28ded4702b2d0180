using System.Net;
using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>InfluxDB down is backlog in the journal, not loss and not memory (design §2, promises 3 and 7).</summary>
public sealed class InfluxOutageTests(ITestOutputHelper output) : IDisposable
{
    private const long Allowed = 50 << 20;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task With_InfluxDB_away_for_a_whole_replay_memory_stays_alarms_go_on_and_all_points_arrive_later()
    {
        var file = NabFile.Read();
        await using var influx = await InfluxServer.StartAsync();
        await influx.KillAsync();
        await using var hub = new MortalHub(folder["hub"], "--telemetry", "influx", "--influx-url", influx.Url);
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(MachineRule.Yaml);
        // Warm: code is compiled, heap and buffers have their size (about twenty replays for the last of it), the consumer has met the outage.
        for (var other = 0; other < (Checkout.Long ? 20 : 4); other++) await ReplayAsync(hub, file, $"warm-{other}", () => { });
        await NotReadyAsync(hub);
        var before = hub.Now.Child.ResidentBytes;
        long most = before, least = before;
        for (var round = 0; round < (Checkout.Long ? 40 : 2); round++)
        {
            await ReplayAsync(hub, file, round == 0 ? "kiosk-0007" : $"other-{round}", () => (most, least) = (Math.Max(most, hub.Now.Child.ResidentBytes), Math.Min(least, hub.Now.Child.ResidentBytes)));
        }
        var reason = await NotReadyAsync(hub);
        // Alarms and tickets do not wait for the telemetry store.
        await MachineRule.AssertTicketsAsync(hub.Now, file);
        output.WriteLine($"resident before {before >> 20} MiB, least {least >> 20} MiB, most {most >> 20} MiB; not ready: {reason}");
        Assert.True(most - before <= Allowed && before - least <= Allowed, $"Resident memory went from {before >> 20} MiB to between {least >> 20} and {most >> 20} MiB while InfluxDB was away.");
        await influx.StartAgainAsync();
        await hub.Now.DrainAsync(Patience);
        using var ready = await hub.Now.Http.GetAsync("/readyz", TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        var rows = await influx.QueryAsync("select value from raw.temperature where device = 'kiosk-0007' and point = 'boiler.temperature' and site = 'bj-chaoyang-01'");
        Assert.Equal(file.Stored.Count, rows.Count);
        Assert.Equal(file.Stored, rows.ToDictionary(r => r.TimeMs, r => r.Value));
        await hub.StopAsync();
    }

    /// <summary>The whole recording as fast as it goes, as the sensor of a device; <paramref name="look"/> is called all the while.</summary>
    private async Task ReplayAsync(MortalHub hub, NabFile file, string device, Action look)
    {
        var config = folder.Write($"{device}.yaml", MachineRule.AgentYaml(file, hub.Mqtt, folder[$"spool-{device}"]).Replace("device: kiosk-0007", $"device: {device}"));
        await using var agent = AgentProcess.Run(config, "--once");
        await Wait.UntilAsync("the replay to end", () =>
        {
            look();
            return Task.FromResult(agent.Process.HasExited);
        }, Patience, () => agent.Errors);
        Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
    }

    /// <summary>Waits until the hub says that it is not ready because its telemetry store is away, with every record given to the rules; returns the reason.</summary>
    private static async Task<string> NotReadyAsync(MortalHub hub)
    {
        JsonElement last = default;
        return await Wait.ForAsync("the hub to be not ready for its telemetry store", async () =>
        {
            using var response = await hub.Now.Http.GetAsync("/readyz", TestContext.Current.CancellationToken);
            last = JsonSerializer.Deserialize<JsonElement>(await response.Content.ReadAsStringAsync());
            var told = response.StatusCode == HttpStatusCode.ServiceUnavailable && last.GetProperty("rules_backlog_bytes").GetInt64() == 0 && last.GetProperty("telemetry_backlog_bytes").GetInt64() > 0;
            return told && last.GetProperty("telemetry").GetString() is { Length: > 2 } reason ? reason : null;
        }, Patience, () => $"{last}\n{hub.Now.Child.Errors}");
    }

    public void Dispose() => folder.Dispose();
}
