using System.Diagnostics;
using System.Globalization;
using CityEdge.Contracts;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Bench;

/// <summary>Cost of the telemetry stores: CPU seconds per million points (steadier than wall time on a shared machine), bytes a point, query times.</summary>
public static class TelemetryBench
{
    internal const long Start = 1_760_054_400_000;
    internal const int Batch = 5_000;

    /// <summary>Runs the parts that are named, or all.</summary>
    public static async Task<int> RunAsync(string[] parts, TextWriter output)
    {
        var all = new (string Name, Func<TextWriter, Task> Run)[]
        {
            ("memory", TelemetryBenchIngest.MemoryAsync), ("ingest", TelemetryBenchIngest.RunAsync), ("recordings", TelemetryBenchRecordings.RunAsync),
            ("queries", TelemetryBenchQueries.RunAsync), ("rows", TelemetryBenchRows.RunAsync), ("lines", o => Task.Run(() => TelemetryBenchLines.Run(o))),
        };
        if (parts.Any(p => all.All(a => a.Name != p)))
        {
            await Console.Error.WriteLineAsync($"telemetry: the parts are {string.Join(", ", all.Select(a => a.Name))}.");
            return 2;
        }
        foreach (var (name, run) in all)
        {
            if (parts.Length == 0 || parts.Contains(name)) await run(output);
        }
        return 0;
    }

    internal static PointId[] Points(int count) => [.. Enumerable.Range(0, count).Select(i => new PointId($"site-{i / 500:00}", $"device-{i / 5:0000}", $"point.{i % 5}"))];

    /// <summary>A slow wave with noise of 0.1, two decimals.</summary>
    internal static double Value(int series, int step) => Math.Round(2000 + (500 * Math.Sin((step + series) / 30.0)) + (((series * 7919) + (step * 104729)) % 11)) / 100;

    /// <summary>The same wave without rounding: no decimals.</summary>
    internal static double Unrounded(int series, int step) => 20 + (5 * Math.Sin((step + series) / 30.0)) + ((((series * 7919L) + (step * 104729L)) % 1009) / 1009.0);

    /// <summary>Rows in order of arrival: every series at every step.</summary>
    internal static IEnumerable<List<TelemetryRow>> Rows(PointId[] ids, int points, long every, Func<int, int, double> value, int jitter, int lateEvery = 0)
    {
        var random = new Random(1);
        var rows = new List<TelemetryRow>(Batch);
        for (var i = 0; i < points; i++)
        {
            var (s, step) = (i % ids.Length, i / ids.Length);
            var time = Start + (step * every) + (jitter > 0 ? random.Next(2 * jitter) : 0);
            if (lateEvery > 0 && random.Next(lateEvery) == 0) time -= 150 * every;
            rows.Add(new TelemetryRow(ids[s], PointKind.Temperature, time, ReadingValue.FromNumber(value(s, step)), Quality.Good));
            if (rows.Count < Batch) continue;
            yield return rows;
            rows.Clear();
        }
        if (rows.Count > 0) yield return rows;
    }

    internal static double Cpu(Action work)
    {
        var start = Process.GetCurrentProcess().TotalProcessorTime;
        work();
        return (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
    }

    internal static async Task<double> CpuAsync(Func<Task> work)
    {
        var start = Process.GetCurrentProcess().TotalProcessorTime;
        await work();
        return (Process.GetCurrentProcess().TotalProcessorTime - start).TotalSeconds;
    }

    /// <summary>Bytes this process gave to the file system, where the system tells.</summary>
    internal static long Written()
    {
        const string Path = "/proc/self/io";
        if (!File.Exists(Path)) return 0;
        var line = File.ReadLines(Path).FirstOrDefault(l => l.StartsWith("write_bytes:", StringComparison.Ordinal));
        return line is null ? 0 : long.Parse(line.AsSpan(12), CultureInfo.InvariantCulture);
    }

    internal static long Bytes(string folder) => Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Sum(f => new FileInfo(f).Length);

    internal static async Task InFolderAsync(Func<string, Task> work)
    {
        var folder = Directory.CreateTempSubdirectory("cityedge-bench-telemetry-").FullName;
        try
        {
            await work(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    internal static void Print(TextWriter output, FormattableString text) => output.WriteLine(text.ToString(CultureInfo.InvariantCulture));
}
