namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Packs a file whose days are over, once: the chunks of each series are gathered into larger ones, and SQLite writes the pages anew, full and in order. A file
/// of a busy day loses about a quarter of its size.
/// </summary>
internal sealed class FilePacking(StoreFiles files, ChunkEncoder encoder, int rows)
{
    private const int SeriesPerSlice = 100;
    private readonly HashSet<int> packed = [.. files.Catalog.Days("SELECT start_day FROM packed")];
    private Partition? partition;
    private long series;

    /// <summary>One slice; false when nothing is left.</summary>
    public bool PackSome(int beforeDay)
    {
        if (partition is null || partition.Removed)
        {
            partition = files.Partitions.All.FirstOrDefault(p => p.Exists && p.EndDay <= beforeDay && !packed.Contains(p.StartDay) && !files.LateFiles.Contains(p.StartDay));
            series = -1;
        }
        if (partition is null) return false;
        var file = files.Writers.Open(partition);
        var merge = new ChunkMerge(encoder, 60);
        var (from, done) = (series, false);
        file.InTransaction(() =>
        {
            for (var i = 0; i < SeriesPerSlice; i++)
            {
                if (file.NextSeries(from) is not { } next)
                {
                    done = true;
                    return;
                }
                from = next;
                merge.Gather(file, from, rows);
            }
        });
        series = from;
        if (!done) return true;
        file.Execute("VACUUM");
        file.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        files.Catalog.InTransaction(() => files.Catalog.Run("INSERT OR IGNORE INTO packed VALUES (?)", partition.StartDay));
        packed.Add(partition.StartDay);
        partition = null;
        return true;
    }

    /// <summary>A file was deleted; one of the same name may come again.</summary>
    public void Forget(Partition gone) => packed.Remove(gone.StartDay);
}
