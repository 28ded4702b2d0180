namespace CityEdge.City.World;

/// <summary>A fault of the simulated city: what it breaks, when, and what repairs it.</summary>
/// <param name="Asset">The asset that a crew must go to.</param>
/// <param name="At">When it happens.</param>
/// <param name="Name">For the log.</param>
/// <param name="Break">What it does to the world.</param>
/// <param name="Repair">What the crew does.</param>
public sealed record CityFault(string Asset, DateTimeOffset At, string Name, Action Break, Action Repair);

/// <summary>
/// The physical city: weather, station, buildings and roofs, stepped by one minute of its own time. Seeded: the same seed, start and repairs give the
/// same city. Thread-safe.
/// </summary>
public sealed class CityWorld
{
    private static readonly TimeSpan StepLength = TimeSpan.FromMinutes(1);
    private readonly Lock gate = new();
    private readonly List<CityFault> pending;
    private readonly List<CityFault> broken = [];
    private readonly Weather weather;
    private readonly DateTimeOffset wetFrom;
    private DateTimeOffset now;

    public CityWorld(int seed, DateTimeOffset start)
    {
        Seed = seed;
        now = start;
        wetFrom = start.AddHours(3);
        weather = new Weather(seed);
        Station = new HeatStation(seed);
        Buildings = [.. Enumerable.Range(1, 4).Select(i => new Building($"b{i}", $"{i}号楼", rooms: 3, seed + 10 * i))];
        Roofs = [.. Buildings.Select(b => new Roof($"{b.Id}-roof", b.Id))];
        var cold = Buildings[seed % 2 == 0 ? 0 : 2];
        var leak = Roofs[seed % 2 == 0 ? 3 : 1];
        pending =
        [
            new CityFault(cold.Id, start.AddHours(1), "heating valve stuck", () => cold.ValveStuck = true, () => cold.ValveStuck = false),
            new CityFault(leak.Id, start.AddHours(2), "roof membrane torn", () => leak.Torn = true, () => leak.Torn = false),
        ];
    }

    public int Seed { get; }

    public HeatStation Station { get; }

    public IReadOnlyList<Building> Buildings { get; }

    public IReadOnlyList<Roof> Roofs { get; }

    /// <summary>Told of faults as they happen and are repaired.</summary>
    public event Action<DateTimeOffset, string>? Happened;

    /// <summary>Outdoor temperature, Cel.</summary>
    public double Outdoor(DateTimeOffset time) => Math.Round(weather.Temperature(time), 2);

    /// <summary>Rain, mm/h.</summary>
    public double Rain(DateTimeOffset time) => Math.Round(weather.Rain(time, wetFrom), 2);

    /// <summary>Steps the city to <paramref name="time"/> and reads from it.</summary>
    public T Read<T>(DateTimeOffset time, Func<CityWorld, T> read)
    {
        lock (gate)
        {
            while (now + StepLength <= time) Step();
            return read(this);
        }
    }

    /// <summary>Repairs what is broken at the asset, or below or beside it on the same building; false when nothing is.</summary>
    public bool Repair(string asset)
    {
        lock (gate)
        {
            var mended = broken.Where(f => f.Asset == asset).ToList();
            foreach (var fault in mended)
            {
                fault.Repair();
                broken.Remove(fault);
                Happened?.Invoke(now, $"{fault.Asset}: {fault.Name}, repaired");
            }
            return mended.Count > 0;
        }
    }

    private void Step()
    {
        foreach (var fault in pending.Where(f => f.At <= now).ToList())
        {
            fault.Break();
            pending.Remove(fault);
            broken.Add(fault);
            Happened?.Invoke(now, $"{fault.Asset}: {fault.Name}");
        }
        var outdoor = weather.Temperature(now);
        var rain = weather.Rain(now, wetFrom);
        Station.Step(StepLength.TotalHours, outdoor, Buildings.Average(b => b.Temperature));
        foreach (var building in Buildings) building.Step(StepLength.TotalHours, outdoor, Station.Supply);
        foreach (var roof in Roofs) roof.Step(StepLength.TotalHours, rain);
        now += StepLength;
    }
}
