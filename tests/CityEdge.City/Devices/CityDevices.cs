using System.Text.Json;
using CityEdge.City.World;
using CityEdge.Contracts;

namespace CityEdge.City.Devices;

/// <summary>The devices of the simulated city: heat station, pump, a gateway for the rooms and one for the roof of each building, kiosks, water-fee terminals, cameras, weather.</summary>
public static class CityDevices
{
    public static IReadOnlyList<CityDevice> All(CityWorld world)
    {
        var devices = new List<CityDevice>
        {
            new("weather-01",
            [
                Number("outdoor.temperature", PointKind.Temperature, "hepingli", null, (w, t) => w.Outdoor(t)),
                Number("rain.intensity", PointKind.Value, "hepingli", null, (w, t) => w.Rain(t)),
            ]),
            new("boiler-01",
            [
                Number("supply.temperature", PointKind.Temperature, "station-1", "station-supply", (w, _) => Math.Round(w.Station.Supply, 2)),
                Number("return.temperature", PointKind.Temperature, "station-1", "station-return", (w, _) => Math.Round(w.Station.Return, 2)),
                Number("supply.pressure", PointKind.Pressure, "station-1", "station-supply", (w, t) => w.Station.Pressure(t)),
                Number("supply.flow", PointKind.Flow, "station-1", "station-supply", (w, t) => w.Station.Flow(t)),
            ]),
            new("pump-01", [Number("pump.current", PointKind.Current, "station-1", "pump", (w, t) => w.Station.PumpCurrent(t))]),
        };
        foreach (var (building, roof) in world.Buildings.Zip(world.Roofs))
        {
            var rooms = Enumerable.Range(1, building.Rooms).Select(room =>
                Number($"room{room}.temperature", PointKind.Temperature, $"{building.Id}-r{room}", "room", (_, t) => building.Room(room, t)));
            devices.Add(new($"rooms-{building.Id}", [.. rooms, Number("valve.opening", PointKind.Ratio, building.Id, "valve", (_, _) => Math.Round(building.Valve, 3))]));
            devices.Add(new($"roof-{building.Id}", [new("leak", PointKind.Contact, roof.Id, "roof-leak", (_, _) => ReadingValue.FromBoolean(roof.Wet))]));
        }
        for (var i = 1; i <= 5; i++) devices.Add(Kiosk(world, i));
        for (var i = 1; i <= 4; i++) devices.Add(FeeTerminal(world, i));
        for (var i = 1; i <= 4; i++) devices.Add(Camera(world, i));
        return devices;
    }

    private static CityDevice Kiosk(CityWorld world, int i) => new(
        $"kiosk-{i:00}",
        [
            Number("cabinet.temperature", PointKind.Temperature, $"kiosk-{i}", "kiosk-cabinet", (w, t) => Cabinet(w, t, 300 + i, 14)),
            Number("cabinet.humidity", PointKind.Humidity, $"kiosk-{i}", "kiosk-cabinet", (w, t) => Math.Round(45 + 12 * Noise.Smooth(w.Seed + 310 + i, t, TimeSpan.FromHours(5)), 1)),
        ],
        (w, t) => Sometimes(w.Seed + 320 + i, t, chance: 0.25)
            ? Event(world, $"kiosk-{i:00}", t, "cityedge.kiosk.session", $"kiosk-{i}", new { seconds = (int)(60 + 50 * Noise.White(w.Seed + 330 + i, t)), completed = Noise.White(w.Seed + 340 + i, t) < 0.9 })
            : null);

    private static CityDevice FeeTerminal(CityWorld world, int i) => new(
        $"fee-{i:00}",
        [
            new("door", PointKind.Contact, $"fee-{i}", "fee-terminal-door", (_, _) => ReadingValue.FromBoolean(false)),
            Number("cabinet.temperature", PointKind.Temperature, $"fee-{i}", "fee-cabinet", (w, t) => Cabinet(w, t, 400 + i, 11)),
        ],
        (w, t) => Sometimes(w.Seed + 420 + i, t, chance: 0.2)
            ? Event(world, $"fee-{i:00}", t, "cityedge.fee.payment", $"fee-{i}", new { amount_fen = 1000 + (int)(9000 * Math.Abs(Noise.White(w.Seed + 430 + i, t))), volume_m3 = Math.Round(2 + 8 * Math.Abs(Noise.White(w.Seed + 440 + i, t)), 1), ok = true })
            : null);

    private static CityDevice Camera(CityWorld world, int i) => new(
        $"camera-{i:00}",
        [Number("box.temperature", PointKind.Temperature, $"camera-{i}", "camera-box", (w, t) => Cabinet(w, t, 500 + i, 9))],
        (w, t) => Sometimes(w.Seed + 520 + i, t, chance: 0.1) ? Event(world, $"camera-{i:00}", t, "cityedge.camera.motion", $"camera-{i}", new { zone = "gate" }) : null);

    private static CityPoint Number(string name, PointKind kind, string asset, string? role, Func<CityWorld, DateTimeOffset, double> read) =>
        new(name, kind, asset, role, (w, t) => ReadingValue.FromNumber(read(w, t)));

    private static double Cabinet(CityWorld world, DateTimeOffset time, int seed, double above) => Math.Round(world.Outdoor(time) + above + 2 * Noise.Smooth(world.Seed + seed, time, TimeSpan.FromHours(1)), 2);

    private static bool Sometimes(int seed, DateTimeOffset time, double chance) => Math.Abs(Noise.White(seed, time)) < chance && time.ToOffset(TimeSpan.FromHours(8)).Hour is >= 7 and < 22;

    private static CloudEvent Event(CityWorld world, string device, DateTimeOffset time, string type, string subject, object data) => new()
    {
        // The same device, time and type is the same event, however often it is sent.
        Id = $"{world.Seed}-{device}-{time.ToUnixTimeMilliseconds()}",
        Source = $"{CityMap.Site}/{device}",
        Type = type,
        Subject = subject,
        TimeMs = time.ToUnixTimeMilliseconds(),
        Data = JsonSerializer.SerializeToElement(data),
    };
}
