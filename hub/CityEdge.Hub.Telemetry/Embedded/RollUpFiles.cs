using System.Globalization;

namespace CityEdge.Hub.Telemetry;

/// <summary>The hourly roll-up on disk: one file a calendar year, one blob a series and UTC day. Safe for many threads; a few files are open at a time.</summary>
internal sealed class RollUpFiles(string folder) : IDisposable
{
    private const int MaxOpen = 4;
    private readonly Lock sync = new();
    private readonly LinkedList<(int Year, SqlFile File)> open = new();

    /// <summary>Bodies of a series by day, ascending, both ends included.</summary>
    public List<(int Day, byte[] Body)> Read(long series, int fromDay, int toDay)
    {
        var found = new List<(int, byte[])>();
        lock (sync)
        {
            for (var year = YearOf(fromDay); year <= YearOf(toDay); year++)
            {
                var first = FirstDay(year);
                if (Open(year, create: false) is not { } file) continue;
                var statement = file["SELECT key, body FROM day WHERE key BETWEEN ?1 AND ?2 ORDER BY key"]
                    .Bind(1, Key(series, Math.Max(fromDay, first) - first)).Bind(2, Key(series, Math.Min(toDay - first, 366)));
                while (statement.Step()) found.Add((first + (int)(statement.Long(0) & 0x1ff), statement.Blob(1).ToArray()));
            }
        }
        return found;
    }

    /// <summary>Stores blobs in one transaction a file; an empty one removes what is there.</summary>
    public void Write(IEnumerable<(int Day, long Series, byte[] Body)> blobs)
    {
        lock (sync)
        {
            foreach (var year in blobs.GroupBy(b => YearOf(b.Day)))
            {
                var (first, file) = (FirstDay(year.Key), Open(year.Key, create: true)!);
                file.InTransaction(() =>
                {
                    foreach (var (day, series, body) in year)
                    {
                        if (body.Length == 0) file["DELETE FROM day WHERE key=?"].Bind(1, Key(series, day - first)).Run();
                        else file["INSERT OR REPLACE INTO day VALUES (?, ?)"].Bind(1, Key(series, day - first)).Bind(2, body).Run();
                    }
                });
            }
        }
    }

    /// <summary>Deletes the files of years that end at or before a day; returns the first day that is still kept, or null when nothing was deleted.</summary>
    public int? Expire(int beforeDay)
    {
        int? kept = null;
        lock (sync)
        {
            foreach (var path in Directory.Exists(folder) ? Directory.GetFiles(folder, "*.db") : [])
            {
                if (!int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var year) || FirstDay(year + 1) > beforeDay) continue;
                if (open.FirstOrDefault(o => o.Year == year) is { File: not null } entry)
                {
                    open.Remove(entry);
                    entry.File.Dispose();
                }
                foreach (var suffix in (ReadOnlySpan<string>)["-shm", "-wal", ""]) File.Delete(path + suffix);
                kept = Math.Max(kept ?? int.MinValue, FirstDay(year + 1));
            }
        }
        return kept;
    }

    public void Dispose()
    {
        lock (sync)
        {
            foreach (var (_, file) in open) file.Dispose();
            open.Clear();
        }
    }

    private static long Key(long series, int dayOfYear) => (series << 9) | (long)dayOfYear;

    private static int YearOf(int day) => DateOnly.FromDayNumber(Math.Clamp(day, Partition.FirstDay, Partition.LastDay) - Partition.FirstDay).Year;

    private static int FirstDay(int year) => year > 9999 ? Partition.LastDay + 1 : new DateOnly(year, 1, 1).DayNumber + Partition.FirstDay;

    private SqlFile? Open(int year, bool create)
    {
        for (var node = open.First; node is not null; node = node.Next)
        {
            if (node.Value.Year != year) continue;
            open.Remove(node);
            open.AddFirst(node);
            return node.Value.File;
        }
        var path = Path.Combine(folder, year.ToString("0000", CultureInfo.InvariantCulture) + ".db");
        if (!create && !File.Exists(path)) return null;
        Directory.CreateDirectory(folder);
        var file = new SqlFile(path, readOnly: false, cacheKilobytes: 4096);
        file.Prepare("CREATE TABLE day (key INTEGER PRIMARY KEY, body BLOB NOT NULL)", 1);
        open.AddFirst((year, file));
        if (open.Count > MaxOpen)
        {
            open.Last!.Value.File.Dispose();
            open.RemoveLast();
        }
        return file;
    }
}
