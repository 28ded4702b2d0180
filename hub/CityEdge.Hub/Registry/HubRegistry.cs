using System.Collections.Concurrent;
using CityEdge.Contracts;

namespace CityEdge.Hub.Registry;

/// <summary>
/// What the hub knows of points, devices, assets and rules. Only the rule consumer changes it, in journal order; API and telemetry read it.
/// Its rows live in the same SQLite file as the tickets and are written in the same commit as the journal position (<see cref="RegistryTables"/>).
/// </summary>
public sealed class HubRegistry : IPointCatalog
{
    /// <summary>Most levels above an asset.</summary>
    public const int MaxDepth = 32;

    private readonly ConcurrentDictionary<PointId, PointEntry> points = new();
    private readonly ConcurrentDictionary<string, DeviceEntry> devices = new();
    private readonly ConcurrentDictionary<string, Asset> assets = new();
    private readonly ConcurrentDictionary<string, StoredRule> rules = new();

    private readonly PointHistory history = new();

    /// <summary>What points were before they were changed, as far back as the journal reaches.</summary>
    public PointHistory History => history;

    public ICollection<PointEntry> Points => points.Values;

    public ICollection<DeviceEntry> Devices => devices.Values;

    public ICollection<Asset> Assets => assets.Values;

    public ICollection<StoredRule> Rules => rules.Values;

    public int PointCount => points.Count;

    public int DeviceCount => devices.Count;

    public PointEntry? FindPoint(PointId id) => points.GetValueOrDefault(id);

    public DeviceEntry? FindDevice(string id) => devices.GetValueOrDefault(id);

    public Asset? FindAsset(string id) => assets.GetValueOrDefault(id);

    public StoredRule? FindRule(string id) => rules.GetValueOrDefault(id);

    public void Put(PointEntry point)
    {
        if (points.TryAdd(point.Id, point)) GetOrAddDevice(point.Id.Site, point.Id.Device).Points++;
    }

    public DeviceEntry GetOrAddDevice(string site, string device) => devices.GetOrAdd($"{site}/{device}", _ => new DeviceEntry(site, device));

    public void Put(Asset asset) => assets[asset.Id] = asset;

    public void Put(StoredRule rule) => rules[rule.Id] = rule;

    public void RemoveRule(string id) => rules.TryRemove(id, out _);

    /// <summary>Ids from the asset itself up to its root; a cycle or a missing parent ends it.</summary>
    public IEnumerable<Asset> PathOf(string? asset)
    {
        for (var depth = 0; depth <= MaxDepth && asset is not null && assets.TryGetValue(asset, out var entry); depth++)
        {
            yield return entry;
            asset = entry.Parent;
        }
    }

    /// <summary>The assets above a point, its own first; last the asset that has the id of its site, if there is one and it is not among them already.</summary>
    public IEnumerable<Asset> PathOf(PointEntry point)
    {
        var siteSeen = false;
        foreach (var asset in PathOf(point.Asset))
        {
            siteSeen |= asset.Id == point.Id.Site;
            yield return asset;
        }
        if (!siteSeen && FindAsset(point.Id.Site) is { } site) yield return site;
    }

    /// <inheritdoc />
    public bool TryGet(PointId id, out PointKind kind, out string? unit, out ReadingType type)
    {
        if (points.TryGetValue(id, out var point))
        {
            (kind, unit, type) = (point.Kind, point.SourceUnit ?? point.Unit, point.Type);
            return true;
        }
        (kind, unit, type) = (PointKind.Value, null, ReadingType.None);
        return false;
    }

    /// <summary>The points as they are, or as they were at a place of the journal.</summary>
    public View Now() => new(this);

    /// <summary>A catalog of points as of <see cref="Position"/>; for one thread.</summary>
    public sealed class View(HubRegistry registry) : IPointCatalog
    {
        /// <summary>Position of the journal record that is decoded; <see cref="long.MaxValue"/>: as they are.</summary>
        public long Position { get; set; } = long.MaxValue;

        /// <inheritdoc />
        public bool TryGet(PointId id, out PointKind kind, out string? unit, out ReadingType type)
        {
            if (!registry.TryGet(id, out kind, out unit, out type)) return false;
            if (registry.History.Before(id, Position) is { } past) (kind, unit) = (past.Kind, past.SourceUnit ?? past.Unit);
            return true;
        }
    }
}
