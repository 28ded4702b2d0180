using System.Diagnostics;
using System.Globalization;
using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Bench.Mqtt.Servers;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>slow</c>: one of two subscribers stops reading while 20 000 messages a second arrive; then the same until its queue is over the cap.</summary>
internal static class SlowSubscriber
{
    private const double StallFor = 4;

    public static async Task RunAsync(BenchContext bench)
    {
        await StallAsync(bench);
        await CapAsync(bench);
    }

    private static LoadSettings Load(BenchContext bench) => new() { Port = 0, Publishers = 100, Rate = 20_000, Payload = bench.Payload, Subscribers = 2, Persistent = true, Seconds = StallFor + 5, Drain = 60 };

    private static async Task StallAsync(BenchContext bench)
    {
        await using var servers = await bench.StartAllAsync("hub", "mosquitto");
        var quiet = Load(bench);
        var stalled = quiet with { StallAfter = 2, StallFor = StallFor };
        // As long and as wide as the run, so that memory which any traffic takes is there before.
        await bench.WarmUpAsync(servers, quiet);
        var rows = new List<IReadOnlyList<string>>();
        var own = new List<(long Growth, double Quiet, double Beside, LoadResult Load)>();
        for (var round = 1; round <= bench.Runs; round++)
        {
            foreach (var server in servers.All)
            {
                var calm = await bench.RunAsync(server, "quiet", round, quiet with { Prefix = $"q{round}-" });
                await using var memory = new MemoryWatch(server.Pid);
                var settings = stalled with { Prefix = $"s{round}-", Port = server.Port, Watch = server.Pid };
                await server.SettleAsync();
                await using var generator = await GeneratorProcess.StartAsync(settings);
                var began = Stopwatch.GetTimestamp();
                var load = await generator.GoAsync();
                var stall = began + (long)(settings.StallAfter * 1e9);
                var growth = memory.Peak(stall, long.MaxValue) - memory.Peak(0, stall);
                bench.Report.Raw(new RunFigures("one subscriber stalls", server.Name, round, settings, generator.Connected, load));
                BenchContext.Progress($"slow, {server.Name}, round {round}: {load.Subscribers[0].Lost} of {load.Acknowledged} acknowledged lost, memory +{growth / 1e6:0} MB");
                if (server is HubServer) own.Add((growth, calm.Load.Subscribers[1].Delivery.P99, load.Subscribers[1].Delivery.P99, load));
                rows.Add([server.Name, BenchReport.Short(load.Sent / load.Seconds), $"{load.Subscribers[0].Lost} of {load.Acknowledged}", $"{load.Subscribers[0].Repeated} / {load.Subscribers[0].Late}",
                    BenchReport.Short(growth / 1e6), BenchReport.Short(load.Ack.P99), BenchReport.Short(load.Subscribers[1].Delivery.P99), BenchReport.Short(calm.Load.Subscribers[1].Delivery.P99),
                    $"{load.Subscribers[1].Lost}", BenchReport.Short(load.Seconds - settings.Seconds), BenchReport.Short(load.OtherCores)]);
            }
        }
        bench.Report.Table($"slow: 100 publishers, 20 000 msg/s QoS 1, persistent subscriber does not read for {StallFor} s; each run",
            ["server", "msg/s", "stalled one: lost", "repeated / out of order", "RSS growth MB", "ack p99 ms", "other subscriber p99 ms", "the same, quiet", "its lost", "caught up after s", "other cores"], rows);
        if (own.Count == 0) return;
        bench.Report.Judge("slow: acknowledged messages lost to the stalled subscriber or beside it", "0", own.Sum(o => o.Load.Subscribers.Sum(s => s.Lost)).ToString(CultureInfo.InvariantCulture), own.All(o => o.Load.Subscribers.All(s => s.Lost == 0) && o.Load.Unacknowledged == 0));
        var most = BenchReport.Median(own.Select(o => o.Growth / 1e6));
        bench.Report.Judge("slow: memory growth", "<= 50 MB", FormattableString.Invariant($"{most:0.0} MB"), most <= 50);
        var (beside, calmly) = (BenchReport.Median(own.Select(o => o.Beside)), BenchReport.Median(own.Select(o => o.Quiet)));
        bench.Report.Judge("slow: the other subscriber's delivery p99", FormattableString.Invariant($"<= {Math.Max(20, 3 * calmly):0.0} ms (20 ms or 3 x quiet)"), FormattableString.Invariant($"{beside:0.0} ms"), beside <= Math.Max(20, 3 * calmly));
    }

    private static async Task CapAsync(BenchContext bench)
    {
        if (!bench.Wants("hub")) return;
        var file = Path.Combine(bench.NewFolder("config"), "hub.yaml");
        await File.WriteAllTextAsync(file, "broker:\n  queued_bytes_per_session: 8MiB\n");
        await using var hub = await bench.StartHubAsync("--config", file);
        var settings = Load(bench) with { StallAfter = 1, StallFor = 0, Drain = 20, Prefix = "cap-", Port = hub.Port, Watch = hub.Pid };
        LoadResult load;
        ConnectResult again;
        await using (var generator = await GeneratorProcess.StartAsync(settings)) load = await generator.GoAsync();
        // The same client comes back: its session must be gone. The identifier is the subscriber's.
        await using (var back = await GeneratorProcess.StartAsync(new LoadSettings { Port = hub.Port, Hold = true, Publishers = 1, Prefix = "sub-cap-", Filter = "", Persistent = true })) again = back.Connected;
        var metrics = await hub.MetricsAsync();
        var counted = metrics.GetValueOrDefault("cityedge_mqtt_bitten_total{limit=\"queued_bytes_per_session\"}");
        bench.Report.Table("slow: until the cap of 8 MiB queued bytes", ["stalled one closed", "session gone", "sessions counted", "other subscriber lost", "RSS / peak MB", "log"],
            [[load.Subscribers[0].Closed ? "yes" : "no", again.SessionsPresent == 0 ? "yes" : "no", BenchReport.Short(counted), $"{load.Subscribers[1].Lost}", $"{load.ServerRss / 1e6:0} / {load.ServerPeak / 1e6:0}",
                hub.Child.Errors.Split('\n').FirstOrDefault(l => l.Contains("sub-cap-0", StringComparison.Ordinal))?.Trim() ?? "-"]]);
        bench.Report.Judge("slow, cap: session ended and counted, the other subscriber loses nothing", "closed, gone, 1, 0", $"{load.Subscribers[0].Closed}, {again.SessionsPresent == 0}, {counted}, {load.Subscribers[1].Lost}",
            load.Subscribers[0].Closed && again.SessionsPresent == 0 && counted >= 1 && load.Subscribers[1].Lost == 0);
    }
}
