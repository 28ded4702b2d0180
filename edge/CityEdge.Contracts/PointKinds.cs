using System.Collections.Frozen;

namespace CityEdge.Contracts;

/// <summary>
/// Names, canonical SenML units and stored fields of <see cref="PointKind"/> (design §5, <i>Kinds</i>). The name of a kind is also its InfluxDB measurement.
/// </summary>
public static class PointKinds
{
    private static readonly string[] Names =
    [
        "value", "temperature", "humidity", "pressure", "flow", "volume", "level", "power", "energy", "illuminance", "current", "voltage", "ratio", "contact", "text",
    ];

    private static readonly string?[] CanonicalUnits =
        [null, "Cel", "%RH", "Pa", "m3/s", "m3", "m", "W", "J", "lx", "A", "V", "/", null, null];

    private static readonly FrozenDictionary<string, PointKind> ByName =
        Names.Select((name, index) => KeyValuePair.Create(name, (PointKind)index)).ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>All kinds, in the order of the enumeration.</summary>
    public static IReadOnlyList<PointKind> All { get; } = Enum.GetValues<PointKind>();

    /// <summary>The lower-case word, e.g. <c>temperature</c>.</summary>
    public static string Name(PointKind kind) => Names[(int)kind];

    /// <summary>Parses <see cref="Name"/>; case matters.</summary>
    public static bool TryParse(string? text, out PointKind kind)
    {
        kind = PointKind.Value;
        return text is not null && ByName.TryGetValue(text, out kind);
    }

    /// <summary>The SenML unit in which numbers of this kind are stored and ruled; null for <c>value</c>, <c>contact</c> and <c>text</c>.</summary>
    public static string? CanonicalUnit(PointKind kind) => CanonicalUnits[(int)kind];

    /// <summary>The kind that a unit implies; <see cref="PointKind.Value"/> for none, for an unknown one and for one of no kind (<c>Hz</c>, <c>s</c>, …).</summary>
    public static PointKind FromUnit(string? unit) => unit is not null && Units.TryGet(unit, out var definition) ? definition.Kind : PointKind.Value;

    /// <summary>The kind of a point nobody has announced: by unit for numbers, contact for booleans, text for strings and data.</summary>
    public static PointKind Infer(string? unit, ReadingType type) => type switch
    {
        ReadingType.Boolean => PointKind.Contact,
        ReadingType.Text or ReadingType.Data => PointKind.Text,
        _ => FromUnit(unit),
    };

    /// <summary>True when a reading of this type may be stored under a point of this kind: contact is boolean, text is text or data, <c>value</c> anything, all others numbers.</summary>
    public static bool Accepts(PointKind kind, ReadingType type) => kind switch
    {
        PointKind.Value => type != ReadingType.None,
        PointKind.Contact => type == ReadingType.Boolean,
        PointKind.Text => type is ReadingType.Text or ReadingType.Data,
        _ => type == ReadingType.Number,
    };

    /// <summary>The InfluxDB field of a value type: <c>value</c> (float), <c>flag</c> (boolean) or <c>text</c> (string; data as base64).</summary>
    public static string Field(ReadingType type) => type switch
    {
        ReadingType.Boolean => "flag",
        ReadingType.Text or ReadingType.Data => "text",
        _ => "value",
    };
}
