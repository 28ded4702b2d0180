using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Saves heads of many series together, so that the journal may move on without cutting heads into small chunks. Body: parts of (series id, length, chunk),
/// each with the chunk's checksum, at most about 1 MiB a segment.
/// </summary>
internal static class HeadSegments
{
    private const int SegmentBytes = 1 << 20;

    /// <summary>Gives bodies holding the rows of all heads, from the first row or from the first that no segment holds.</summary>
    public static int Build(IEnumerable<Series> all, bool whole, ChunkEncoder encoder, Action<ReadOnlySpan<byte>> take)
    {
        var output = new ByteWriter();
        var segments = 0;
        foreach (var series in all)
        {
            var from = whole ? 0 : series.Saved;
            for (; from < series.Head.Count; from = Math.Min(from + ChunkDecoder.MaxRows, series.Head.Count))
            {
                var body = encoder.Encode(series.Head, from, Math.Min(series.Head.Count, from + ChunkDecoder.MaxRows));
                output.Varint((ulong)series.Id);
                output.Varint((ulong)body.Length);
                output.Bytes(body);
            }
            if (output.Length < SegmentBytes) continue;
            take(output.Written);
            segments++;
            output.Clear();
        }
        if (output.Length == 0) return segments;
        take(output.Written);
        return segments + 1;
    }

    /// <summary>Gives each part of a segment to <paramref name="take"/>; a damaged rest is logged and left out.</summary>
    public static void Load(byte[] body, Action<long, ChunkColumns> take, ILogger? logger)
    {
        var reader = new ByteReader(body);
        var rows = ChunkColumns.Rent();
        while (!reader.AtEnd)
        {
            var id = (long)reader.Varint();
            var part = reader.Bytes(reader.Count(int.MaxValue));
            string? error = "segment ends early";
            if (!reader.Failed && ChunkDecoder.TryDecode(part, rows, out error))
            {
                take(id, rows);
                continue;
            }
            TelemetryMetrics.Corrupt.Add(1);
            logger?.LogError("A saved head of telemetry series {Series} cannot be read and is left out: {Error}.", id, error);
            if (reader.Failed) break;
        }
        ChunkColumns.Return(rows);
    }
}
