using System.Runtime.InteropServices;

namespace CityEdge.Hub.Telemetry;

/// <summary>Folds late rows of the side table into the chunks they belong to, so that reading stays one scan of chunks.</summary>
internal sealed class LateFolding(ChunkWriter writer, ChunkEncoder encoder, int chunkRows)
{
    private const int Batch = 4096;

    /// <summary>Folds up to <see cref="Batch"/> late rows of one series after a time; returns the time to go on from, or null at the end. Runs in a transaction.</summary>
    public long? Fold(long series, long afterMs)
    {
        var found = writer.LateRows(series, afterMs, Batch);
        var rows = new List<StoredReading>();
        foreach (var (_, body) in found)
        {
            // One that cannot be read stays where it is: readers report it.
            if (!ChunkDecoder.TryDecode(body, rows, out _)) TelemetryMetrics.Corrupt.Add(1);
        }
        for (var i = 0; i < rows.Count;) i = FoldGroup(series, rows, i);
        return found.Count == Batch ? found[^1].Time : null;
    }

    /// <summary>Rows that fall into one chunk, or into one gap between chunks.</summary>
    private int FoldGroup(long series, List<StoredReading> rows, int from)
    {
        var time = rows[from].TimeMs;
        var chunk = writer.ChunkAt(series, time);
        var inside = chunk is not null && chunk.Last >= time;
        var end = inside ? chunk!.Last + 1 : writer.NextChunk(series, time);
        var next = from;
        while (next < rows.Count && rows[next].TimeMs < end) next++;
        var group = rows.GetRange(from, next - from);
        var merged = group;
        if (inside || (chunk is not null && chunk.Rows + group.Count <= chunkRows))
        {
            var old = new List<StoredReading>();
            if (!ChunkDecoder.TryDecode(chunk!.Body, old, out _))
            {
                TelemetryMetrics.Corrupt.Add(1);
                if (inside) return next;
                chunk = null;
            }
            merged = [.. SortedRows.Merge(old, group)];
            if (chunk is not null) writer.RemoveChunk(series, chunk.First);
        }
        else
        {
            chunk = null;
        }
        var pieces = (merged.Count + chunkRows - 1) / chunkRows;
        for (var p = 0; p < pieces; p++)
        {
            var (start, stop) = ((int)((long)merged.Count * p / pieces), (int)((long)merged.Count * (p + 1) / pieces));
            var piece = CollectionsMarshal.AsSpan(merged)[start..stop];
            writer.AddChunk(series, new PendingChunk(piece[0].TimeMs, piece[^1].TimeMs, piece.Length, chunk?.Position ?? -1, chunk?.Save ?? -1, encoder.Encode(piece).ToArray()));
        }
        writer.RemoveLate(series, group[0].TimeMs, group[^1].TimeMs);
        return next;
    }
}
