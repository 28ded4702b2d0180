using CityEdge.Contracts;
using CityEdge.Hub.Complaints;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;
using CityEdge.Rules;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// From an alarm to the incident that it belongs to. With <c>group_by</c> all alarms of a category below one ancestor asset are one incident;
/// without it each (rule, point) is its own. A silent sensor is another fault than a bad value, so its alarm has an incident of its own.
/// </summary>
public static class TicketRouting
{
    private static readonly string[] AreaLabels = ["social_grid", "area", "grid_cell"];

    /// <summary>The ticket room's input for a transition of <paramref name="rule"/>.</summary>
    public static AlarmInput Input(AlarmTransition transition, RuleDefinition rule, HubRegistry registry, long arrivalMs)
    {
        var (asset, group) = Where(transition.Point, rule, registry);
        if (transition.NoData) group = null;
        var key = group is not null ? $"{rule.Ticket.Category}|{group}" : $"{rule.Id}|{transition.Point}";
        if (transition.NoData) key += "|silence";
        var path = registry.PathOf(group ?? asset).ToList();
        return new AlarmInput(transition, rule.Ticket, key, transition.Point.Site, group ?? asset, arrivalMs, CityPlaces.Of(registry, group ?? asset)) { Areas = Areas(path), Owner = Owner(path) };
    }

    /// <summary>Where an asset lies, for the responsibility catalogue: labels <c>social_grid area grid_cell</c>, nearest ancestor first.</summary>
    public static IReadOnlyList<string> Areas(IEnumerable<Asset> path) =>
        [.. path.SelectMany(a => AreaLabels.Select(label => a.Labels.GetValueOrDefault(label))).OfType<string>().Distinct()];

    /// <summary>Whose an asset is: label <c>owner</c> of it or of the nearest ancestor that has one.</summary>
    public static string? Owner(IEnumerable<Asset> path) => path.Select(a => a.Labels.GetValueOrDefault("owner")).FirstOrDefault(o => !string.IsNullOrWhiteSpace(o));

    /// <summary>Where the incident of an alarm of the rule on the point is; null where the point has no asset.</summary>
    public static CityPlace? PlaceOf(PointId point, RuleDefinition rule, HubRegistry registry)
    {
        var (asset, group) = Where(point, rule, registry);
        return CityPlaces.Of(registry, group ?? asset);
    }

    private static (string? Asset, string? Group) Where(PointId id, RuleDefinition rule, HubRegistry registry)
    {
        // The alarm of an asset comes from a point that only stands for it.
        var stands = AssetPoints.Stands(id);
        var point = stands ? null : rule.EventType is null ? registry.FindPoint(id) : EventSubjects.Entry(id, registry);
        var asset = stands ? registry.FindAsset(id.Name)?.Id : point?.Asset;
        var path = point is null ? registry.PathOf(asset) : registry.PathOf(point);
        return (asset, rule.GroupBy is null ? null : path.FirstOrDefault(a => a.Kind == rule.GroupBy)?.Id);
    }

    /// <summary>The point as the engine's rules see it: its labels merged over those of its asset, nearest ancestor first, the asset named as its site last. A label of the point counts as its attribute too.</summary>
    public static PointContext Context(PointEntry point, HubRegistry registry, TimeZoneInfo zone)
    {
        var labels = new Dictionary<string, string>();
        var attributes = new Dictionary<string, AttributeValue>();
        foreach (var (key, value) in point.Labels)
        {
            labels[key] = value;
            attributes[key] = AttributeValue.Parse(value);
        }
        var path = new List<AssetLevel>();
        GeoPosition? position = null;
        foreach (var asset in registry.PathOf(point))
        {
            path.Add(new AssetLevel(asset.Id, asset.Kind, asset.Attributes));
            if (position is null && asset is { Lat: { } lat, Long: { } longitude }) position = new GeoPosition(lat, longitude);
            foreach (var (key, value) in asset.Labels) labels.TryAdd(key, value);
            foreach (var (key, value) in asset.Attributes) attributes.TryAdd(key, value);
        }
        if (point.Asset is not null) labels["asset"] = point.Asset;
        labels["device"] = point.Id.Device;
        labels["site"] = point.Id.Site;
        return new PointContext(point.Id, point.Kind, point.Asset, labels, attributes, zone) { Path = path, Position = position };
    }
}
