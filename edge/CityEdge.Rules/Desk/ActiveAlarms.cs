using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Active alarms, found by id, point, (rule, asset), what suppresses them, and the assets on which a parent may still come.</summary>
internal sealed class ActiveAlarms
{
    private static readonly List<DeskAlarm> None = [];
    private readonly Dictionary<string, DeskAlarm> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<PointId, List<DeskAlarm>> byPoint = [];
    private readonly Dictionary<(string Rule, string Asset), SortedSet<DeskAlarm>> byAsset = [];
    private readonly Dictionary<string, HashSet<DeskAlarm>> waiting = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<DeskAlarm>> suppressed = new(StringComparer.Ordinal);

    public IReadOnlyCollection<DeskAlarm> All => byId.Values;

    public DeskAlarm? Find(string id) => byId.GetValueOrDefault(id);

    /// <summary>Not to be changed, and not to be kept over a change.</summary>
    public List<DeskAlarm> Of(PointId point) => byPoint.TryGetValue(point, out var list) ? list : None;

    public DeskAlarm? Of(PointId point, string rule, bool noData)
    {
        foreach (var alarm in Of(point))
        {
            if (alarm.Raised.NoData == noData && alarm.Raised.Rule == rule) return alarm;
        }
        return null;
    }

    /// <summary>Alarms of a rule on an asset, in their order.</summary>
    public IEnumerable<DeskAlarm> On(string rule, string asset) => byAsset.TryGetValue((rule, asset), out var set) ? set : [];

    /// <summary>Alarms on the asset or below it that are held for a parent, in their order.</summary>
    public List<DeskAlarm> WaitingOn(string asset) => waiting.TryGetValue(asset, out var set) ? Sorted(set) : [];

    /// <summary>Alarms that this alarm or maintenance window suppresses, in their order.</summary>
    public List<DeskAlarm> SuppressedBy(string id) => suppressed.TryGetValue(id, out var set) ? Sorted(set) : [];

    public void Add(DeskAlarm alarm)
    {
        byId[alarm.Id] = alarm;
        Put(byPoint, alarm.Raised.Point, alarm);
        if (alarm.Asset is { } asset) Put(byAsset, (alarm.Raised.Rule, asset), alarm);
        foreach (var above in alarm.Path)
        {
            if (alarm.Suppression is { Reason: SuppressionReason.ParentWait }) Put(waiting, above, alarm);
        }
        if (alarm.Suppression is { By: { } by }) Put(suppressed, by, alarm);
    }

    /// <summary>Undoes <see cref="Add"/>; call before path or suppression change, and add again after.</summary>
    public void Remove(DeskAlarm alarm)
    {
        byId.Remove(alarm.Id);
        Take(byPoint, alarm.Raised.Point, alarm);
        if (alarm.Asset is { } asset) Take(byAsset, (alarm.Raised.Rule, asset), alarm);
        foreach (var above in alarm.Path) Take(waiting, above, alarm);
        if (alarm.Suppression is { By: { } by }) Take(suppressed, by, alarm);
    }

    private static List<DeskAlarm> Sorted(HashSet<DeskAlarm> set)
    {
        var list = set.ToList();
        list.Sort();
        return list;
    }

    private static void Put<TKey, TSet>(Dictionary<TKey, TSet> index, TKey key, DeskAlarm alarm)
        where TKey : notnull
        where TSet : ICollection<DeskAlarm>, new()
    {
        if (!index.TryGetValue(key, out var set)) index[key] = set = new TSet();
        set.Add(alarm);
    }

    private static void Take<TKey, TSet>(Dictionary<TKey, TSet> index, TKey key, DeskAlarm alarm)
        where TKey : notnull
        where TSet : ICollection<DeskAlarm>
    {
        if (index.TryGetValue(key, out var set) && set.Remove(alarm) && set.Count == 0) index.Remove(key);
    }
}
