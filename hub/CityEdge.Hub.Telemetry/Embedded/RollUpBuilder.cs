namespace CityEdge.Hub.Telemetry;

/// <summary>Builds the hourly roll-up of days that are over, and again of series that got late rows in them; a slice at a time, so that rows are taken meanwhile.</summary>
internal sealed class RollUpBuilder(StoreFiles files, RollUp rollUp)
{
    private const int SeriesPerSlice = 200;
    private const int BlobsPerSlice = 2000;
    private readonly HourCodec codec = new();
    private readonly SeriesReader reader = new(files);
    private readonly List<(int Day, long Series, byte[] Body)> blobs = [];
    private readonly HourAccumulator hour = new();
    private readonly List<HourRow> hours = [];
    private Partition? partition;
    private List<int> days = [];
    private long series;

    /// <summary>Days before this one that are not rolled up yet, in files that are there.</summary>
    public bool HasDaysToRoll(int beforeDay) => partition is not null || files.Partitions.All.Any(p => p.Exists && DaysToRoll(p, beforeDay).Any());

    /// <summary>One slice; false when nothing is left. What failed is begun again with its file.</summary>
    public bool RollSome(int beforeDay)
    {
        var done = false;
        try
        {
            var more = Roll(beforeDay);
            done = true;
            return more;
        }
        finally
        {
            if (!done) partition = null;
        }
    }

    /// <summary>Builds again what late rows have made out of date, up to a slice; false when nothing is left.</summary>
    public bool MendSome()
    {
        var some = rollUp.Stale(SeriesPerSlice).FindAll(s => rollUp.IsRolled(s.Day));
        if (some.Count == 0) return false;
        blobs.Clear();
        foreach (var (day, id) in some) Fold(id, [day]);
        files.Rolled.Write(blobs);
        files.Catalog.InTransaction(() =>
        {
            foreach (var (day, id) in some) files.Catalog.Run("DELETE FROM stale WHERE day=? AND series_id=?", day, id);
        });
        rollUp.Mended(some);
        return true;
    }

    private bool Roll(int beforeDay)
    {
        if (partition is null || partition.Removed)
        {
            partition = files.Partitions.All.FirstOrDefault(p => p.Exists && DaysToRoll(p, beforeDay).Any());
            if (partition is null) return false;
            (days, series) = ([.. DaysToRoll(partition, beforeDay)], -1);
            rollUp.Begin(days);
        }
        blobs.Clear();
        var file = files.Writers.Open(partition);
        long? next = null;
        for (var i = 0; i < SeriesPerSlice && blobs.Count < BlobsPerSlice; i++)
        {
            next = file.NextSeries(series);
            if (next is null) break;
            series = next.Value;
            Fold(series, days);
        }
        files.Rolled.Write(blobs);
        if (next is not null) return true;
        files.Catalog.InTransaction(() =>
        {
            foreach (var day in days) files.Catalog.Run("INSERT OR IGNORE INTO rolled VALUES (?)", day);
        });
        rollUp.End(days);
        partition = null;
        return true;
    }

    private IEnumerable<int> DaysToRoll(Partition of, int beforeDay)
    {
        for (var day = of.StartDay; day < Math.Min(of.EndDay, beforeDay); day++)
        {
            if (!rollUp.IsRolled(day)) yield return day;
        }
    }

    /// <summary>Adds the blobs of some days of a series, ascending; a day without rows gives an empty one.</summary>
    private void Fold(long id, IReadOnlyList<int> some)
    {
        foreach (var day in some)
        {
            hours.Clear();
            hour.Clear();
            reader.VisitStored(id, day * Partition.DayMs, (day + 1) * Partition.DayMs, [], (rows, start, end) =>
            {
                while (start < end)
                {
                    var time = rows.Times[start];
                    if (hour.HourOf(time) != hour.HourMs) EndHour();
                    start = hour.Add(rows, start, end, hour.Begin(time));
                }
                return true;
            }, CancellationToken.None);
            EndHour();
            if (hours.Count > 0) blobs.Add((day, id, codec.Encode(hours).ToArray()));
            else if (some.Count == 1) blobs.Add((day, id, []));
        }
    }

    private void EndHour()
    {
        if (hour.Count > 0) hours.Add(hour.Row);
        hour.Clear();
    }
}
