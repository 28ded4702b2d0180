namespace CityEdge.Rules;

/// <summary>Instants of local clock times where a zone changes its clock.</summary>
internal static class LocalClock
{
    /// <summary>The local date of an instant.</summary>
    public static DateOnly DayOf(long ms, TimeZoneInfo zone) => DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(ActiveClock.FromMs(ms), zone).DateTime);

    /// <summary>The first instant at which local clocks show it, or more where they skip it.</summary>
    public static long StartOf(DateOnly day, int minute, TimeZoneInfo zone)
    {
        var local = day.ToDateTime(default).AddMinutes(minute);
        return ToUtcMs(Existing(local, zone), zone, zone.IsAmbiguousTime(local) ? zone.GetAmbiguousTimeOffsets(local).Max() : null);
    }

    /// <summary>The last instant at which they do: an hour that comes twice is within the hours twice.</summary>
    public static long EndOf(DateOnly day, int minute, TimeZoneInfo zone) => ToUtcMs(Existing(day.ToDateTime(default).AddMinutes(minute), zone), zone, null);

    private static DateTime Existing(DateTime local, TimeZoneInfo zone)
    {
        while (zone.IsInvalidTime(local)) local = local.AddMinutes(1);
        return local;
    }

    private static long ToUtcMs(DateTime local, TimeZoneInfo zone, TimeSpan? offset) => new DateTimeOffset(local, offset ?? zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
}
