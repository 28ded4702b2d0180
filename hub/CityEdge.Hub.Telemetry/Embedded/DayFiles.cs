namespace CityEdge.Hub.Telemetry;

/// <summary>The day files open for writing: a few, the longest unused is closed first. Not thread-safe.</summary>
internal sealed class DayFiles : IDisposable
{
    private const int MaxOpen = 6;
    private readonly LinkedList<DayFile> open = new();

    public DayFile Open(Partition partition)
    {
        for (var node = open.First; node is not null; node = node.Next)
        {
            if (node.Value.Partition != partition) continue;
            if (node != open.First)
            {
                open.Remove(node);
                open.AddFirst(node);
            }
            return node.Value;
        }
        var file = new DayFile(partition);
        open.AddFirst(file);
        while (open.Count > MaxOpen)
        {
            // A reader that closes last could not shorten the log.
            open.Last!.Value.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
            open.Last.Value.Dispose();
            open.RemoveLast();
        }
        return file;
    }

    /// <summary>Deletes the file of a partition.</summary>
    public void Delete(Partition partition)
    {
        if (open.FirstOrDefault(f => f.Partition == partition) is { } file)
        {
            open.Remove(file);
            file.Dispose();
        }
        partition.Removed = true;
        partition.Exists = false;
        foreach (var suffix in (ReadOnlySpan<string>)["-shm", "-wal", ""]) File.Delete(partition.Path + suffix);
    }

    public void Dispose()
    {
        foreach (var file in open) file.Dispose();
        open.Clear();
    }
}
