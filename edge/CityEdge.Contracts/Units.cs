using System.Collections.Frozen;

namespace CityEdge.Contracts;

/// <summary>
/// Units of readings: the SenML registry (RFC 8428 §12.1, RFC 8798 §2), its secondary units (RFC 8798 §3), and UCUM expressions (<c>kW.h</c>, <c>m3/h</c>, <c>[degF]</c>, <c>mm[H2O]</c>),
/// with a few spellings that devices write (<c>°C</c>, <c>m³/h</c>, <c>MWh</c>). Where a text means one thing in SenML and another in UCUM, SenML wins.
/// </summary>
public static class Units
{
    /// <summary>Longest unit text that is looked at; anything longer is unknown.</summary>
    public const int MaxLength = 32;

    private static readonly FrozenDictionary<string, UnitDefinition> Table = Build().ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Looks a unit up; false when it is no unit in any of the three vocabularies.</summary>
    public static bool TryGet(string unit, out UnitDefinition definition) =>
        Table.TryGetValue(unit, out definition) || (unit.Length <= MaxLength && UcumExpression.TryParse(unit, out definition));

    /// <summary>Converts to the canonical unit of whatever quantity <paramref name="fromUnit"/> measures.</summary>
    public static bool TryConvert(double value, string fromUnit, out double canonical, out string unit, out PointKind kind)
    {
        (canonical, unit, kind) = (value, "", PointKind.Value);
        if (!TryGet(fromUnit, out var from)) return false;
        (canonical, unit, kind) = (from.ToCanonical(value), from.Quantity, from.Kind);
        return true;
    }

    /// <summary>
    /// Converts to the canonical unit of <paramref name="kind"/>; false (<c>bad_unit</c>) when the unit is unknown or measures something else. Without a unit the value is taken as canonical.
    /// Percent is relative humidity for a humidity point. A <see cref="PointKind.Value"/> point has no canonical unit: its value is left as it is.
    /// </summary>
    public static bool TryConvert(double value, string? fromUnit, PointKind kind, out double canonical)
    {
        canonical = value;
        if (fromUnit is null) return true;
        var target = PointKinds.CanonicalUnit(kind);
        if (target == fromUnit) return true;
        if (!TryGet(fromUnit, out var from)) return false;
        if (target is null) return kind == PointKind.Value;
        canonical = from.ToCanonical(value);
        if (from.Quantity == target) return true;
        canonical *= 100;
        return kind == PointKind.Humidity && from.Quantity == "/";
    }

    /// <summary>Converts between two units of one quantity; false when either is unknown or they measure different things.</summary>
    public static bool TryConvert(double value, string fromUnit, string toUnit, out double converted)
    {
        converted = value;
        if (fromUnit == toUnit) return TryGet(fromUnit, out _);
        if (!TryGet(fromUnit, out var from) || !TryGet(toUnit, out var to) || from.Quantity != to.Quantity) return false;
        converted = to.FromCanonical(from.ToCanonical(value));
        return true;
    }

