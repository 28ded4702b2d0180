using System.Diagnostics.Metrics;

namespace CityEdge.Hub.Telemetry;

/// <summary>Instruments of the meter <c>CityEdge.Telemetry</c>; tag <c>store</c> is <c>embedded</c> or <c>influx</c>.</summary>
internal static class TelemetryMetrics
{
    private static readonly Meter Meter = new("CityEdge.Telemetry");

    public static readonly Counter<long> Rows = Meter.CreateCounter<long>(
        "cityedge_telemetry_rows_total", "{row}", "Rows that a telemetry store took from the journal, repeats included.");

    public static readonly Counter<long> Batches = Meter.CreateCounter<long>(
        "cityedge_telemetry_batches_total", "{batch}", "Transactions of the embedded store, or finished batches of the InfluxDB writer.");

    public static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "cityedge_telemetry_retries_total", "{failure}", "Writes that failed and are tried again, by reason.");

    public static readonly Counter<long> Refused = Meter.CreateCounter<long>(
        "cityedge_telemetry_refused_total", "{row}", "Rows that a store refused for good (they become dead letters), by cause.");

    public static readonly Counter<long> SentBytes = Meter.CreateCounter<long>(
        "cityedge_telemetry_sent_bytes_total", "By", "Bytes of line protocol sent to InfluxDB, before compression.");

    public static readonly Counter<long> ChunkBytes = Meter.CreateCounter<long>(
        "cityedge_telemetry_chunk_bytes_total", "By", "Bytes of compressed chunks that the embedded store has sealed.");

    public static readonly Counter<long> LateRows = Meter.CreateCounter<long>(
        "cityedge_telemetry_late_rows_total", "{row}", "Rows older than their series' sealed chunks, kept in the side table until folded in.");

    public static readonly Counter<long> Corrupt = Meter.CreateCounter<long>(
        "cityedge_telemetry_corrupt_chunks_total", "{chunk}", "Stored chunks that could not be read and were left out of an answer.");

    public static readonly UpDownCounter<long> HeadRows = Meter.CreateUpDownCounter<long>(
        "cityedge_telemetry_head_rows", "{row}", "Rows held in the memory of the embedded store, not yet in a sealed chunk.");

    public static KeyValuePair<string, object?> Store(string name) => new("store", name);

    public static KeyValuePair<string, object?> Reason(string name) => new("reason", name);
}
