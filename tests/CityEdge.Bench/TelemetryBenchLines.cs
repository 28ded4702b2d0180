using CityEdge.Hub.Telemetry;

namespace CityEdge.Bench;

/// <summary>Line protocol for InfluxDB: encoding and compression.</summary>
internal static class TelemetryBenchLines
{
    public static void Run(TextWriter output)
    {
        var encoder = new LineEncoder(TelemetryBench.Batch, int.MaxValue);
        var batch = new InfluxBatch();
        var batches = TelemetryBench.Rows(TelemetryBench.Points(10_000), TelemetryBench.Batch * 20, 60_000, TelemetryBench.Value, 100).Select(r => r.ToList()).ToList();
        long number = 0;
        void Fill(IReadOnlyList<TelemetryRow> rows)
        {
            batch.Begin(number++, 0);
            encoder.Fill(batch, rows, 0);
        }
        for (var i = 0; i < 10; i++) batches.ForEach(Fill);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var cpu = TelemetryBench.Cpu(() =>
        {
            for (var i = 0; i < 20; i++) batches.ForEach(Fill);
        });
        var points = 20.0 * TelemetryBench.Batch * 20;
        TelemetryBench.Print(output, $"influx: encoding lines {cpu / points * 1e6:0.00} CPU-s per M points, {(GC.GetAllocatedBytesForCurrentThread() - before) / points:0.000} B allocated per point, {batch.Length / (double)TelemetryBench.Batch:0} B/line");
        using var packed = new MemoryStream();
        var gzip = TelemetryBench.Cpu(() =>
        {
            for (var i = 0; i < 20; i++)
            {
                packed.SetLength(0);
                using var stream = new System.IO.Compression.GZipStream(packed, System.IO.Compression.CompressionLevel.Fastest, leaveOpen: true);
                stream.Write(batch.Bytes, 0, batch.Length);
            }
        });
        TelemetryBench.Print(output, $"influx: gzip Fastest adds {gzip / (20.0 * TelemetryBench.Batch) * 1e6:0.00} CPU-s per M points, {packed.Length / (double)TelemetryBench.Batch:0.0} B/line");
    }

}
