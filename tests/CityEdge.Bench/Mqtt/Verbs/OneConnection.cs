using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Report;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>one</c>: a single connection with a window of 20, as an agent that sends its backlog.</summary>
internal static class OneConnection
{
    public static async Task RunAsync(BenchContext bench)
    {
        await using var servers = await bench.StartAllAsync("hub", "mosquitto", "relay");
        var one = new LoadSettings { Port = 0, Publishers = 1, Seconds = bench.Seconds, Payload = bench.Payload };
        await bench.WarmUpAsync(servers, one);
        var runs = await bench.RoundRobinAsync(servers, [("one connection, window 20", one)]);
        bench.Report.Table($"one: 1 publisher, QoS 1, window 20, {bench.Payload} B, median (least-most) of {bench.Runs}", [.. RunFigures.Columns, "4 KiB flush p50 / p99 ms"],
            runs.GroupBy(r => r.Server).Select(g => (IReadOnlyList<string>)[.. RunFigures.Row([.. g]), g.First().Disk is null ? "-" : $"{BenchReport.Spread(g.Select(r => r.Disk!.P50))} / {BenchReport.Spread(g.Select(r => r.Disk!.P99))}"]));
        FanIn.NoFaults(bench, "one", runs);
        var own = runs.Where(r => r.Server == "hub").ToList();
        if (own.Count == 0) return;
        var flush = BenchReport.Median(own.Select(r => r.Disk!.P50));
        var rate = BenchReport.Median(own.Select(r => r.Load.Rate));
        var target = Math.Min(5000, 0.45 * one.Window / (flush / 1000));
        bench.Report.Judge("one: messages a second", FormattableString.Invariant($">= {target:0} (0.45 x 20 / median flush of {flush:0.00} ms, at most 5000)"), FormattableString.Invariant($"{rate:0}"), rate >= target);
    }
}
