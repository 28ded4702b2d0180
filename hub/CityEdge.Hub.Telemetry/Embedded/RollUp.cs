namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Which days the roll-up holds, and for which series of them it is out of date since rows came late. What is out of date is in the catalog before the rows are
/// in a day file, so a crash leaves at most too much to build again. Safe for many threads.
/// </summary>
internal sealed class RollUp
{
    private readonly Lock sync = new();
    private readonly SortedSet<int> rolled;
    private readonly SortedSet<(int Day, long Series)> stale;
    private readonly HashSet<int> building = [];

    public RollUp(Catalog catalog)
    {
        rolled = [.. catalog.Days("SELECT day FROM rolled")];
        stale = [.. catalog.LoadStale()];
    }

    /// <summary>Adds (day, series) to <paramref name="into"/> when rows that come now make the roll-up of that day out of date.</summary>
    public void Touch(int day, long series, HashSet<(int Day, long Series)> into)
    {
        lock (sync)
        {
            if ((rolled.Contains(day) || building.Contains(day)) && !stale.Contains((day, series))) into.Add((day, series));
        }
    }

    public void Touched(IEnumerable<(int Day, long Series)> touched)
    {
        lock (sync) stale.UnionWith(touched);
    }

    public bool IsRolled(int day)
    {
        lock (sync) return rolled.Contains(day);
    }

    /// <summary>Days from first to last whose roll-up of a series is up to date.</summary>
    public List<int> UsableDays(int first, int last, long series)
    {
        lock (sync)
        {
            var days = new List<int>();
            if (first > last) return days;
            foreach (var day in rolled.GetViewBetween(first, last))
            {
                if (stale.Count == 0 || !stale.Contains((day, series))) days.Add(day);
            }
            return days;
        }
    }

    public List<(int Day, long Series)> Stale(int limit)
    {
        lock (sync) return [.. stale.Take(limit)];
    }

    public void Begin(IEnumerable<int> days)
    {
        lock (sync) building.UnionWith(days);
    }

    public void End(IEnumerable<int> days)
    {
        lock (sync)
        {
            rolled.UnionWith(days);
            building.Clear();
        }
    }

    public void Mended(IEnumerable<(int Day, long Series)> mended)
    {
        lock (sync) stale.ExceptWith(mended);
    }

    /// <summary>Days that are rolled up no longer, since their file is gone.</summary>
    public void Expire(int beforeDay)
    {
        lock (sync) rolled.RemoveWhere(d => d < beforeDay);
    }
}
