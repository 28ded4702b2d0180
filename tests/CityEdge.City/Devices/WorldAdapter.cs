using CityEdge.Adapters;
using CityEdge.City.World;
using CityEdge.Contracts;

namespace CityEdge.City.Devices;

/// <summary>The adapter of a simulated device: every <paramref name="every"/> of the city's clock it reads the world, as a real one reads its bus.</summary>
public sealed class WorldAdapter(CityDevice device, CityWorld world, TimeProvider clock, TimeSpan every) : IAdapter
{
    public string Id => "world";

    public string Type => "simulated";

    public IReadOnlyList<PointDeclaration> Points { get; } =
    [
        .. device.Points.Select(p => new PointDeclaration
        {
            Name = p.Name,
            Asset = p.Asset,
            Labels = p.Role is null ? null : new Dictionary<string, string> { ["role"] = p.Role },
            Normalisation = new PointConfig { Kind = p.Kind, Unit = PointKinds.CanonicalUnit(p.Kind) },
        }),
    ];

    public AdapterHealth Health { get; } = new("world");

    /// <inheritdoc />
    public async Task RunAsync(IReadingSink sink, CancellationToken cancellation)
    {
        var next = Align(clock.GetUtcNow());
        while (!cancellation.IsCancellationRequested)
        {
            var wait = next - clock.GetUtcNow();
            if (wait > TimeSpan.Zero) await Task.Delay(wait, clock, cancellation);
            var readings = Read(next);
            await sink.WriteAsync(readings, cancellation);
            Health.Stored(readings.Count);
            if (device.Events is { } events && world.Read(next, w => events(w, next)) is { } happened) await sink.WriteEventsAsync([happened], cancellation);
            next += every;
            // After a pause of the machine the missed samples are not made up: a real sensor would not have them either.
            if (next < clock.GetUtcNow() - every) next = Align(clock.GetUtcNow());
        }
    }

    /// <inheritdoc />
    public Task<IReadOnlyList<Reading>> ReadOnceAsync(CancellationToken cancellation) => Task.FromResult<IReadOnlyList<Reading>>(Read(clock.GetUtcNow()));

    private DateTimeOffset Align(DateTimeOffset time) => new(time.UtcTicks - time.UtcTicks % every.Ticks + every.Ticks, TimeSpan.Zero);

    private List<Reading> Read(DateTimeOffset time) => world.Read(time, w => device.Points
        .Select(p => new Reading(new PointId(CityMap.Site, device.Name, p.Name), time.ToUnixTimeMilliseconds(), p.Read(w, time), PointKinds.CanonicalUnit(p.Kind))).ToList());
}
