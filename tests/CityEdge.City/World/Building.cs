namespace CityEdge.City.World;

/// <summary>
/// A building as one heat store: it loses heat to the outside and gets it from the station through its valve. Rooms differ by a fixed offset. The
/// time constant of some twenty hours is that of a brick block; a stuck valve makes rooms cold within hours, not minutes.
/// </summary>
public sealed class Building(string id, string name, int rooms, int seed)
{
    private const double TimeConstantHours = 22;

    /// <summary>Cel per hour that a fully open valve adds at a supply of 60 Cel.</summary>
    private const double HeatingPower = 3.1;

    public string Id { get; } = id;

    public string Name { get; } = name;

    public int Rooms { get; } = rooms;

    /// <summary>Mean indoor temperature, Cel.</summary>
    public double Temperature { get; private set; } = 20.5;

    /// <summary>0 closed .. 1 open; the building's own control moves it.</summary>
    public double Valve { get; private set; } = 0.5;

    /// <summary>True while the valve is stuck nearly shut.</summary>
    public bool ValveStuck { get; set; }

    public void Step(double hours, double outdoor, double supply)
    {
        var wanted = Math.Clamp(0.5 + (21 - Temperature) * 0.6, 0.05, 1);
        Valve = ValveStuck ? 0.03 : Valve + (wanted - Valve) * Math.Min(1, hours * 4);
        var gain = HeatingPower * Valve * Math.Max(0, supply - Temperature) / 40;
        var loss = (Temperature - outdoor) / TimeConstantHours;
        // A stuck valve leaves the riser cold as well: the draught of its shaft adds to the loss.
        Temperature += (gain - (ValveStuck ? 1.6 : 1) * loss) * hours;
    }

    /// <summary>Temperature of room 1..<see cref="Rooms"/>, Cel, with the sensor's own noise.</summary>
    public double Room(int room, DateTimeOffset time) =>
        Math.Round(Temperature + 0.8 * Offset(room) + 0.15 * Noise.Smooth(seed * 100 + room, time, TimeSpan.FromMinutes(40)), 2);

    private double Offset(int room) => Rooms == 1 ? 0 : (room - 1) / (double)(Rooms - 1) - 0.5;
}
