using YamlDotNet.RepresentationModel;

namespace CityEdge.Adapters;

/// <summary>Type word → factory. <see cref="CreateDefault"/> knows every family of this project; a program may add its own.</summary>
public sealed class AdapterRegistry
{
    private readonly SortedDictionary<string, (AdapterFactory Factory, string Summary)> factories = new(StringComparer.Ordinal);

    /// <summary>Known type words with one line about each, in alphabetical order (<c>cityedge-edge adapters list</c>).</summary>
    public IReadOnlyList<(string Type, string Summary)> Types => [.. factories.Select(f => (f.Key, f.Value.Summary))];

    /// <summary>A registry of all families in this project.</summary>
    public static AdapterRegistry CreateDefault() => new AdapterRegistry()
        .Add("hwmon", Hwmon.HwmonAdapter.Create, "temperatures, voltages, fans of the board itself (Linux hwmon)")
        .Add("linux-iio", LinuxIio.IioAdapter.Create, "sensors and converters with a Linux IIO driver")
        .Add("one-wire", OneWire.OneWireAdapter.Create, "DS18B20 and relatives on the kernel's 1-Wire bus")
        .Add("replay", Replay.ReplayAdapter.Create, "recorded readings from a CSV or JSON-lines file");

    /// <summary>Adds a type.</summary>
    /// <exception cref="ArgumentException">The type is already there.</exception>
    public AdapterRegistry Add(string type, AdapterFactory factory, string summary)
    {
        factories.Add(type, (factory, summary));
        return this;
    }

    /// <summary>Makes the adapter that one entry of <c>adapters:</c> describes.</summary>
    public AdapterResult Create(AdapterContext context, YamlMappingNode entry)
    {
        var errors = new List<ConfigError>();
        var config = new ConfigNode(entry, context.ConfigFile, "", errors);
        var id = config.Text("id", required: true);
        var type = config.Text("type", required: true);
        if (type is null || id is null) return new AdapterResult(null, errors);
        if (!factories.TryGetValue(type, out var known))
        {
            config.Error("type", $"unknown adapter type '{type}'; known are {string.Join(", ", factories.Keys)}");
            return new AdapterResult(null, errors);
        }
        var adapter = known.Factory(id, context, config);
        config.RejectUnknown();
        return new AdapterResult(errors.Count == 0 ? adapter : null, errors);
    }
}
