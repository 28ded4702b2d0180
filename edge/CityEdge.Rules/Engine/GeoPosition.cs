namespace CityEdge.Rules;

/// <summary>A place on earth.</summary>
/// <param name="Lat">WGS 84 latitude, degrees, north positive.</param>
/// <param name="Long">WGS 84 longitude, degrees, east positive.</param>
public readonly record struct GeoPosition(double Lat, double Long);
