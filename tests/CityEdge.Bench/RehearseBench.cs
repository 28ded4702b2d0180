using System.Diagnostics;
using System.Globalization;
using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Rehearsing;
using CityEdge.Hub.Telemetry;
using CityEdge.Rules;

namespace CityEdge.Bench;

/// <summary>
/// A rule rehearsed over the embedded store: 1000 points, a year, a reading every 5 min (105 M), at most 90 s; a year of one point, at most 0.5 s. The first time fills the store in the folder, later runs
/// use it. A day's wave with noise; each point is cold for 12 h every 60 days, and silent for 2 h once a month.
/// </summary>
public static class RehearseBench
{
    private const long Every = 300_000;
    private const int StepsADay = 288;

    private const string Rule = """
        id: heat-room-cold
        title: { zh: 室温不达标, en: Room too cold }
        signal: temperature
        raise:
          - { severity: P3, when: "value < 18", for: 2h }
          - { severity: P2, when: "value < 16", for: 1h }
        clear: { when: "value >= 18.5", for: 1h }
        no_data: { after: 30m, severity: P4 }
        max_gap: 30m
        group_by: building
        ticket: { category: heating.room, wait: 5m, self_clear: 1h }
        """;

    /// <summary>Runs it; points and days may be fewer.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output)
    {
        var (folder, points, days) = (arguments.ElementAtOrDefault(0), 1000, 365);
        if (folder is null || (arguments.Length > 1 && !int.TryParse(arguments[1], out points)) || (arguments.Length > 2 && !int.TryParse(arguments[2], out days)))
        {
            await Console.Error.WriteLineAsync("rehearse DIR [POINTS=1000] [DAYS=365]: DIR keeps the filled store (400 MB) for the next run.");
            return 2;
        }
        var ids = TelemetryBench.Points(points);
        var fresh = !Directory.Exists(folder);
        await using var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System);
        if (fresh) await FillAsync(store, ids, days, folder, output);
        var registry = new HubRegistry();
        for (var i = 0; i < points; i++)
        {
            var building = $"b{i / 10}";
            registry.Put(new Asset(building, "building", building, null, null, null, new Dictionary<string, string>(), new Dictionary<string, AttributeValue>()));
            registry.Put(new PointEntry(ids[i], PointKind.Temperature, "Cel", ReadingType.Number) { Asset = building });
        }
        var rule = RuleParser.Parse(Rule, "heat-room-cold").Rule!;
        var (from, to) = (TelemetryBench.Start, TelemetryBench.Start + (days * StepsADay * Every));
        var one = rule with { Where = new Dictionary<string, IReadOnlyList<string>> { ["site"] = [ids[0].Site], ["device"] = [ids[0].Device], ["point"] = [ids[0].Name] } };
        for (var run = 1; run <= 3; run++) await MeasureAsync(store, registry, new RehearsalPlan(one, null, from, to), $"one point, run {run}", output);
        await MeasureAsync(store, registry, new RehearsalPlan(rule, null, from, to), $"{points} points", output);
        return 0;
    }

    private static async Task FillAsync(EmbeddedTelemetryStore store, PointId[] ids, int days, string folder, TextWriter output)
    {
        var clock = Stopwatch.StartNew();
        var rows = new List<TelemetryRow>(TelemetryBench.Batch);
        long position = 0;
        for (var step = 0; step < days * StepsADay; step++)
        {
            for (var i = 0; i < ids.Length; i++)
            {
                if ((step + (i * 7)) % (30 * StepsADay) < 24) continue;
                rows.Add(new TelemetryRow(ids[i], PointKind.Temperature, TelemetryBench.Start + (step * Every), ReadingValue.FromNumber(Value(i, step)), Quality.Good));
                if (rows.Count == TelemetryBench.Batch) await WriteAsync();
            }
        }
        await WriteAsync();
        await store.FlushAsync(CancellationToken.None);
        await store.MaintainAsync(TelemetryBench.Start + ((days + 2) * StepsADay * Every), CancellationToken.None);
        TelemetryBench.Print(output, $"filled: {position} readings in {clock.Elapsed.TotalSeconds:0} s, {TelemetryBench.Bytes(folder) >> 20} MiB");

        async Task WriteAsync()
        {
            await store.WriteAsync(rows, position += rows.Count, CancellationToken.None);
            rows.Clear();
        }
    }

    private static double Value(int point, int step)
    {
        var cold = (step + (point * 97)) % (60 * StepsADay) < StepsADay / 2 ? 4 : 0;
        return Math.Round(2050 + (150 * Math.Sin(step * Math.Tau / StepsADay)) - (cold * 100) + (((point * 7919L) + (step * 104729L)) % 11)) / 100;
    }

    private static async Task MeasureAsync(ITelemetryStore store, HubRegistry registry, RehearsalPlan plan, string what, TextWriter output)
    {
        var (clock, cpu, allocated) = (Stopwatch.StartNew(), Process.GetCurrentProcess().TotalProcessorTime, GC.GetTotalAllocatedBytes());
        var rehearsal = new Rehearsal(store, registry, TimeZoneInfo.Utc);
        var work = rehearsal.RunAsync(plan, CancellationToken.None);
        var scanned = TimeSpan.Zero;
        while (await Task.WhenAny(work, Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System)) != work)
        {
            if (rehearsal.Progress.Step == "readings") scanned = clock.Elapsed;
        }
        var report = await work;
        var process = Process.GetCurrentProcess();
        TelemetryBench.Print(output, $"{what}: {report.Readings} readings, {report.Alarms} alarms, {report.Tickets} tickets in {clock.Elapsed.TotalSeconds:0.00} s ({scanned.TotalSeconds:0.00} s of them readings), {(process.TotalProcessorTime - cpu).TotalSeconds:0.00} CPU-s, {(GC.GetTotalAllocatedBytes() - allocated) / (double)report.Readings:0.0} B allocated a reading, {process.PeakWorkingSet64 >> 20} MiB at most");
    }
}
