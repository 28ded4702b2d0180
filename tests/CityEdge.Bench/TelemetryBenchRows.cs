using System.Diagnostics;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Bench;

/// <summary>The obvious store beside it: one SQLite row a sample, keyed by series or by time; prepared statements, 5000 rows a transaction, WAL, flushed.</summary>
internal static class TelemetryBenchRows
{
    private const int Series = 10_000;

    public static async Task RunAsync(TextWriter output)
    {
        foreach (var key in (string[])["series_id, ts", "ts, series_id"])
        {
            await TelemetryBench.InFolderAsync(f => IngestAsync(output, f, key));
            await TelemetryBench.InFolderAsync(f => QueriesAsync(output, f, key));
        }
    }

    private static SqlFile Open(string folder, string key)
    {
        var file = new SqlFile(Path.Combine(folder, "rows.db"), readOnly: false, cacheKilobytes: 65536);
        file.Execute($"CREATE TABLE sample (series_id INTEGER NOT NULL, ts INTEGER NOT NULL, value REAL NOT NULL, quality INTEGER NOT NULL, PRIMARY KEY ({key})) WITHOUT ROWID");
        return file;
    }

    private static void Insert(SqlFile file, IEnumerable<(long Series, long TimeMs, double Value)> rows) => file.InTransaction(() =>
    {
        var insert = file["INSERT OR REPLACE INTO sample VALUES (?, ?, ?, 0)"];
        foreach (var (series, time, value) in rows) insert.Bind(1, series).Bind(2, time).Bind(3, value).Run();
    });

    private static Task IngestAsync(TextWriter output, string folder, string key)
    {
        const int Count = 1_000_000;
        using var file = Open(folder, key);
        var random = new Random(1);
        var (written, clock) = (TelemetryBench.Written(), Stopwatch.StartNew());
        var cpu = TelemetryBench.Cpu(() =>
        {
            for (var from = 0; from < Count; from += TelemetryBench.Batch)
            {
                Insert(file, Enumerable.Range(from, TelemetryBench.Batch).Select(i => ((long)(i % Series), TelemetryBench.Start + (i / Series * 60_000L) + random.Next(400), TelemetryBench.Value(i % Series, i / Series))));
            }
            file.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        });
        TelemetryBench.Print(output, $"rows ({key}): 10 000 series in arrival order: {cpu / Count * 1e6:0.00} CPU-s per M points, {Count / clock.Elapsed.TotalSeconds / 1000:0} k points/s of wall time, {TelemetryBench.Bytes(folder) / (double)Count:0.0} B/point, {(TelemetryBench.Written() - written) / (double)Count:0} B/point written");
        return Task.CompletedTask;
    }

    private static Task QueriesAsync(TextWriter output, string folder, string key)
    {
        using var file = Open(folder, key);
        var bySeries = key.StartsWith("series", StringComparison.Ordinal);
        const int Total = TelemetryBenchQueries.Points * TelemetryBenchQueries.Steps;
        // Loaded in the order of its key, which is the kindest.
        for (var from = 0; from < Total; from += 100_000)
        {
            Insert(file, Enumerable.Range(from, Math.Min(100_000, Total - from)).Select(i =>
            {
                var (series, step) = bySeries ? (i / TelemetryBenchQueries.Steps, i % TelemetryBenchQueries.Steps) : (i % TelemetryBenchQueries.Points, i / TelemetryBenchQueries.Points);
                return ((long)series, TelemetryBench.Start + (step * TelemetryBenchQueries.Every), TelemetryBench.Value(series, step));
            }));
        }
        file.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        var times = new List<double>();
        for (var i = 0; i < (bySeries ? 400 : 20); i++)
        {
            var clock = Stopwatch.StartNew();
            var day = file["SELECT ts, value, quality FROM sample WHERE series_id=? AND ts>=? AND ts<? ORDER BY ts"].Bind(1, i).Bind(2, TelemetryBenchQueries.End - 86_400_000).Bind(3, TelemetryBenchQueries.End);
            while (day.Step()) _ = day.Long(0) + day.Double(1);
            times.Add(clock.Elapsed.TotalMilliseconds);
        }
        times.Sort();
        var (all, buckets) = (Stopwatch.StartNew(), 0);
        var cpu = TelemetryBench.Cpu(() =>
        {
            var hourly = file["SELECT series_id, ts/3600000, avg(value) FROM sample WHERE ts>=? AND ts<? GROUP BY 1, 2"].Bind(1, TelemetryBench.Start).Bind(2, TelemetryBenchQueries.End);
            while (hourly.Step()) buckets++;
        });
        TelemetryBench.Print(output, $"rows ({key}): 1000 series x 30 d x 5 min: {TelemetryBench.Bytes(folder) / (double)Total:0.0} B/point; last 24 h of one series p50 {times[times.Count / 2]:0.00} ms; hourly mean of all ({buckets} buckets) {all.Elapsed.TotalSeconds:0.0} s, {cpu:0.0} CPU-s");
        return Task.CompletedTask;
    }
}
