using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Maintenance windows, found by what they cover.</summary>
internal sealed class MaintenanceWindows
{
    private readonly SortedDictionary<string, MaintenanceWindow> byId = new(StringComparer.Ordinal);
    private readonly Dictionary<PointId, List<MaintenanceWindow>> byPoint = [];
    private readonly Dictionary<string, List<MaintenanceWindow>> byAsset = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<MaintenanceWindow>> byRule = new(StringComparer.Ordinal);

    public int Count => byId.Count;

    /// <summary>By id.</summary>
    public IReadOnlyCollection<MaintenanceWindow> All => byId.Values;

    public void Put(MaintenanceWindow window)
    {
        Remove(window.Id);
        byId[window.Id] = window;
        if (window.Point is { } point) Add(byPoint, point, window);
        else if (window.Asset is { } asset) Add(byAsset, asset, window);
        else if (window.Rule is { } rule) Add(byRule, rule, window);
    }

    public bool Remove(string id)
    {
        if (!byId.Remove(id, out var window)) return false;
        if (window.Point is { } point) byPoint[point].Remove(window);
        else if (window.Asset is { } asset) byAsset[asset].Remove(window);
        else if (window.Rule is { } rule) byRule[rule].Remove(window);
        return true;
    }

    /// <summary>Those that cover the alarm, whatever the time.</summary>
    public IEnumerable<MaintenanceWindow> Of(DeskAlarm alarm)
    {
        IEnumerable<MaintenanceWindow> found = byPoint.GetValueOrDefault(alarm.Raised.Point, []);
        foreach (var asset in alarm.Path) found = found.Concat(byAsset.GetValueOrDefault(asset, []));
        return found.Concat(byRule.GetValueOrDefault(alarm.Raised.Rule, [])).Where(window => window.Covers(alarm.Raised.Rule, alarm.Raised.Point, alarm.Path));
    }

    private static void Add<TKey>(Dictionary<TKey, List<MaintenanceWindow>> index, TKey key, MaintenanceWindow window)
        where TKey : notnull
    {
        if (!index.TryGetValue(key, out var list)) index[key] = list = [];
        list.Add(window);
    }
}
