namespace CityEdge.Hub.Telemetry;

/// <summary>Takes rows from <c>start</c> up to <c>end</c>; false ends the reading. The columns are used again after the call.</summary>
internal delegate bool RowSink(ChunkColumns rows, int start, int end);

/// <summary>Rows of a series in ascending time, out of chunks, late rows and what is in memory; chunks that nothing overlays are given as they are. Safe for many threads.</summary>
internal sealed class SeriesReader(StoreFiles files)
{
    /// <summary>Rows with from ≤ t &lt; to.</summary>
    public void Visit(Series series, long fromMs, long toMs, RowSink sink, CancellationToken cancellation)
    {
        if (fromMs >= toMs) return;
        // Memory first: a row that is sealed between the two looks is then seen twice, never missed.
        VisitStored(series.Id, fromMs, toMs, series.Picture(fromMs, toMs), sink, cancellation);
    }

    /// <summary>Rows on disk with from ≤ t &lt; to, overlaid by others in ascending time.</summary>
    public void VisitStored(long series, long fromMs, long toMs, List<StoredReading> memory, RowSink sink, CancellationToken cancellation)
    {
        var (scratch, merged) = (ChunkColumns.Rent(), ChunkColumns.Rent());
        try
        {
            var late = new List<StoredReading>();
            var at = 0;
            foreach (var partition in files.Partitions.Between(fromMs, toMs))
            {
                using var session = files.Readers.Rent(partition);
                if (session is null) continue;
                session.Begin();
                late.Clear();
                session.ReadLate(series, fromMs, toMs, late);
                var end = at;
                while (end < memory.Count && memory[end].TimeMs < partition.EndMs) end++;
                var overlay = new Overlay(late.Count == 0 ? memory : [.. SortedRows.Merge(late, memory.GetRange(at, end - at))], late.Count == 0 ? at : 0, late.Count == 0 ? end : int.MaxValue, merged, sink);
                if (!session.ReadChunks(series, fromMs, toMs, scratch, rows => overlay.Take(rows, fromMs, toMs), cancellation) || !overlay.Rest()) return;
                at = end;
            }
            new Overlay(memory, at, memory.Count, merged, sink).Rest();
        }
        finally
        {
            ChunkColumns.Return(scratch);
            ChunkColumns.Return(merged);
        }
    }

    /// <summary>The newest row of a series.</summary>
    public StoredReading? Last(Series series)
    {
        var memory = series.Picture(long.MinValue, long.MaxValue);
        StoredReading? newest = memory.Count > 0 ? memory[^1] : null;
        // Nothing on disk is newer than what is sealed, but for rows that are being fed again.
        var partitions = files.Partitions.Between(long.MinValue, long.MaxValue);
        for (var i = partitions.Count - 1; i >= 0; i--)
        {
            if (partitions[i].StartMs > series.SealedThrough || partitions[i].EndMs <= newest?.TimeMs) continue;
            using var session = files.Readers.Rent(partitions[i]);
            if (session?.Last(series.Id) is { } stored) return newest is null || stored.TimeMs > newest.Value.TimeMs ? stored : newest;
        }
        return newest;
    }

    /// <summary>Rows that lie over the chunks of a file.</summary>
    private sealed class Overlay(List<StoredReading> rows, int at, int end, ChunkColumns merged, RowSink sink)
    {
        private readonly int end = Math.Min(end, rows.Count);
        private int at = at;

        public bool Take(ChunkColumns chunk, long fromMs, long toMs)
        {
            var (start, stop) = (chunk.IndexOf(fromMs), chunk.IndexOf(toMs));
            if (start >= stop) return true;
            if (at == end || rows[at].TimeMs > chunk.Times[stop - 1]) return sink(chunk, start, stop);
            merged.Clear();
            for (; start < stop; start++)
            {
                var time = chunk.Times[start];
                while (at < end && rows[at].TimeMs < time) merged.Add(rows[at++]);
                if (at == end || rows[at].TimeMs != time) merged.Add(chunk, start, start + 1);
            }
            return sink(merged, 0, merged.Count);
        }

        public bool Rest()
        {
            if (at >= end) return true;
            merged.Clear();
            while (at < end) merged.Add(rows[at++]);
            return sink(merged, 0, merged.Count);
        }
    }
}
