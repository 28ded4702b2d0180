using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Saves heads of many series together, so that the journal may move on without cutting heads into small chunks. Body: CRC-32C inside each part, parts of
/// (series id, length, chunk), at most about 1 MiB a segment.
/// </summary>
internal static class HeadSegments
{
    private const int SegmentBytes = 1 << 20;

    /// <summary>Bodies holding the rows of all heads, from the first row or from the first that no segment holds.</summary>
    public static IEnumerable<byte[]> Build(IEnumerable<Series> all, bool whole, ChunkEncoder encoder)
    {
        var output = new ByteWriter();
        var rows = new List<StoredReading>();
        foreach (var series in all)
        {
            rows.Clear();
            series.Head.CopyTo(whole ? 0 : series.Saved, rows);
            if (rows.Count == 0) continue;
            var body = encoder.Encode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(rows));
            output.Varint((ulong)series.Id);
            output.Varint((ulong)body.Length);
            output.Bytes(body);
            if (output.Length < SegmentBytes) continue;
            yield return output.Written.ToArray();
            output.Clear();
        }
        if (output.Length > 0) yield return output.Written.ToArray();
    }

    /// <summary>Gives each part of a segment to <paramref name="take"/>; a damaged rest is logged and left out.</summary>
    public static void Load(byte[] body, Action<long, List<StoredReading>> take, ILogger? logger)
    {
        var reader = new ByteReader(body);
        var rows = new List<StoredReading>();
        while (!reader.AtEnd)
        {
            var id = (long)reader.Varint();
            var part = reader.Bytes(reader.Count(int.MaxValue));
            rows.Clear();
            string? error = "segment ends early";
            if (!reader.Failed && ChunkDecoder.TryDecode(part, rows, out error))
            {
                take(id, rows);
                continue;
            }
            TelemetryMetrics.Corrupt.Add(1);
            logger?.LogError("A saved head of telemetry series {Series} cannot be read and is left out: {Error}.", id, error);
            if (reader.Failed) return;
        }
    }
}
