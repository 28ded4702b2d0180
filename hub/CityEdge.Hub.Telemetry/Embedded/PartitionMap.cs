namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Which file holds which days. A new file takes as many days (1, 2, 4 … 512) as its expected size allows, so that a busy hub has a file a day and a small one
/// does not spend a page a series a day; it never overlaps another. Safe for many threads.
/// </summary>
internal sealed class PartitionMap
{
    private const long TargetBytes = 32L << 20;
    private readonly string folder;
    private readonly int widest;
    private readonly Lock sync = new();
    private readonly SortedList<int, Partition> byStart = [];

    public PartitionMap(string folder, TimeSpan? retention, int maxDays)
    {
        this.folder = Directory.CreateDirectory(folder).FullName;
        // A file goes when all of it is too old: what it keeps too long is an eighth of the retention at most.
        widest = Math.Clamp((int)Math.Min((retention ?? TimeSpan.MaxValue).TotalDays / 8, maxDays), 1, Partition.MaxDays);
        foreach (var path in Directory.EnumerateFiles(this.folder, "*.db"))
        {
            if (Partition.Parse(path) is { } found) byStart[found.StartDay] = found;
        }
    }

    public Partition[] All
    {
        get
        {
            lock (sync) return [.. byStart.Values];
        }
    }

    /// <summary>The file for a time; a new one is as long as <paramref name="bytesPerDay"/> suggests.</summary>
    public Partition At(long timeMs, double bytesPerDay)
    {
        var day = Partition.DayOf(timeMs);
        lock (sync)
        {
            var after = After(day);
            if (after > 0 && byStart.Values[after - 1] is var found && day < found.EndDay) return found;
            var days = 1;
            while (days * 2 <= widest && days * 2 * bytesPerDay <= TargetBytes) days *= 2;
            var start = day - ((day % days) + days) % days;
            var end = start + days;
            if (after > 0) start = Math.Max(start, byStart.Values[after - 1].EndDay);
            if (after < byStart.Count) end = Math.Min(end, byStart.Values[after].StartDay);
            (start, end) = (Math.Max(start, Partition.FirstDay), Math.Min(end, Partition.LastDay + 1));
            var made = new Partition(folder, start, end - start);
            byStart[start] = made;
            return made;
        }
    }

    /// <summary>Files that may hold rows with from ≤ t &lt; to, ascending.</summary>
    public List<Partition> Between(long fromMs, long toMs)
    {
        lock (sync)
        {
            var found = new List<Partition>();
            for (var i = Math.Max(0, After(Partition.DayOf(fromMs)) - 1); i < byStart.Count && byStart.Values[i].StartMs < toMs; i++)
            {
                if (byStart.Values[i].EndMs > fromMs && byStart.Values[i].Exists) found.Add(byStart.Values[i]);
            }
            return found;
        }
    }

    public void Remove(Partition partition)
    {
        lock (sync) byStart.Remove(partition.StartDay);
    }

    /// <summary>Index of the first file that begins after a day.</summary>
    private int After(int day)
    {
        var (low, high) = (0, byStart.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (byStart.Keys[middle] <= day) low = middle + 1;
            else high = middle;
        }
        return low;
    }
}
