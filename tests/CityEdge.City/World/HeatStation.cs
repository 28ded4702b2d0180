namespace CityEdge.City.World;

/// <summary>The boiler room that feeds the buildings: supply temperature by the weather, circulation pump, pressure.</summary>
public sealed class HeatStation(int seed)
{
    /// <summary>Cel.</summary>
    public double Supply { get; private set; } = 58;

    /// <summary>Cel.</summary>
    public double Return { get; private set; } = 44;

    public void Step(double hours, double outdoor, double meanIndoor)
    {
        var wanted = Math.Clamp(60 - outdoor * 1.4, 40, 85);
        Supply += (wanted - Supply) * Math.Min(1, hours * 2);
        Return += (Supply - 14 - (21 - meanIndoor) - Return) * Math.Min(1, hours * 2);
    }

    /// <summary>Supply pressure, Pa.</summary>
    public double Pressure(DateTimeOffset time) => Math.Round(420_000 + 12_000 * Noise.Smooth(seed + 7, time, TimeSpan.FromHours(2)));

    /// <summary>Circulation flow, m3/s.</summary>
    public double Flow(DateTimeOffset time) => Math.Round(0.021 + 0.002 * Noise.Smooth(seed + 8, time, TimeSpan.FromHours(1)), 5);

    /// <summary>Motor current of the circulation pump, A.</summary>
    public double PumpCurrent(DateTimeOffset time) => Math.Round(14.2 + 0.4 * Noise.Smooth(seed + 9, time, TimeSpan.FromMinutes(20)), 2);
}