    private static Dictionary<string, UnitDefinition> Build()
    {
        var table = new Dictionary<string, UnitDefinition>(StringComparer.Ordinal);

        // Kinds: the canonical unit first, then secondary units and device spellings.
        void Kind(PointKind kind, params (string Unit, double Multiplier, double Divisor)[] others)
        {
            var canonical = PointKinds.CanonicalUnit(kind)!;
            table.Add(canonical, new UnitDefinition(canonical, kind, 1));
            foreach (var (unit, multiplier, divisor) in others) table.Add(unit, new UnitDefinition(canonical, kind, multiplier, divisor));
        }

        Kind(PointKind.Temperature, ("°C", 1, 1), ("℃", 1, 1), ("degC", 1, 1));
        table.Add("K", new UnitDefinition("Cel", PointKind.Temperature, 1, 1, -273.15));
        foreach (var fahrenheit in (string[])["[degF]", "°F", "degF"]) table.Add(fahrenheit, new UnitDefinition("Cel", PointKind.Temperature, 5, 9, -160d / 9));
        Kind(PointKind.Humidity, ("%rH", 1, 1));
        Kind(PointKind.Pressure, ("hPa", 100, 1), ("kPa", 1000, 1), ("MPa", 1e6, 1), ("bar", 1e5, 1), ("mbar", 100, 1));
        Kind(PointKind.Flow, ("m3/h", 1, 3600), ("m³/h", 1, 3600), ("m³/s", 1, 1), ("l/s", 1, 1000), ("L/s", 1, 1000), ("l/min", 1, 60_000), ("L/min", 1, 60_000), ("l/h", 1, 3_600_000), ("L/h", 1, 3_600_000));
        Kind(PointKind.Volume, ("l", 1, 1000), ("L", 1, 1000), ("m³", 1, 1));
        Kind(PointKind.Level, ("mm", 1, 1000), ("cm", 1, 100), ("km", 1000, 1));
        Kind(PointKind.Power, ("kW", 1000, 1), ("MW", 1e6, 1));
        Kind(PointKind.Energy, ("Wh", 3600, 1), ("kWh", 3.6e6, 1), ("MWh", 3.6e9, 1), ("GWh", 3.6e12, 1), ("kJ", 1e3, 1), ("MJ", 1e6, 1), ("GJ", 1e9, 1));
        Kind(PointKind.Illuminance, ("klx", 1000, 1));
        Kind(PointKind.Current, ("mA", 1, 1000), ("kA", 1000, 1));
        Kind(PointKind.Voltage, ("mV", 1, 1000), ("kV", 1000, 1));
        Kind(PointKind.Ratio, ("%", 1, 100), ("/100", 1, 100), ("/1000", 1, 1000), ("ppm", 1, 1e6));

        // Primary units of no kind. Those whose dimensions UCUM would merge (VA with W, lat with deg) are quantities of their own.
        foreach (var unit in (string[])["Hz", "count", "lat", "lon", "pH", "dB", "dBW", "Bspl", "beat/min", "beats", "EL", "%EL", "bit/s", "bit", "B", "VA", "VAs", "var", "vars", "kg", "s", "rad", "sr", "cd", "mol",
            "NTU", "1/min", "S/m", "m/s", "m/s2", "m2", "kg/m3", "W/m2", "cd/m2", "lm", "Ohm", "S", "F", "H", "C", "T", "Wb", "Bq", "Gy", "Sv", "kat", "N", "J/m"])
        {
            table.Add(unit, new UnitDefinition(unit, PointKind.Value, 1));
        }

        void Other(string quantity, params (string Unit, double Multiplier, double Divisor)[] others)
        {
            foreach (var (unit, multiplier, divisor) in others) table.Add(unit, new UnitDefinition(quantity, PointKind.Value, multiplier, divisor));
        }

        Other("s", ("ms", 1, 1000), ("min", 60, 1), ("h", 3600, 1), ("d", 86_400, 1));
        Other("Hz", ("MHz", 1e6, 1), ("kHz", 1e3, 1));
        Other("VA", ("kVA", 1000, 1));
        Other("var", ("kvar", 1000, 1));
        Other("VAs", ("VAh", 3600, 1), ("kVAh", 3.6e6, 1));
        Other("vars", ("varh", 3600, 1), ("kvarh", 3.6e6, 1));
        Other("C", ("Ah", 3600, 1));
        Other("B", ("KiB", 1024, 1), ("GB", 1e9, 1));
        Other("bit/s", ("Mbit/s", 1e6, 1), ("B/s", 8, 1), ("MB/s", 8e6, 1));
        Other("kg/m3", ("ug/m3", 1, 1e9), ("µg/m³", 1, 1e9), ("mg/m³", 1, 1e6));
        Other("m/s", ("mm/h", 1, 3.6e6), ("m/h", 1, 3600), ("km/h", 1, 3.6));
        Other("J/m", ("Wh/km", 3.6, 1));
        table.Add("dBm", new UnitDefinition("dBW", PointKind.Value, 1, 1, -30));
        return table;
    }
}
