namespace CityEdge.City.World;

/// <summary>Winter weather of a northern city: a daily swing, slow fronts and rain, all from a seed and the time alone.</summary>
public sealed class Weather(int seed)
{
    /// <summary>Outdoor temperature, Cel.</summary>
    public double Temperature(DateTimeOffset time)
    {
        var local = time.ToOffset(TimeSpan.FromHours(8));
        var hour = local.TimeOfDay.TotalHours;
        // Coldest at five in the morning, warmest at two in the afternoon.
        var daily = -4.5 * Math.Cos((hour - 14.5) / 24 * 2 * Math.PI + Math.PI);
        return -3 + daily + 3 * Noise.Smooth(seed, time, TimeSpan.FromHours(30));
    }

    /// <summary>Rain or sleet, mm/h, 0 when dry.</summary>
    public double Rain(DateTimeOffset time, DateTimeOffset wetFrom)
    {
        // The first rain of the run is scheduled, so that a roof leak can be seen; later ones come as they come.
        if (time >= wetFrom && time < wetFrom.AddHours(5)) return 3 + 2 * Noise.Smooth(seed + 1, time, TimeSpan.FromHours(1));
        return time > wetFrom ? Math.Max(0, 6 * Noise.Smooth(seed + 2, time, TimeSpan.FromHours(9)) - 3.5) : 0;
    }
}
