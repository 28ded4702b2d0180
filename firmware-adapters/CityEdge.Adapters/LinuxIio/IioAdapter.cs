using CityEdge.Contracts;

namespace CityEdge.Adapters.LinuxIio;

/// <summary>
/// Channels of Linux Industrial I/O drivers, <c>{root}/bus/iio/devices/iio:device*</c> (kernel ABI sysfs-bus-iio). A <c>_input</c> is processed; a <c>_raw</c> gives (raw + offset) · scale, with scale and offset of the
/// channel, or shared by its type. Milli-units of the ABI (°C, %RH, V, A, W) and kilopascals are brought to Cel, %RH, V, A, W and Pa.
/// </summary>
public sealed class IioAdapter : SysfsAdapter
{
    private IioAdapter(string id, AdapterContext context, ConfigNode config) : base(id, "linux-iio", context, config, "device", "channel")
    {
    }

    /// <summary>Factory of type <c>linux-iio</c>: <c>root every points[device channel]</c>.</summary>
    public static IAdapter? Create(string id, AdapterContext context, ConfigNode config) => new IioAdapter(id, context, config) is var adapter && config.IsValid ? adapter : null;

    private protected override (PointKind Kind, string? Unit) Quantity(string channel) => Lookup(channel) is var (kind, unit, _) ? (kind, unit) : default;

    private protected override IReadOnlyList<SysfsChannel> Channels()
    {
        var channels = new List<SysfsChannel>();
        foreach (var folder in SysfsFile.Folders(Path.Combine(Root, "bus/iio/devices")))
        {
            if (!Path.GetFileName(folder).StartsWith("iio:device", StringComparison.Ordinal)) continue;
            var device = SysfsFile.Read(Path.Combine(folder, "name")) ?? Path.GetFileName(folder);
            var names = Directory.EnumerateFiles(folder, "in_*").Select(f => Path.GetFileName(f)[3..])
                .Select(n => n.EndsWith("_input", StringComparison.Ordinal) ? n[..^6] : n.EndsWith("_raw", StringComparison.Ordinal) ? n[..^4] : null);
            foreach (var name in names.OfType<string>().Distinct().Order(StringComparer.Ordinal))
            {
                var (kind, unit, divisor) = Lookup(name);
                channels.Add(new SysfsChannel(device, folder, name, SysfsFile.Read(Path.Combine(folder, $"in_{name}_label")), kind, unit, divisor));
            }
        }
        return channels;
    }

    private protected override double Read(SysfsChannel channel)
    {
        string File(string name, string attribute) => Path.Combine(channel.Folder, $"in_{name}_{attribute}");
        if (SysfsFile.Read(File(channel.Channel, "input")) is { } input) return Parse(input) / channel.Divisor;
        var raw = Parse(SysfsFile.Read(File(channel.Channel, "raw")) ?? throw new IOException("the channel is gone"));
        double? scale = null, offset = null;
        foreach (var name in Spellings(channel.Channel))
        {
            scale ??= SysfsFile.Number(File(name, "scale"));
            offset ??= SysfsFile.Number(File(name, "offset"));
        }
        return (raw + (offset ?? 0)) * (scale ?? 1) / channel.Divisor;
    }

    // voltage0 -> voltage0, voltage; voltage0-voltage1 -> …, voltage-voltage; concentration_co2 -> …, concentration.
    private static IEnumerable<string> Spellings(string channel)
    {
        yield return channel;
        var type = string.Concat(channel.Where(c => !char.IsAsciiDigit(c)));
        if (!channel.Contains('_')) yield return type;
        else yield return string.Concat(channel.AsSpan(0, channel.IndexOf('_')).ToString().Where(c => !char.IsAsciiDigit(c)));
    }

    private static double Parse(string text) =>
        double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : throw new IOException($"'{text}' is no number");

    private static (PointKind Kind, string? Unit, double Divisor) Lookup(string channel)
    {
        var letters = 0;
        while (letters < channel.Length && char.IsAsciiLetter(channel[letters])) letters++;
        return channel[..letters] switch
        {
            "temp" => (PointKind.Temperature, "Cel", 1000),
            "humidityrelative" => (PointKind.Humidity, "%RH", 1000),
            "pressure" => (PointKind.Pressure, "Pa", 0.001),
            "voltage" or "altvoltage" => (PointKind.Voltage, "V", 1000),
            "current" => (PointKind.Current, "A", 1000),
            "power" => (PointKind.Power, "W", 1000),
            "energy" => (PointKind.Energy, "J", 1),
            "illuminance" => (PointKind.Illuminance, "lx", 1),
            "distance" => (PointKind.Level, "m", 1),
            "resistance" => (PointKind.Value, "Ohm", 1),
            "concentration" => (PointKind.Ratio, "/", 100),
            "ph" => (PointKind.Value, "pH", 1),
            _ => (PointKind.Value, null, 1),
        };
    }
}
