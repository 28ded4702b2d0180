namespace CityEdge.Rules;

/// <summary>
/// Times of the sun by place and date, with the equations of NOAA's solar calculator (gml.noaa.gov/grad/solcalc/calcdetails.html), which are those of J. Meeus, Astronomical Algorithms, in low accuracy:
/// within a minute at the sea's horizon up to 72 degrees of latitude, where the air allows.
/// </summary>
internal static class SolarTimes
{
    private const double DayMs = 86_400_000;
    private const double MinuteMs = 60_000;
    private const double UnixEpochJulian = 2440587.5;
    private const double Radian = Math.PI / 180;

    /// <summary>
    /// Unix ms of the event around the noon of <paramref name="date"/> at the place. Where the sun stays above the height, its morning is 12 h before and its evening 12 h after noon; where it stays below,
    /// both are at noon: so a day, or a night, without end has one.
    /// </summary>
    public static long TimeMs(SunEvent which, DateOnly date, GeoPosition place)
    {
        var midnight = (date.DayNumber - new DateOnly(1970, 1, 1).DayNumber) * DayMs;
        var time = midnight + (720 - 4 * place.Long) * MinuteMs;
        // The sun moves on while it climbs: its position is taken anew at the time found.
        for (var pass = 0; pass < 3; pass++)
        {
            var (declination, equation) = Sun(time);
            var half = 4 * HourAngle(which is SunEvent.Dawn or SunEvent.Dusk ? 96 : 90.833, place.Lat, declination);
            time = midnight + (720 - 4 * place.Long - equation + (which is SunEvent.Dawn or SunEvent.Sunrise ? -half : half)) * MinuteMs;
        }
        return (long)Math.Round(time);
    }

    /// <summary>Degrees from noon, 0 to 180.</summary>
    private static double HourAngle(double zenith, double latitude, double declination)
    {
        var cosine = Cos(zenith) / (Cos(latitude) * Cos(declination)) - Math.Tan(latitude * Radian) * Math.Tan(declination * Radian);
        return double.IsNaN(cosine) ? 90 : Math.Acos(Math.Clamp(cosine, -1, 1)) / Radian;
    }

    /// <summary>Declination in degrees, and the equation of time in minutes.</summary>
    private static (double Declination, double Equation) Sun(double ms)
    {
        var t = (ms / DayMs + UnixEpochJulian - 2451545) / 36525;
        var meanLongitude = 280.46646 + t * (36000.76983 + t * 0.0003032);
        var meanAnomaly = 357.52911 + t * (35999.05029 - t * 0.0001537);
        var eccentricity = 0.016708634 - t * (0.000042037 + t * 0.0000001267);
        var centre = Sin(meanAnomaly) * (1.914602 - t * (0.004817 + t * 0.000014)) + Sin(2 * meanAnomaly) * (0.019993 - t * 0.000101) + Sin(3 * meanAnomaly) * 0.000289;
        var node = 125.04 - 1934.136 * t;
        var longitude = meanLongitude + centre - 0.00569 - 0.00478 * Sin(node);
        var obliquity = 23 + (26 + (21.448 - t * (46.815 + t * (0.00059 - t * 0.001813))) / 60) / 60 + 0.00256 * Cos(node);
        var y = Math.Pow(Math.Tan(obliquity / 2 * Radian), 2);
        var equation = y * Sin(2 * meanLongitude) - 2 * eccentricity * Sin(meanAnomaly) + 4 * eccentricity * y * Sin(meanAnomaly) * Cos(2 * meanLongitude)
            - y * y / 2 * Sin(4 * meanLongitude) - 1.25 * eccentricity * eccentricity * Sin(2 * meanAnomaly);
        return (Math.Asin(Sin(obliquity) * Sin(longitude)) / Radian, 4 * equation / Radian);
    }

    private static double Sin(double degrees) => Math.Sin(degrees * Radian);

    private static double Cos(double degrees) => Math.Cos(degrees * Radian);
}
