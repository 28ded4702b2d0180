using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Complaints;

/// <summary>From the asset tree as it stands to places that can be compared without it. One instance looks the tree through at most once: make one for each request.</summary>
public sealed class CityPlaces(HubRegistry registry)
{
    /// <summary>Label: the address of an asset, in words.</summary>
    public const string AddressLabel = "address";

    /// <summary>Site of what lies in no known one.</summary>
    public const string NoSite = "city";

    /// <summary>Kinds of assets that are areas: their coordinates are the middle of something large.</summary>
    private static readonly HashSet<string> Areas = new(["city", "district", "street", "town", "community", "village", "grid", "site", "park", "road"], StringComparer.Ordinal);

    private Dictionary<string, string?>? addresses;
    private Dictionary<string, string>? sites;

    /// <summary>Where an asset is: its own coordinates, else those of the nearest one above that is no area.</summary>
    public static CityPlace? Of(HubRegistry registry, string? asset)
    {
        if (asset is null || registry.FindAsset(asset) is not { } itself) return null;
        var path = registry.PathOf(asset).ToList();
        var spot = path.FirstOrDefault(a => a is { Lat: not null, Long: not null } && (a.Id == asset || !Areas.Contains(a.Kind)));
        return new CityPlace(asset, [.. path.Select(a => a.Id)], spot?.Lat, spot?.Long, Areas.Contains(itself.Kind));
    }

    /// <summary>Where a complaint is: at the asset that it names or whose name or address label is its address, and at the spot that it gives, which is better than the asset's.</summary>
    public CityPlace Of(string? asset, double? lat, double? lon, string? address)
    {
        asset ??= address is null ? null : ByAddress(address.Trim());
        var place = Of(registry, asset) ?? CityPlace.Unknown;
        return lat is null || lon is null ? place : place with { Lat = lat, Long = lon };
    }

    /// <summary>The site whose points are on the asset, below it or above it; else the hub's only site, else <see cref="NoSite"/>.</summary>
    public string SiteOf(CityPlace place)
    {
        sites ??= Sites();
        foreach (var asset in place.Path)
        {
            if (sites.TryGetValue(asset, out var site)) return site;
        }
        var all = registry.Devices.Select(d => d.Site).Distinct().Take(2).ToList();
        return all.Count == 1 ? all[0] : NoSite;
    }

    private string? ByAddress(string address)
    {
        if (addresses is null)
        {
            addresses = new(StringComparer.Ordinal);
            foreach (var asset in registry.Assets)
            {
                foreach (var words in new[] { asset.Name, asset.Labels.GetValueOrDefault(AddressLabel) }.OfType<string>().Distinct())
                {
                    // One that several assets have says nothing.
                    if (!addresses.TryAdd(words, asset.Id)) addresses[words] = null;
                }
            }
        }
        return addresses.GetValueOrDefault(address);
    }

    private Dictionary<string, string> Sites()
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var site in registry.Devices.Select(d => d.Site).Distinct()) found[site] = site;
        foreach (var point in registry.Points.OrderBy(p => p.Id.Site, StringComparer.Ordinal))
        {
            foreach (var asset in registry.PathOf(point.Asset)) found.TryAdd(asset.Id, point.Id.Site);
        }
        return found;
    }
}
