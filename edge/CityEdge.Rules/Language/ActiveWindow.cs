namespace CityEdge.Rules;

/// <summary>When a rule is in force, in the site's zone; every part is optional.</summary>
/// <param name="Season">Name of a season of the <see cref="SeasonCalendar"/>.</param>
/// <param name="FromMinute">Start of the daily hours, minutes after local midnight, 0..1439; null: all day, or by the sun.</param>
/// <param name="ToMinute">End of the daily hours, exclusive, 1..1440; at or before the start: it runs over midnight and belongs to the day on which it starts.</param>
/// <param name="Days">Bit 0 is Monday, bit 6 Sunday; 127 is every day.</param>
public sealed record ActiveWindow(string? Season, int? FromMinute, int? ToMinute, byte Days = ActiveWindow.EveryDay)
{
    /// <summary>All seven days.</summary>
    public const byte EveryDay = 127;

    /// <summary>The hours begin with this of the sun and end with its counterpart: from dusk to dawn, sunset to sunrise, or the other way round; null: by the clock, or all day.</summary>
    public SunEvent? FromSun { get; init; }

    /// <summary>Days besides those of <see cref="Days"/>.</summary>
    public DayKinds Kinds { get; init; }

    /// <summary>What the hours end with.</summary>
    internal SunEvent? ToSun => FromSun is { } from ? (SunEvent)(SunEvent.Dusk - from) : null;

    internal bool HasDay(DateOnly day, HolidayTable holidays) =>
        (Days >> (((int)day.DayOfWeek + 6) % 7) & 1) != 0 || (Kinds != DayKinds.None && (Kinds & holidays.KindsOf(day)) != 0);
}
