using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Units of a change per time: a unit of the kind, a slash and a time (<c>K/h</c>, <c>m/min</c>), and what a counter's rate has a name for (<c>kW</c> of an energy). The result is per hour.</summary>
internal static class RateUnit
{
    public static bool TryConvert(double value, string unit, PointKind kind, out double perHour)
    {
        perHour = value;
        var slash = unit.LastIndexOf('/');
        if (slash > 0 && TimesAnHour(unit[(slash + 1)..]) is { } times && Units.TryConvert(value, unit[..slash], kind, out var difference) && Units.TryConvert(0, unit[..slash], kind, out var zero))
        {
            perHour = (difference - zero) * times;
            return true;
        }
        if (kind != PointKind.Energy || !Units.TryConvert(value, unit, PointKind.Power, out var watts)) return false;
        perHour = watts * 3600;
        return true;
    }

    private static double? TimesAnHour(string time) => time switch { "s" => 3600, "min" => 60, "h" => 1, "d" => 1 / 24d, _ => null };
}
