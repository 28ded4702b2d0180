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
        // Warm: code is compiled, buffers are there, the consumer has met the outage.
        for (var device = 0; device < 5; device++) await Evidence.PublishAsync(hub.Mqtt, "warm", $"up-{device}", file.Rows.Take(2000).Select(r => ("warm.temperature", r.TimeMs, r.Value)));
        await NotReadyAsync(hub);
        var before = hub.Now.Child.ResidentBytes;
        long most = before, least = before;
        for (var round = 0; round < (Checkout.Long ? 20 : 2); round++)
        {
            var config = folder.Write($"agent-{round}.yaml", MachineRule.AgentYaml(file, hub.Mqtt, folder[$"spool-{round}"]).Replace("device: kiosk-0007", round == 0 ? "device: kiosk-0007" : $"device: other-{round}"));
            await using var agent = AgentProcess.Run(config, "--once");
            await Wait.UntilAsync("the replay to end", () =>
            {
                (most, least) = (Math.Max(most, hub.Now.Child.ResidentBytes), Math.Min(least, hub.Now.Child.ResidentBytes));
                return Task.FromResult(agent.Process.HasExited);
            }, Patience, () => agent.Errors);
            Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
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
