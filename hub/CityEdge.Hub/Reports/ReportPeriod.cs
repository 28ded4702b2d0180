using System.Globalization;

namespace CityEdge.Hub.Reports;

/// <summary>From ≤ t &lt; to, in the hub's zone where it is a month or days.</summary>
/// <param name="From">First instant.</param>
/// <param name="To">First instant that is past it.</param>
public readonly record struct ReportPeriod(DateTimeOffset From, DateTimeOffset To)
{
    /// <summary>A month, <c>2026-01</c>; false for anything else.</summary>
    public static bool TryMonth(string? text, TimeZoneInfo zone, out ReportPeriod period)
    {
        period = default;
        if (!DateOnly.TryParseExact(text + "-01", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var first)) return false;
        period = new ReportPeriod(Midnight(first, zone), Midnight(first.AddMonths(1), zone));
        return true;
    }

    /// <summary>The month before one that <see cref="TryMonth"/> gave.</summary>
    public static ReportPeriod Before(ReportPeriod month, TimeZoneInfo zone) => new(Midnight(DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(month.From, zone).Date).AddMonths(-1), zone), month.From);

    private static DateTimeOffset Midnight(DateOnly day, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(TimeOnly.MinValue);
        // Where clocks are put forward at midnight the day begins an hour later.
        if (zone.IsInvalidTime(local)) local = local.AddHours(1);
        return new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUniversalTime();
    }
}
