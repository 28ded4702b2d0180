using CityEdge.Contracts;

namespace CityEdge.Adapters.Hwmon;

/// <summary>
/// Sensors of the board itself, <c>{root}/class/hwmon/hwmon*</c> (kernel Documentation/hwmon/sysfs-interface): temperatures and humidity in milli-units, voltages in mV, currents in mA, power and energy in
/// micro-units, fans in 1/min, frequencies in Hz. A <c>_fault</c> of 1 is a fault of the sensor.
/// </summary>
public sealed class HwmonAdapter : SysfsAdapter
{
    private HwmonAdapter(string id, AdapterContext context, ConfigNode config) : base(id, "hwmon", context, config, "chip", "sensor")
    {
    }

    /// <summary>Factory of type <c>hwmon</c>: <c>root every points[chip sensor]</c>.</summary>
    public static IAdapter? Create(string id, AdapterContext context, ConfigNode config) => new HwmonAdapter(id, context, config) is var adapter && config.IsValid ? adapter : null;

    private protected override (PointKind Kind, string? Unit) Quantity(string channel) => Lookup(channel) is var (kind, unit, _) ? (kind, unit) : default;

    private protected override IReadOnlyList<SysfsChannel> Channels()
    {
        var channels = new List<SysfsChannel>();
        foreach (var chip in SysfsFile.Folders(Path.Combine(Root, "class/hwmon")))
        {
            // Drivers of before Linux 3.x keep the attributes one level down.
            var folder = Directory.EnumerateFiles(chip, "*_input").Any() || !Directory.Exists(Path.Combine(chip, "device")) ? chip : Path.Combine(chip, "device");
            var device = SysfsFile.Read(Path.Combine(chip, "name")) ?? SysfsFile.Read(Path.Combine(folder, "name")) ?? Path.GetFileName(chip);
            foreach (var file in Directory.EnumerateFiles(folder, "*_input").Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(file)[..^6];
                if (Lookup(name) is not { Divisor: > 0 } quantity) continue;
                channels.Add(new SysfsChannel(device, folder, name, SysfsFile.Read(Path.Combine(folder, $"{name}_label")), quantity.Kind, quantity.Unit, quantity.Divisor));
            }
        }
        return channels;
    }

    private protected override double Read(SysfsChannel channel)
    {
        if (SysfsFile.Read(Path.Combine(channel.Folder, $"{channel.Channel}_fault")) is "1") throw new IOException("the chip reports a fault of the sensor (open or shorted line)");
        var text = SysfsFile.Read(Path.Combine(channel.Folder, $"{channel.Channel}_input")) ?? throw new IOException("the sensor is gone");
        return long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) ? number / channel.Divisor : throw new IOException($"'{text}' is no number");
    }

    private static (PointKind Kind, string? Unit, double Divisor) Lookup(string channel) => channel.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9') switch
    {
        "temp" => (PointKind.Temperature, "Cel", 1000),
        "in" => (PointKind.Voltage, "V", 1000),
        "curr" => (PointKind.Current, "A", 1000),
        "power" => (PointKind.Power, "W", 1e6),
        "energy" => (PointKind.Energy, "J", 1e6),
        "humidity" => (PointKind.Humidity, "%RH", 1000),
        "fan" => (PointKind.Value, "1/min", 1),
        "freq" => (PointKind.Value, "Hz", 1),
        _ => (PointKind.Value, null, 0),
    };
}
