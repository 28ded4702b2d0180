using System.Globalization;
using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Report;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary><c>fan-in</c>: 1000 publishers as fast as they go, one subscriber of everything.</summary>
internal static class FanIn
{
    private const string Single1 = "QoS 1, one a send", Single0 = "QoS 0, one a send", Batch1 = "QoS 1, 20 a send", Batch0 = "QoS 0, 20 a send";

    public static async Task RunAsync(BenchContext bench)
    {
        await using var servers = await bench.StartAllAsync("hub", "mosquitto", "relay", "sink");
        var one = new LoadSettings { Port = 0, Publishers = 1000, Seconds = bench.Seconds, Payload = bench.Payload };
        await bench.WarmUpAsync(servers, one);
        await bench.WarmUpAsync(servers, one with { Qos = 0 });
        var runs = await bench.RoundRobinAsync(servers, [(Single1, one), (Single0, one with { Qos = 0 }), (Batch0, one with { Qos = 0, Batch = 20 }), (Batch1, one with { Batch = 20 })]);
        bench.Report.Table($"fan-in: 1000 publishers, {bench.Payload} B, as fast as it goes, median (least-most) of {bench.Runs}", RunFigures.Columns, Rows(runs));
        NoFaults(bench, "fan-in", runs);
        Compare(bench, runs, Single1, 2.5, 0.4);
        Compare(bench, runs, Single0, 1.3, null);
        Compare(bench, runs, Batch0, 5, null);
    }

    public static IEnumerable<IReadOnlyList<string>> Rows(IReadOnlyList<RunFigures> runs) => runs.GroupBy(r => (r.Scenario, r.Server)).Select(g => RunFigures.Row([.. g]));

    /// <summary>Judges that the hub lost, repeated and mixed up nothing. The sink forwards nothing and mosquitto is not on trial.</summary>
    public static void NoFaults(BenchContext bench, string verb, IReadOnlyList<RunFigures> runs)
    {
        var own = runs.Where(r => r.Server == "hub").ToList();
        if (own.Count == 0) return;
        bench.Report.Judge($"{verb}: nothing lost, repeated, out of order, unacknowledged", "0", own.Sum(r => r.Faults).ToString(CultureInfo.InvariantCulture), own.All(r => r.Faults == 0));
    }

    private static void Compare(BenchContext bench, List<RunFigures> runs, string scenario, double rateTarget, double? cpuTarget)
    {
        if (Ratio(runs, scenario, r => r.Load.Rate) is not { } rate || Ratio(runs, scenario, r => r.CpuPerMillion) is not { } cpu) return;
        bench.Report.Judge($"fan-in, {scenario}: rate against mosquitto", FormattableString.Invariant($">= {rateTarget}x"), FormattableString.Invariant($"{rate:0.00}x (CPU per message {cpu:0.00}x)"), rate >= rateTarget);
        if (cpuTarget is { } most) bench.Report.Judge($"fan-in, {scenario}: CPU per message against mosquitto", FormattableString.Invariant($"<= {most}x"), FormattableString.Invariant($"{cpu:0.00}x"), cpu <= most);
    }

    /// <summary>Median of the hub over median of mosquitto; null when one did not run.</summary>
    public static double? Ratio(IReadOnlyList<RunFigures> runs, string scenario, Func<RunFigures, double> value)
    {
        double? Of(string server) => runs.Where(r => r.Scenario == scenario && r.Server == server).Select(value).ToList() is { Count: > 0 } values ? BenchReport.Median(values) : null;
        return Of("hub") / Of("mosquitto");
    }
}
