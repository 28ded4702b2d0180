using System.Text.Json;

namespace CityEdge.Faults.Tests;

/// <summary>A hub that comes back with 500 open alarms tells nobody anything new, and clears what was mended while it was away.</summary>
public sealed class OpenAlarmsRestartTests(ITestOutputHelper output) : IDisposable
{
    private const int Devices = 5;
    private const int PointsOfADevice = 100;
    private const int Alarms = Devices * PointsOfADevice;

    private const string Rule = """
        id: many-cold
        title: { zh: 室温过低, en: Room too cold }
        signal: temperature
        where: { site: many }
        raise:
          - { severity: P3, when: "value < 18" }
        clear: { when: "value >= 18" }
        ticket: { category: heating.many, sla: P3, public: true, wait: 0s, self_clear: 0s, reopen: 0s }
        """;

    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_restart_with_500_open_alarms_sends_no_notice_and_clears_what_was_mended_meanwhile(bool killed)
    {
        await using var hub = new MortalHub(folder["hub"]);
        await hub.StartAsync();
        await hub.Now.PutRuleAsync(Rule);
        Assert.Empty(await HearAsync(hub, TimeSpan.Zero));
        var began = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - 60_000;
        await PublishAsync(hub, began, 15, _ => true);
        await Wait.UntilAsync("500 notices", async () => await hub.Now.MetricAsync("cityedge_notices_sent_total") >= Alarms, TimeSpan.FromSeconds(60), () => hub.Now.Child.Errors);
        var before = await TicketsAsync(hub.Now, Alarms);
        // The watcher's session holds what it was told while it was away, so that nothing said during the start of a hub escapes it.
        Assert.Equal(Alarms, (await HearAsync(hub, TimeSpan.FromSeconds(5))).Select(l => l.Split(' ')[0]).Distinct().Count());

        await (killed ? hub.KillAsync() : hub.StopAsync());
        var start = TimeProvider.System.GetTimestamp();
        await hub.StartAsync();
        output.WriteLine($"started with {Alarms} open alarms in {TimeProvider.System.GetElapsedTime(start).TotalMilliseconds:0} ms");
        await hub.Now.DrainAsync(TimeSpan.FromSeconds(30));
        Assert.Empty(await HearAsync(hub, TimeSpan.FromSeconds(3)));
        Assert.Equal(0, await hub.Now.MetricAsync("cityedge_notices_sent_total"));
        Assert.Equal(before, await TicketsAsync(hub.Now, Alarms));

        await (killed ? hub.KillAsync() : hub.StopAsync());
        // While it is down every other room becomes warm; the devices tell when it is back.
        var mended = began + 30_000;
        await hub.StartAsync();
        await PublishAsync(hub, mended, 20, point => point % 2 == 0);
        await hub.Now.DrainAsync(TimeSpan.FromSeconds(30));
        var alarms = await Evidence.AlarmsAsync(hub.Now, "many-cold");
        Assert.Equal(Alarms, alarms.Count);
        Assert.Equal(Alarms / 2, alarms.Count(a => Evidence.Ms(a, "cleared_at") == mended));
        Assert.Equal(Alarms / 2, alarms.Count(a => Evidence.Ms(a, "cleared_at") is null));
        Assert.Equal(Alarms / 2, (await hub.Now.ListAsync("/api/v1/tickets?category=heating.many&state=self-cleared")).Count);
        await hub.StopAsync();
    }

    private static async Task PublishAsync(MortalHub hub, long timeMs, double value, Func<int, bool> which)
    {
        for (var device = 0; device < Devices; device++)
        {
            await Evidence.PublishAsync(hub.Mqtt, "many", $"gateway-{device}", Enumerable.Range(0, PointsOfADevice).Where(which).Select(p => ($"room{p}.temperature", timeMs, value)));
        }
    }

    /// <summary>What a watcher with a lasting session is told of tickets, retained cards of old aside; with no time it only makes its session.</summary>
    private static async Task<IReadOnlyCollection<string>> HearAsync(MortalHub hub, TimeSpan time)
    {
        string[] session = ["-h", "127.0.0.1", "-p", hub.MqttPort, "-i", "watcher", "-c", "-q", "1", "-R", "-v", "-t", "cityedge/v1/+/tickets/+"];
        await using var watcher = new ChildProcess("mosquitto_sub", [.. session, .. time == TimeSpan.Zero ? new[] { "-E" } : ["-W", $"{time.TotalSeconds:0}"]]);
        var code = await watcher.WaitForExitAsync(TimeSpan.FromSeconds(30));
        Assert.True(code is 0 or 27, $"mosquitto_sub ended with {code}: {watcher.Errors}");
        return watcher.Lines;
    }

    private static async Task<SortedDictionary<string, string>> TicketsAsync(HubProcess hub, int count)
    {
        var tickets = await hub.ListAsync("/api/v1/tickets?category=heating.many");
        Assert.Equal(count, tickets.Count);
        // Everything of a ticket: state, version, timeline, times.
        return new SortedDictionary<string, string>(tickets.ToDictionary(t => t.GetProperty("id").GetString()!, t => JsonSerializer.Serialize(t)));
    }

    public void Dispose() => folder.Dispose();
}
