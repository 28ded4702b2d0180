namespace CityEdge.Rules;

/// <summary>When a rule is in force, in the site's zone; every part is optional.</summary>
/// <param name="Season">Name of a season of the <see cref="SeasonCalendar"/>.</param>
/// <param name="FromMinute">Start of the daily hours, minutes after local midnight, 0..1439; null: all day.</param>
/// <param name="ToMinute">End of the daily hours, exclusive, 1..1440; at or before the start: it runs over midnight and belongs to the day on which it starts.</param>
/// <param name="Days">Bit 0 is Monday, bit 6 Sunday; 127 is every day.</param>
public sealed record ActiveWindow(string? Season, int? FromMinute, int? ToMinute, byte Days = ActiveWindow.EveryDay)
{
    /// <summary>All seven days.</summary>
    public const byte EveryDay = 127;

    /// <summary>True when the local instant is inside the hours and days; the season is asked elsewhere.</summary>
    internal bool HoursContain(DateTime local)
    {
        if (FromMinute is not { } from || ToMinute is not { } to) return HasDay(local.DayOfWeek);
        var ticks = local.TimeOfDay.Ticks;
        var (start, end) = (from * TimeSpan.TicksPerMinute, to * TimeSpan.TicksPerMinute);
        if (start < end) return ticks >= start && ticks < end && HasDay(local.DayOfWeek);
        return (ticks >= start && HasDay(local.DayOfWeek)) || (ticks < end && HasDay(local.AddDays(-1).DayOfWeek));
    }

    private bool HasDay(DayOfWeek day) => (Days >> (((int)day + 6) % 7) & 1) != 0;
}
