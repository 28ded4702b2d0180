using CityEdge.Bench.Mqtt.Load;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Report;
using CityEdge.Bench.Mqtt.Servers;

namespace CityEdge.Bench.Mqtt.Verbs;

/// <summary>
/// <c>line</c>: SenML to <c>cityedge/v1/…/telemetry</c>, through journal, decoding, rules and the embedded store, until nothing is behind. Stages are told by the hub
/// (<c>cityedge_stage_cpu_seconds_total</c>) and by the names of its threads; what is left is connections, runtime and collector.
/// </summary>
internal static class WholeLine
{
    private const int Readings = 8;

    public static async Task RunAsync(BenchContext bench)
    {
        if (!bench.Wants("hub")) return;
        var rules = LineRules.Write(bench.NewFolder("rules"));
        // The same bytes to a topic that is no telemetry of the city: connection and journal only.
        var mqtt = new LoadSettings { Port = 0, Publishers = 1000, Rate = bench.Quick ? 500 : 2000, Readings = Readings, Subscribers = 0, Seconds = Math.Max(5, bench.Seconds), Topic = "other/site{s}/dev{i}/telemetry" };
        var line = mqtt with { Topic = "cityedge/v1/site{s}/dev{i}/telemetry" };
        var runs = new List<(string Name, Figures Of)>();
        for (var round = 1; round <= bench.Runs; round++)
        {
            await using var plain = await bench.StartHubAsync();
            await using var ruled = await bench.StartHubAsync("--rules", rules);
            foreach (var (hub, settings, name) in new[] { (plain, mqtt, "MQTT and journal only"), (plain, line, "no rules"), (ruled, line, $"{LineRules.Count} rules") })
            {
                // Registers points and compiles.
                await MeasureAsync(bench, hub, settings with { Seconds = 3 }, null);
                var figures = await MeasureAsync(bench, hub, settings, name);
                runs.Add((name, figures));
                BenchContext.Progress($"line, {name}, round {round}: {figures.PerMillion(figures.Total):0.0} CPU-s per million readings");
            }
        }
        var stages = runs.SelectMany(r => r.Of.Stages.Keys).Distinct(StringComparer.Ordinal).ToList();
        bench.Report.Table($"line: 1000 devices, {Readings} readings a message, {line.Rate * Readings} readings/s, CPU-s per million readings, median (least-most) of {bench.Runs}",
            ["what runs", "readings/s", "accepted of sent", "total", .. stages, "log flusher thread", "the rest", "ack p99 ms", "behind at the end, drained in s", "B alloc/reading", "other cores"],
            runs.GroupBy(r => r.Name).Select(g => (IReadOnlyList<string>)
            [
                g.Key, BenchReport.Spread(g.Select(r => r.Of.Load.Rate * Readings)), $"{g.Sum(r => r.Of.Accepted)} of {g.Sum(r => r.Of.Sent)}", Of(g, f => f.Total),
                .. stages.Select(s => Of(g, f => f.Stages.GetValueOrDefault(s))), Of(g, f => f.Flusher), Of(g, f => f.Total - f.Stages.Values.Sum() - f.Flusher),
                BenchReport.Spread(g.Select(r => r.Of.Load.Ack.P99)), BenchReport.Spread(g.Select(r => r.Of.Drained)), BenchReport.Spread(g.Select(r => r.Of.Allocated / r.Of.Sent)), BenchReport.Spread(g.Select(r => r.Of.Load.OtherCores)),
            ]));
        var whole = runs.Where(r => r.Name != "MQTT and journal only").ToList();
        bench.Report.Judge("line: readings that did not come through", "0", $"{whole.Sum(r => r.Of.Sent - r.Of.Accepted)}", whole.All(r => r.Of.Sent == r.Of.Accepted));

        static string Of(IEnumerable<(string Name, Figures Of)> group, Func<Figures, double> value) => BenchReport.Spread(group.Select(r => r.Of.PerMillion(value(r.Of))));
    }

    private static async Task<Figures> MeasureAsync(BenchContext bench, HubServer hub, LoadSettings settings, string? name)
    {
        bench.Cancelled.ThrowIfCancellationRequested();
        settings = settings with { Port = hub.Port, Watch = hub.Pid };
        await hub.SettleAsync();
        await using var generator = await GeneratorProcess.StartAsync(settings);
        var (before, cpu, flusher) = (await hub.MetricsAsync(), ProcFiles.CpuSeconds(hub.Pid), ProcFiles.ThreadSeconds(hub.Pid, "log flusher"));
        var load = await generator.GoAsync();
        var ended = System.Diagnostics.Stopwatch.GetTimestamp();
        await hub.SettleAsync();
        var drained = System.Diagnostics.Stopwatch.GetElapsedTime(ended).TotalSeconds;
        var (total, flushed, after) = (ProcFiles.CpuSeconds(hub.Pid) - cpu, ProcFiles.ThreadSeconds(hub.Pid, "log flusher") - flusher, await hub.MetricsAsync());
        double Grown(string metric) => after.GetValueOrDefault(metric) - before.GetValueOrDefault(metric);
        const string Stage = "cityedge_stage_cpu_seconds_total{stage=\"";
        var figures = new Figures(load, load.Sent * Readings, (long)Grown("cityedge_ingest_readings_total"), total, flushed, drained)
        {
            Stages = after.Keys.Where(k => k.StartsWith(Stage, StringComparison.Ordinal)).ToDictionary(k => k[Stage.Length..^2].Replace('_', ' '), Grown, StringComparer.Ordinal),
            Allocated = after.Where(m => m.Key.StartsWith("dotnet_gc_heap_total_allocated", StringComparison.Ordinal)).Sum(m => Grown(m.Key)),
        };
        if (name is not null) bench.Report.Raw(new { name, figures });
        return figures;
    }

    private sealed record Figures(LoadResult Load, long Sent, long Accepted, double Total, double Flusher, double Drained)
    {
        public required IReadOnlyDictionary<string, double> Stages { get; init; }

        public required double Allocated { get; init; }

        public double PerMillion(double seconds) => seconds / Sent * 1e6;
    }
}
