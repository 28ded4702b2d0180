using System.Diagnostics;
using System.Globalization;
using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Bench;

/// <summary>Cost of the telemetry stores: CPU seconds per million points (steadier than wall time on a shared machine), bytes a point, query times.</summary>
public static class TelemetryBench
{
    private const int Series = 10_000;
    private const int Batch = 5_000;

    public static void Run(TextWriter output)
    {
        RunAsync(output).GetAwaiter().GetResult();
    }

    private static async Task RunAsync(TextWriter output)
    {
        await IngestAsync(output, "embedded: 10 000 series in arrival order, 2 decimals, 60 s +- 200 ms", 3_000_000, Value, jitter: 200);
        await IngestAsync(output, "embedded: the same, exactly every 60 s", 3_000_000, Value, jitter: 0);
        await IngestAsync(output, "embedded: the same with one row in 20 late by 150 steps, folded in", 3_000_000, Value, jitter: 200, lateEvery: 20);
        await QueriesAsync(output);
        Encoding(output);
    }

    private static double Value(int series, int step) => Math.Round(2000 + (500 * Math.Sin((step + series) / 30.0)) + ((series * 7919 + step * 104729) % 11)) / 100;

    private static IEnumerable<List<TelemetryRow>> Rows(int points, int series, long every, Func<int, int, double> value, int jitter, int lateEvery)
    {
        var ids = Enumerable.Range(0, series).Select(i => new PointId($"site-{i / 500:00}", $"device-{i / 5:0000}", $"point.{i % 5}")).ToArray();
        var random = new Random(1);
        var rows = new List<TelemetryRow>(Batch);
        for (var i = 0; i < points; i++)
        {
            var (s, step) = (i % series, i / series);
            var time = 1_760_000_000_000 + (step * every) + (jitter > 0 ? random.Next(jitter) : 0);
            if (lateEvery > 0 && random.Next(lateEvery) == 0) time -= 150 * every;
            rows.Add(new TelemetryRow(ids[s], PointKind.Temperature, time, ReadingValue.FromNumber(value(s, step)), Quality.Good));
            if (rows.Count < Batch) continue;
            yield return rows;
            rows.Clear();
        }
    }

    private static async Task IngestAsync(TextWriter output, string title, int points, Func<int, int, double> value, int jitter, int lateEvery = 0)
    {
        var folder = Directory.CreateTempSubdirectory("cityedge-bench-telemetry-").FullName;
        try
        {
            var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System);
            var generator = Cpu(() =>
            {
                foreach (var _ in Rows(points, Series, 60_000, value, jitter, lateEvery)) { }
            });
            var (cpu, written, clock) = (Process.GetCurrentProcess().TotalProcessorTime, Written(), Stopwatch.StartNew());
            long position = 0;
            foreach (var rows in Rows(points, Series, 60_000, value, jitter, lateEvery)) await store.WriteAsync(rows, position += rows.Count, CancellationToken.None);
            await store.FlushAsync(CancellationToken.None);
            if (lateEvery > 0) await store.MaintainAsync(0, CancellationToken.None);
            var spent = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds - generator;
            var wall = clock.Elapsed.TotalSeconds;
            await store.DisposeAsync();
            var file = new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Length);
            Print(output, $"{title}: {spent / points * 1e6:0.00} CPU-s per M points (without generator), {points / wall / 1000:0} k points/s, {(double)file / points:0.00} B/point on disk, {(Written() - written) / (double)points:0.0} B/point written");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task QueriesAsync(TextWriter output)
    {
        const int Points = 1000;
        var folder = Directory.CreateTempSubdirectory("cityedge-bench-telemetry-").FullName;
        try
        {
            await using var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System);
            var total = Points * 8640;
            long position = 0;
            var load = await CpuAsync(async () =>
            {
                foreach (var rows in Rows(total, Points, 300_000, Value, 200, 0)) await store.WriteAsync(rows, position += rows.Count, CancellationToken.None);
                await store.FlushAsync(CancellationToken.None);
            });
            Print(output, $"embedded: 1000 series x 30 d x 5 min loaded with {load / total * 1e6:0.00} CPU-s per M points (generator included), {new DirectoryInfo(folder).EnumerateFiles().Sum(f => f.Length) / (double)total:0.00} B/point");
            var zone = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");
            var (from, end) = (1_760_000_000_000, 1_760_000_000_000 + (8640 * 300_000L));
            PointId Id(int i) => new($"site-{i / 500:00}", $"device-{i / 5:0000}", $"point.{i % 5}");
            var single = new List<double>();
            for (var i = 0; i < 200; i++)
            {
                var clock = Stopwatch.StartNew();
                await store.ReadAsync(Id(i), PointKind.Temperature, end - 86_400_000, end, 1000, CancellationToken.None);
                single.Add(clock.Elapsed.TotalMilliseconds);
            }
            single.Sort();
            Print(output, $"embedded: last 24 h of one series: p50 {single[100]:0.00} ms, p99 {single[198]:0.00} ms");
            var all = Stopwatch.StartNew();
            var cpu = await CpuAsync(async () =>
            {
                for (var i = 0; i < Points; i++) await store.AggregateAsync(Id(i), PointKind.Temperature, from, end, TimeSpan.FromHours(1), AggregateFunction.Mean, zone, CancellationToken.None);
            });
            Print(output, $"embedded: hourly mean of 1000 series x 30 days (8.64 M points): {all.Elapsed.TotalSeconds:0.00} s, {cpu:0.00} CPU-s");
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static void Encoding(TextWriter output)
    {
        var encoder = new LineEncoder(Batch, int.MaxValue);
        var batch = new InfluxBatch();
        var batches = Rows(Batch * 20, Series, 60_000, Value, 200, 0).Select(r => r.ToList()).ToList();
        long number = 0;
        void Fill(IReadOnlyList<TelemetryRow> rows)
        {
            batch.Begin(number++, 0);
            encoder.Fill(batch, rows, 0);
        }
        for (var i = 0; i < 10; i++) batches.ForEach(Fill);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var cpu = Cpu(() =>
        {
            for (var i = 0; i < 20; i++) batches.ForEach(Fill);
        });
        var points = 20.0 * Batch * 20;
        Print(output, $"influx: encoding lines {cpu / points * 1e6:0.00} CPU-s per M points, {(GC.GetAllocatedBytesForCurrentThread() - before) / points:0.000} B allocated per point, {batch.Length / (double)Batch:0} B/line");
        using var packed = new MemoryStream();
        var gzip = Cpu(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                packed.SetLength(0);
                using var stream = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true);
                stream.Write(batch.Bytes, 0, batch.Length);
            }
        });
        Print(output, $"influx: gzip Fastest adds {gzip / (20.0 * Batch) * 1e6:0.00} CPU-s per M points, {packed.Length / (double)Batch:0.0} B/line");
    }

    private static double Cpu(Action work)
    {
        var start = Process.GetCurrentProcess().TotalProcessorTime;
        work();
        return (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
    }

    private static async Task<double> CpuAsync(Func<Task> work)
    {
        var start = Process.GetCurrentProcess().TotalProcessorTime;
        await work();
        return (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
    }

    /// <summary>Bytes this process gave to the file system, where the system tells.</summary>
    private static long Written()
    {
        const string Path = "/proc/self/io";
        if (!File.Exists(Path)) return 0;
        var line = File.ReadLines(Path).FirstOrDefault(l => l.StartsWith("write_bytes:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(12), CultureInfo.InvariantCulture);
    }

    private static void Print(TextWriter output, FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
