using System.Runtime.InteropServices;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Puts rows into a day file so that chunks of a series never overlap: a chunk that falls on stored ones (rows fed again after a crash) and late rows are merged
/// with them, the new ones winning. A stored chunk that cannot be read is replaced when it is overlaid from begin to end, else it stays and is reported by readers.
/// </summary>
internal sealed class ChunkMerge(ChunkEncoder encoder, int chunkRows)
{
    private const int LateBatch = 4096;

    /// <summary>Four such chunks, with what SQLite adds, fill a page.</summary>
    private const long QuarterPage = 980;
    private readonly List<StoredReading> late = [];

    /// <summary>Stores a chunk.</summary>
    public void Add(DayFile file, PendingChunk chunk)
    {
        var series = chunk.Series.Id;
        var stored = file.Overlapping(series, chunk.First, chunk.Last);
        // Late rows of that time come from before a crash, and are fed again as well.
        file.RemoveLate(series, chunk.First, chunk.Last);
        if (stored is null)
        {
            file.PutChunk(series, chunk.First, chunk.Last, chunk.Body);
            return;
        }
        var rows = new List<StoredReading>();
        if (!ChunkDecoder.TryDecode(chunk.Body, rows, out _)) throw new InvalidOperationException("A chunk that was just made cannot be read.");
        Merge(file, series, rows, stored);
    }

    /// <summary>Folds up to 4096 late rows after a key; returns the key to go on from, or null at the end.</summary>
    public long? Fold(DayFile file, long afterKey)
    {
        var found = file.LateRows(afterKey, LateBatch);
        for (var i = 0; i < found.Count;)
        {
            var series = found[i].Key >> Partition.OffsetBits;
            late.Clear();
            for (; i < found.Count && found[i].Key >> Partition.OffsetBits == series; i++)
            {
                // One that cannot be read stays where it is: readers report it.
                if (!ChunkDecoder.TryDecode(found[i].Body, late, out _)) TelemetryMetrics.Corrupt.Add(1);
            }
            for (var at = 0; at < late.Count;) at = FoldGroup(file, series, at);
        }
        return found.Count == LateBatch ? found[^1].Key : null;
    }

    /// <summary>Gathers the chunks of one series into ones of a quarter of a page, but at most <paramref name="rows"/> rows; returns true when something changed.</summary>
    public bool Gather(DayFile file, long series, int rows)
    {
        var all = new List<StoredReading>();
        var firsts = new List<long>();
        long bytes = 0;
        for (var at = file.NextChunk(series, file.Partition.StartMs - 1); at < file.Partition.EndMs; at = file.NextChunk(series, at))
        {
            if (file.Overlapping(series, at, at) is not { } chunk || !ChunkDecoder.TryDecode(chunk.Body, all, out _)) return false;
            firsts.Add(at);
            bytes += chunk.Body.Length;
        }
        rows = Math.Clamp((int)(QuarterPage * all.Count / Math.Max(1, bytes)), Math.Min(chunkRows, rows), rows);
        if (firsts.Count < 2 || firsts.Count <= (all.Count + rows - 1) / rows) return false;
        foreach (var first in firsts) file.RemoveChunk(series, first);
        Put(file, series, all, rows);
        return true;
    }

    /// <summary>Rows that fall into one chunk, or into one gap between chunks.</summary>
    private int FoldGroup(DayFile file, long series, int from)
    {
        var time = late[from].TimeMs;
        var chunk = file.Overlapping(series, time, time);
        var end = chunk is { } inside ? inside.Last + 1 : file.NextChunk(series, time);
        var next = from;
        while (next < late.Count && late[next].TimeMs < end) next++;
        file.RemoveLate(series, time, late[next - 1].TimeMs);
        Merge(file, series, late.GetRange(from, next - from), chunk ?? Neighbour(file, series, time, next - from));
        return next;
    }

    /// <summary>The chunk before a gap, when the gap's rows are few beside it: no chunk of a row or two then.</summary>
    private DayFile.Stored? Neighbour(DayFile file, long series, long time, int rows) =>
        rows < chunkRows / 2 && file.Overlapping(series, long.MinValue, time) is { } before ? before : null;

    private void Merge(DayFile file, long series, List<StoredReading> rows, DayFile.Stored? stored)
    {
        var old = new List<StoredReading>();
        while (stored is { } chunk)
        {
            old.Clear();
            if (ChunkDecoder.TryDecode(chunk.Body, old, out _))
            {
                file.RemoveChunk(series, chunk.First);
                rows = [.. SortedRows.Merge(old, rows)];
            }
            else
            {
                TelemetryMetrics.Corrupt.Add(1);
                if (rows[0].TimeMs <= chunk.First && rows[^1].TimeMs >= chunk.Last)
                {
                    file.RemoveChunk(series, chunk.First);
                }
                else
                {
                    // Its place is taken: what lies in it waits as late rows, beside it there is room.
                    KeepBeside(file, series, rows, chunk);
                    return;
                }
            }
            stored = file.Overlapping(series, rows[0].TimeMs, rows[^1].TimeMs);
        }
        Put(file, series, rows, chunkRows);
    }

    private void KeepBeside(DayFile file, long series, List<StoredReading> rows, DayFile.Stored damaged)
    {
        if (rows.FindAll(r => r.TimeMs < damaged.First) is { Count: > 0 } before) Merge(file, series, before, file.Overlapping(series, before[0].TimeMs, before[^1].TimeMs));
        Put(file, series, rows.FindAll(r => r.TimeMs > damaged.Last), chunkRows);
        foreach (var row in rows.Where(r => r.TimeMs >= damaged.First && r.TimeMs <= damaged.Last)) file.PutLate(series, row.TimeMs, encoder.Encode([row]));
    }

    private void Put(DayFile file, long series, List<StoredReading> rows, int most)
    {
        var pieces = (rows.Count + most - 1) / most;
        for (var p = 0; p < pieces; p++)
        {
            var (start, stop) = ((int)((long)rows.Count * p / pieces), (int)((long)rows.Count * (p + 1) / pieces));
            var piece = CollectionsMarshal.AsSpan(rows)[start..stop];
            file.PutChunk(series, piece[0].TimeMs, piece[^1].TimeMs, encoder.Encode(piece));
        }
    }
}
