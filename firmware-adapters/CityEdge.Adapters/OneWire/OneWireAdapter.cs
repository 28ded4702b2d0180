using CityEdge.Contracts;

namespace CityEdge.Adapters.OneWire;

/// <summary>
/// Thermometers on the kernel's 1-Wire bus, <c>{root}/bus/w1/devices/FF-*/w1_slave</c>, families 10, 22, 28, 3b and 42 (DS18S20, DS1822, DS18B20, DS1825, DS28EA00).
/// </summary>
public sealed class OneWireAdapter : SysfsAdapter
{
    private static readonly string[] Families = ["10-", "22-", "28-", "3b-", "42-"];
    private readonly Dictionary<string, double> last = new(StringComparer.Ordinal);

    private OneWireAdapter(string id, AdapterContext context, ConfigNode config) : base(id, "one-wire", context, config, "address", "address")
    {
    }

    /// <summary>Factory of type <c>one-wire</c>: <c>root every points[address]</c>.</summary>
    public static IAdapter? Create(string id, AdapterContext context, ConfigNode config) => new OneWireAdapter(id, context, config) is var adapter && config.IsValid ? adapter : null;

    private protected override (PointKind Kind, string? Unit) Quantity(string channel) => (PointKind.Temperature, "Cel");

    private protected override IReadOnlyList<SysfsChannel> Channels() =>
    [
        .. SysfsFile.Folders(Path.Combine(Root, "bus/w1/devices"))
            .Where(f => Families.Any(family => Path.GetFileName(f).StartsWith(family, StringComparison.OrdinalIgnoreCase)))
            .Select(f => new SysfsChannel("w1", f, Path.GetFileName(f), null, PointKind.Temperature, "Cel", 1000, $"w1.{PointKeys.ToName(Path.GetFileName(f))}")),
    ];

    private protected override double Read(SysfsChannel channel)
    {
        var text = SysfsFile.Read(Path.Combine(channel.Folder, "w1_slave")) ?? throw new IOException("the sensor is gone from the bus");
        var celsius = W1Slave.Parse(text, last.TryGetValue(channel.Channel, out var before) ? before : null, out var fault) ?? throw new IOException(fault);
        return last[channel.Channel] = celsius;
    }
}
