namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Where something is, as the asset tree stood when it was told: enough to say whether two things are near, without the tree.</summary>
/// <param name="Asset">The asset itself; null where only a spot on the map is known.</param>
/// <param name="Path">The asset and those above it, nearest first; empty without asset.</param>
/// <param name="Lat">WGS 84 latitude, degrees; null when unknown.</param>
/// <param name="Long">WGS 84 longitude, degrees; null when unknown.</param>
/// <param name="IsArea">The asset is an area (a community, a district), so naming it says little about where.</param>
public sealed record CityPlace(string? Asset, IReadOnlyList<string> Path, double? Lat, double? Long, bool IsArea = false)
{
    /// <summary>Nowhere that is known: near nothing.</summary>
    public static CityPlace Unknown { get; } = new(null, [], null, null);

    /// <summary>Metres between the two spots on a sphere of 6 371 km (haversine); null when one is unknown.</summary>
    public double? MetresTo(CityPlace other)
    {
        if (Lat is not { } lat1 || Long is not { } long1 || other.Lat is not { } lat2 || other.Long is not { } long2) return null;
        const double radius = 6_371_000, degree = Math.PI / 180;
        double half(double difference) => Math.Pow(Math.Sin(difference * degree / 2), 2);
        var chord = half(lat2 - lat1) + (Math.Cos(lat1 * degree) * Math.Cos(lat2 * degree) * half(long2 - long1));
        return 2 * radius * Math.Asin(Math.Min(1, Math.Sqrt(chord)));
    }
}
