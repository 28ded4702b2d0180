using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Telemetry.Tests;

namespace CityEdge.Bench;

/// <summary>Bytes a point of real recordings, times included: as chunks, and in the files of one store that holds them all.</summary>
internal static class TelemetryBenchRecordings
{
    public static async Task RunAsync(TextWriter output)
    {
        var folder = Find();
        if (folder is null)
        {
            await output.WriteLineAsync("recordings: there is no ../shared/data beside the repository and CITYEDGE_SHARED names no other place; left out.");
            return;
        }
        var columns = Recordings.Read(folder).ToList();
        var encoder = new ChunkEncoder();
        await output.WriteLineAsync("recording, decimals: series, points, B/point in chunks of 120 rows, worst series");
        foreach (var group in columns.GroupBy(c => (c.Set, Few: c.Decimals <= 3)).OrderBy(g => g.Key.Few ? 0 : 1))
        {
            var sizes = group.Select(c => (Column: c, Bytes: Bytes(encoder, c))).ToList();
            var (points, worst) = (group.Sum(c => (long)c.Rows.Count), sizes.MaxBy(s => s.Bytes / (double)s.Column.Rows.Count));
            TelemetryBench.Print(output, $"  {group.Key.Set}, {(group.Key.Few ? "up to 3" : "more")}: {sizes.Count} series, {points} points, {sizes.Sum(s => s.Bytes) / (double)points:0.00} B/point, worst {worst.Bytes / (double)worst.Column.Rows.Count:0.00} ({worst.Column.Name})");
        }
        foreach (var few in (bool[])[true, false])
        {
            var some = columns.FindAll(c => c.Decimals <= 3 == few);
            var points = some.Sum(c => (double)c.Rows.Count);
            TelemetryBench.Print(output, $"  all {(few ? "up to 3 decimals" : "others")}: {some.Sum(c => Bytes(encoder, c)) / points:0.00} B/point in chunks");
            await TelemetryBench.InFolderAsync(async f =>
            {
                var fresh = await StoreAsync(f, some);
                TelemetryBench.Print(output, $"    in the files of one store of {some.Count} series, {points} points: {fresh / points:0.00} B/point, catalog included; after closing the days {Size(f, "days") / points:0.00} in day files, {Size(f, "hours") / points:0.00} in the roll-up");
            });
        }
    }

    private static double Size(string folder, string part) => TelemetryBench.Bytes(Path.Combine(folder, part));

    private static async Task<double> StoreAsync(string folder, List<Recordings.Column> columns)
    {
        long size;
        await using (var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System))
        {
            long position = 0;
            for (var i = 0; i < columns.Count; i++)
            {
                var id = new PointId("bench", $"d{i}", "value");
                foreach (var rows in columns[i].Rows.Chunk(5000)) await store.WriteAsync([.. rows.Select(r => new TelemetryRow(id, PointKind.Value, r.TimeMs, ReadingValue.FromNumber(r.Number), Quality.Good))], ++position, CancellationToken.None);
            }
        }
        size = TelemetryBench.Bytes(folder);
        await using (var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System)) await store.MaintainAsync(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds(), CancellationToken.None);
        return size;
    }

    private static long Bytes(ChunkEncoder encoder, Recordings.Column column)
    {
        long bytes = 0;
        foreach (var rows in column.Rows.Chunk(120)) bytes += encoder.Encode([.. rows.Select(r => new StoredReading(r.TimeMs, ReadingValue.FromNumber(r.Number), Quality.Good))]).Length;
        return bytes;
    }

    private static string? Find()
    {
        var named = Environment.GetEnvironmentVariable("CITYEDGE_SHARED");
        if (named is not null) return Directory.Exists(Path.Combine(named, "data")) ? Path.Combine(named, "data") : null;
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (!File.Exists(Path.Combine(folder.FullName, "CityEdge.sln"))) continue;
            var data = Path.Combine(folder.FullName, "..", "shared", "data");
            return Directory.Exists(data) ? data : null;
        }
        return null;
    }
}
