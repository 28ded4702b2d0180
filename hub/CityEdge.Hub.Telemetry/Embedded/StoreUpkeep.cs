using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>The background work of the embedded store, in steps short enough for rows to be taken between them. Runs under the writer's lock.</summary>
internal sealed class StoreUpkeep(StoreFiles files, RollUp rollUp, HeadKeeper heads, EmbeddedStoreOptions options, ILogger? logger)
{
    private readonly RollUpBuilder builder = new(files, rollUp);
    private readonly FilePacking packing = new(files, heads.Encoder, options.PackedRows);
    private readonly ChunkMerge merge = new(heads.Encoder, options.ChunkRows);

    /// <summary>The steps in order; each is called until it says false.</summary>
    public IEnumerable<Func<bool>> Steps(long nowMs)
    {
        yield return Once(heads.SaveIfDue);
        yield return Once(() => Expire(nowMs));
        foreach (var day in files.LateFiles.ToList())
        {
            var after = long.MinValue;
            yield return () => Fold(day, ref after);
        }
        var over = Partition.DayOf(nowMs - (long)options.CloseAfter.TotalMilliseconds);
        if (builder.HasDaysToRoll(over)) yield return Once(() => heads.SealBefore(over * Partition.DayMs));
        yield return () => builder.RollSome(over);
        yield return builder.MendSome;
        yield return () => packing.PackSome(over);
    }

    /// <summary>Deletes the files that are too old as a whole; of others what is too old is no longer read.</summary>
    public void Expire(long nowMs)
    {
        if (options.Retention is { } retention)
        {
            heads.HorizonMs = nowMs - (long)Math.Min(retention.TotalMilliseconds, nowMs - (double)Partition.FirstDay * Partition.DayMs);
            foreach (var partition in files.Partitions.All)
            {
                if (!partition.Exists || partition.EndMs > heads.HorizonMs) continue;
                files.Readers.Forget(partition);
                files.Writers.Delete(partition);
                files.Partitions.Remove(partition);
                packing.Forget(partition);
                files.LateFiles.Remove(partition.StartDay);
                files.Catalog.InTransaction(() =>
                {
                    files.Catalog.Run("DELETE FROM packed WHERE start_day=?", partition.StartDay);
                    files.Catalog.Run("DELETE FROM late_file WHERE start_day=?", partition.StartDay);
                });
                logger?.LogInformation("Telemetry file {Path} was older than the retention and is deleted.", partition.Path);
            }
        }
        if (options.RollUpRetention is not { } kept || files.Rolled.Expire(Partition.DayOf(nowMs - (long)Math.Min(kept.TotalMilliseconds, nowMs - (double)Partition.FirstDay * Partition.DayMs))) is not { } first) return;
        rollUp.Expire(first);
        files.Catalog.InTransaction(() => files.Catalog.Run("DELETE FROM rolled WHERE day<?", first));
    }

    private bool Fold(int day, ref long after)
    {
        if (files.Partitions.All.FirstOrDefault(p => p.StartDay == day) is not { Removed: false } partition) return false;
        var file = files.Writers.Open(partition);
        var (from, next) = (after, (long?)null);
        file.InTransaction(() => next = merge.Fold(file, from));
        if (next is not null)
        {
            after = next.Value;
            return true;
        }
        if (file.Number("SELECT count(*) FROM late") != 0) return false;
        files.Catalog.InTransaction(() => files.Catalog.Run("DELETE FROM late_file WHERE start_day=?", day));
        files.LateFiles.Remove(day);
        return false;
    }

    private static Func<bool> Once(Action work) => () =>
    {
        work();
        return false;
    };
}
