namespace CityEdge.Hub.Telemetry;

/// <summary>
/// One commit over several files, in an order that holds wherever it is cut off: first the catalog names what the day files will refer to; then each day file
/// takes its chunks and late rows in one transaction; last the catalog takes heads, seals and position in one transaction. Cut off between, the position has
/// not moved: the same rows are fed again and merge into the chunks that are there.
/// </summary>
internal sealed class StoreCommit(StoreFiles files, RollUp rollUp, ChunkEncoder encoder, int chunkRows)
{
    /// <summary>No series below this id gets it anew, whatever happens.</summary>
    public void Reserve(long ids) => files.Catalog.InTransaction(() => files.Catalog.SetMeta("ids", ids));

    /// <summary>New series, files that get late rows, and rolled-up days that get rows.</summary>
    public void Name(List<Series> unnamed, List<PendingChunk> pending, HashSet<Series> late)
    {
        var stale = new HashSet<(int Day, long Series)>();
        foreach (var chunk in pending)
        {
            for (var day = Partition.DayOf(chunk.First); day <= Partition.DayOf(chunk.Last); day++) rollUp.Touch(day, chunk.Series.Id, stale);
        }
        var lateFiles = new HashSet<Partition>();
        foreach (var series in late)
        {
            foreach (var row in series.Late!)
            {
                rollUp.Touch(Partition.DayOf(row.TimeMs), series.Id, stale);
                var partition = files.Partitions.At(row.TimeMs, 0);
                if (!files.LateFiles.Contains(partition.StartDay)) lateFiles.Add(partition);
            }
        }
        if (unnamed.Count == 0 && stale.Count == 0 && lateFiles.Count == 0) return;
        files.Catalog.InTransaction(() =>
        {
            foreach (var series in unnamed) files.Catalog.AddSeries(series);
            foreach (var (day, series) in stale) files.Catalog.Run("INSERT OR IGNORE INTO stale VALUES (?, ?)", day, series);
            foreach (var partition in lateFiles) files.Catalog.Run("INSERT OR IGNORE INTO late_file VALUES (?)", partition.StartDay);
        });
        rollUp.Touched(stale);
        foreach (var partition in lateFiles) files.LateFiles.Add(partition.StartDay);
        files.Committed?.Invoke(files.Catalog.Path);
    }

    public void Write(List<PendingChunk> pending, HashSet<Series> late)
    {
        var merge = new ChunkMerge(encoder, chunkRows);
        // Next to each other in the file is next to each other in time of writing: fewer pages are touched.
        pending.Sort(static (a, b) => a.Partition != b.Partition ? a.Partition.StartDay.CompareTo(b.Partition.StartDay)
            : a.Series.Id != b.Series.Id ? a.Series.Id.CompareTo(b.Series.Id) : a.First.CompareTo(b.First));
        var lateRows = LateByFile(late);
        foreach (var partition in pending.Select(p => p.Partition).Concat(lateRows.Keys).Distinct().ToList())
        {
            var file = files.Writers.Open(partition);
            file.InTransaction(() =>
            {
                foreach (var chunk in pending)
                {
                    if (chunk.Partition == partition) merge.Add(file, chunk);
                }
                foreach (var (series, row) in lateRows.GetValueOrDefault(partition) ?? []) file.PutLate(series.Id, row.TimeMs, encoder.Encode([row]));
            });
            files.Committed?.Invoke(partition.Path);
        }
    }

    /// <summary>Heads, seals and position; returns the number of head segments added.</summary>
    public int Save(IReadOnlyCollection<Series> all, long position, bool whole)
    {
        var added = 0;
        files.Catalog.InTransaction(() =>
        {
            if (whole) files.Catalog.ClearSegments();
            added = HeadSegments.Build(all, whole, encoder, files.Catalog.AddSegment);
            foreach (var series in all)
            {
                if (series.ThroughMoved) files.Catalog.SetSealed(series);
            }
            files.Catalog.SetMeta("position", position);
        });
        files.Committed?.Invoke(files.Catalog.Path);
        return added;
    }

    private Dictionary<Partition, List<(Series Series, StoredReading Row)>> LateByFile(HashSet<Series> late)
    {
        var byFile = new Dictionary<Partition, List<(Series, StoredReading)>>();
        foreach (var series in late)
        {
            var rows = new List<StoredReading>(series.Late!);
            SortedRows.Settle(rows);
            foreach (var row in rows)
            {
                var partition = files.Partitions.At(row.TimeMs, 0);
                if (!byFile.TryGetValue(partition, out var list)) byFile[partition] = list = [];
                list.Add((series, row));
            }
        }
        return byFile;
    }
}
