using System.Diagnostics;
using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Bench;

/// <summary>Queries on 1000 series of 30 days, a row every 5 minutes.</summary>
internal static class TelemetryBenchQueries
{
    public const int Points = 1000;
    public const int Steps = 8640;
    public const long Every = 300_000;
    public const long End = TelemetryBench.Start + (Steps * Every);

    public static Task RunAsync(TextWriter output) => TelemetryBench.InFolderAsync(async folder =>
    {
        var ids = TelemetryBench.Points(Points);
        await using var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System);
        ITelemetryStore queries = store;
        long position = 0;
        var load = await TelemetryBench.CpuAsync(async () =>
        {
            foreach (var rows in TelemetryBench.Rows(ids, Points * Steps, Every, TelemetryBench.Value, 200)) await store.WriteAsync(rows, position += rows.Count, CancellationToken.None);
            await store.FlushAsync(CancellationToken.None);
        });
        TelemetryBench.Print(output, $"embedded: 1000 series x 30 d x 5 min loaded with {load / Points / Steps * 1e6:0.00} CPU-s per M points (generator included), {TelemetryBench.Bytes(folder) / (double)(Points * Steps):0.00} B/point");
        var points = ids.Select(i => new TelemetryPoint(i, PointKind.Temperature)).ToList();
        await SingleAsync(output, store, ids, "open days");
        await HourlyAsync(output, queries, points, "out of the readings");
        var close = await TelemetryBench.CpuAsync(async () => await store.MaintainAsync(End + (64L * 86_400_000), CancellationToken.None));
        TelemetryBench.Print(output, $"embedded: closing 30 days: {close / Points / Steps * 1e6:0.00} CPU-s per M points; day files {TelemetryBench.Bytes(Path.Combine(folder, "days")) / (double)(Points * Steps):0.00} B/point, roll-up {TelemetryBench.Bytes(Path.Combine(folder, "hours")) / (double)(Points * Steps):0.00} B/point");
        await SingleAsync(output, store, ids, "packed days");
        await HourlyAsync(output, queries, points, "out of the roll-up");
        var last = Stopwatch.StartNew();
        var found = await queries.LastManyAsync(points, CancellationToken.None);
        TelemetryBench.Print(output, $"embedded: last value of {found.Count(f => f is not null)} points in one call: {last.Elapsed.TotalMilliseconds:0.0} ms");
        var (read, all) = (0L, Stopwatch.StartNew());
        var cpu = await TelemetryBench.CpuAsync(async () =>
        {
            await foreach (var part in queries.ReadManyAsync(points, TelemetryBench.Start, End, int.MaxValue, CancellationToken.None)) read += part.Readings.Count;
        });
        TelemetryBench.Print(output, $"embedded: reading all {read} rows of 1000 points in one call: {all.Elapsed.TotalSeconds:0.00} s, {cpu / read * 1e6:0.00} CPU-s per M points");
    });

    private static async Task SingleAsync(TextWriter output, EmbeddedTelemetryStore store, PointId[] ids, string what)
    {
        var times = new List<double>();
        for (var i = 0; i < 400; i++)
        {
            var clock = Stopwatch.StartNew();
            var rows = await store.ReadAsync(ids[i], PointKind.Temperature, End - 86_400_000, End, 1000, CancellationToken.None);
            times.Add(clock.Elapsed.TotalMilliseconds);
            if (rows.Count is < 287 or > 289) throw new InvalidOperationException($"{rows.Count} rows in 24 h");
        }
        times.Sort();
        TelemetryBench.Print(output, $"embedded: last 24 h of one series, {what}: p50 {times[200]:0.000} ms, p99 {times[396]:0.000} ms");
    }

    private static async Task HourlyAsync(TextWriter output, ITelemetryStore store, List<TelemetryPoint> points, string what)
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
        var best = (Wall: double.MaxValue, Cpu: double.MaxValue);
        for (var run = 0; run < 3; run++)
        {
            var (clock, buckets) = (Stopwatch.StartNew(), 0);
            var cpu = await TelemetryBench.CpuAsync(async () =>
            {
                await foreach (var part in store.AggregateManyAsync(points, TelemetryBench.Start, End, TimeSpan.FromHours(1), AggregateFunction.Mean, zone, CancellationToken.None)) buckets += part.Readings.Count;
            });
            if (buckets != Points * 720) throw new InvalidOperationException($"{buckets} buckets");
            best = (Math.Min(best.Wall, clock.Elapsed.TotalSeconds), Math.Min(best.Cpu, cpu));
        }
        TelemetryBench.Print(output, $"embedded: hourly mean of 1000 series x 30 days (8.64 M points) {what}: best of 3 {best.Wall:0.00} s, {best.Cpu:0.00} CPU-s");
    }
}
