using System.Diagnostics;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Bench;

/// <summary>From rows in order of arrival to sealed chunks on disk: CPU, bytes kept and bytes written, memory.</summary>
internal static class TelemetryBenchIngest
{
    private const int Series = 10_000;

    public static async Task RunAsync(TextWriter output)
    {
        await IngestAsync(output, "2 decimals, every 60 s +- 200 ms", 6_000_000, TelemetryBench.Value, jitter: 200);
        await IngestAsync(output, "2 decimals, exactly every 60 s", 6_000_000, TelemetryBench.Value, jitter: 0);
        await IngestAsync(output, "no decimals, every 60 s +- 200 ms", 6_000_000, TelemetryBench.Unrounded, jitter: 200);
        await IngestAsync(output, "2 decimals, one row in 20 late by 150 steps, folded in", 3_000_000, TelemetryBench.Value, jitter: 200, lateEvery: 20);
    }

    /// <summary>100 000 series, one row each a minute.</summary>
    public static Task MemoryAsync(TextWriter output) => TelemetryBench.InFolderAsync(async folder =>
    {
        const int Many = 100_000;
        var ids = TelemetryBench.Points(Many);
        GC.Collect();
        var before = Process.GetCurrentProcess().WorkingSet64;
        await using var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System);
        long position = 0;
        var cpu = await TelemetryBench.CpuAsync(async () =>
        {
            foreach (var rows in TelemetryBench.Rows(ids, 150 * Many, 60_000, TelemetryBench.Value, 200)) await store.WriteAsync(rows, position += rows.Count, CancellationToken.None);
            await store.FlushAsync(CancellationToken.None);
        });
        var process = Process.GetCurrentProcess();
        TelemetryBench.Print(output, $"embedded: 100 000 series x 150 rows: memory {process.WorkingSet64 / 1048576.0:0} MiB (peak {process.PeakWorkingSet64 / 1048576.0:0}), {before / 1048576.0:0} before the store; {cpu / 150 / Many * 1e6:0.00} CPU-s per M points, generator included");
    });

    private static Task IngestAsync(TextWriter output, string title, int points, Func<int, int, double> value, int jitter, int lateEvery = 0) => TelemetryBench.InFolderAsync(async folder =>
    {
        var ids = TelemetryBench.Points(Series);
        var store = EmbeddedTelemetryStore.Open(folder, new EmbeddedStoreOptions(), TimeProvider.System);
        long position = 0;
        // Warm, and every head is there: what follows is the steady state.
        var generator = TelemetryBench.Cpu(() =>
        {
            foreach (var _ in TelemetryBench.Rows(ids, points, 60_000, value, jitter, lateEvery)) { }
        });
        var (cpu, written, clock) = (Process.GetCurrentProcess().TotalProcessorTime, TelemetryBench.Written(), Stopwatch.StartNew());
        var allocated = 0L;
        var fed = 0;
        foreach (var rows in TelemetryBench.Rows(ids, points, 60_000, value, jitter, lateEvery))
        {
            if (fed == points / 2) allocated = GC.GetTotalAllocatedBytes();
            await store.WriteAsync(rows, position += rows.Count, CancellationToken.None);
            fed += rows.Count;
        }
        allocated = GC.GetTotalAllocatedBytes() - allocated;
        await store.FlushAsync(CancellationToken.None);
        if (lateEvery > 0) await store.MaintainAsync(TelemetryBench.Start, CancellationToken.None);
        var spent = (Process.GetCurrentProcess().TotalProcessorTime - cpu).TotalSeconds - generator;
        var wall = clock.Elapsed.TotalSeconds;
        var wrote = TelemetryBench.Written() - written;
        var open = TelemetryBench.Bytes(Path.Combine(folder, "days"));
        var packing = await TelemetryBench.CpuAsync(async () => await store.MaintainAsync(TelemetryBench.Start + (100L * 86_400_000), CancellationToken.None));
        await store.DisposeAsync();
        var days = TelemetryBench.Bytes(Path.Combine(folder, "days"));
        TelemetryBench.Print(output, $"embedded: 10 000 series, {title}: {spent / points * 1e6:0.00} CPU-s per M points (generator's {generator / points * 1e6:0.00} taken off), {points / wall / 1000:0} k points/s of wall time, {wrote / (double)points:0.0} B/point written, {allocated / (points / 2.0):0.0} B/point allocated;");
        TelemetryBench.Print(output, $"  closing the day (roll-up, packing): {packing / points * 1e6:0.00} CPU-s per M points more; day file {days / (double)points:0.00} B/point ({open / (double)points:0.00} before, its log included), roll-up {TelemetryBench.Bytes(Path.Combine(folder, "hours")) / (double)points:0.00} B/point");
    });
}
