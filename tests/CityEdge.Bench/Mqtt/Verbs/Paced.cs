using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Report;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>paced</c>: 20 000 and 5 000 messages a second evenly over 1000 connections; what sparse sensors cost.</summary>
internal static class Paced
{
    private const string Fast = "20000/s QoS 1", Slow = "5000/s QoS 1";

    public static async Task RunAsync(BenchContext bench)
    {
        await using var servers = await bench.StartAllAsync("hub", "mosquitto", "relay");
        var paced = new LoadSettings { Port = 0, Publishers = 1000, Seconds = bench.Seconds, Payload = bench.Payload };
        await bench.WarmUpAsync(servers, paced);
        await bench.WarmUpAsync(servers, paced with { Rate = 20_000 });
        var runs = await bench.RoundRobinAsync(servers, [(Fast, paced with { Rate = 20_000 }), (Slow, paced with { Rate = 5_000 })]);
        bench.Report.Table($"paced: 1000 publishers, {bench.Payload} B, median (least-most) of {bench.Runs}", [.. RunFigures.Columns, "behind p99 ms"],
            runs.GroupBy(r => (r.Scenario, r.Server)).Select(g => (IReadOnlyList<string>)[.. RunFigures.Row([.. g]), BenchReport.Spread(g.Select(r => r.Load.Behind.P99))]));
        FanIn.NoFaults(bench, "paced", runs);
        foreach (var scenario in (string[])[Fast, Slow])
        {
            if (FanIn.Ratio(runs, scenario, r => r.CpuPerMillion) is { } cpu)
                bench.Report.Judge($"paced, {scenario}: CPU per message against mosquitto", "<= 1.2x", FormattableString.Invariant($"{cpu:0.00}x"), cpu <= 1.2);
            var own = runs.Where(r => r.Scenario == scenario && r.Server == "hub").ToList();
            if (own.Count == 0) continue;
            var (ack, flush) = (BenchReport.Median(own.Select(r => r.Load.Ack.P99)), BenchReport.Median(own.Select(r => r.Disk!.P99)));
            var limit = Math.Max(20, 5 * flush);
            bench.Report.Judge($"paced, {scenario}: publish to acknowledgement p99", FormattableString.Invariant($"<= {limit:0.0} ms (20 ms or 5 flush p99 of {flush:0.00} ms)"), FormattableString.Invariant($"{ack:0.0} ms"), ack <= limit);
            if (scenario != Slow) continue;
            var cores = BenchReport.Median(own.Select(r => r.ServerCores));
            bench.Report.Judge($"paced, {scenario}: cores", "<= 0.5", FormattableString.Invariant($"{cores:0.00}"), cores <= 0.5);
        }
    }
}
