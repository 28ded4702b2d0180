namespace CityEdge.Rules;

/// <summary>
/// Answers for one rule, one zone and, where its hours are the sun's, one place: is it in force at an instant, and until when. The last answer is kept, since neighbouring instants share it; so a reading
/// costs two comparisons. Shared by all alarm instances of the rule there.
/// </summary>
internal sealed class ActiveClock
{
    private const int DaysAhead = 9;
    private readonly ActiveWindow window;
    private readonly TimeZoneInfo zone;
    private readonly HolidayTable holidays;
    private readonly GeoPosition place;

    /// <summary>Starts and ends of the season in turn, Unix ms; null when the rule names none.</summary>
    private readonly long[]? boundaries;

    private (long From, long Until, bool Active) last = (long.MaxValue, long.MaxValue, false);

    public ActiveClock(ActiveWindow window, TimeZoneInfo zone, SeasonCalendar calendar, GeoPosition? place = null)
    {
        (this.window, this.zone, this.place, holidays) = (window, zone, place ?? calendar.Place, calendar.Holidays);
        if (window.Season is { } season) boundaries = [.. calendar.Ranges(season).SelectMany(range => (long[])[Midnight(range.From), Midnight(range.To)])];
    }

    /// <summary>False when the rule names a season of which the calendar has no dates: it is then never in force.</summary>
    public bool SeasonKnown => boundaries is null or { Length: > 0 };

    private bool HasHours => window.FromMinute is not null || window.FromSun is not null;

    public (bool Active, long UntilMs) At(long ms)
    {
        if (ms < last.From || ms >= last.Until)
        {
            var active = Test(ms);
            last = (ms, NextChange(ms, active, 0), active);
        }
        return (last.Active, last.Until);
    }

    /// <summary>The season alone: silence is judged by it, not by the daily hours.</summary>
    public (bool Active, long UntilMs) SeasonAt(long ms)
    {
        if (boundaries is null) return (true, long.MaxValue);
        var (low, high) = (0, boundaries.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (boundaries[middle] <= ms) low = middle + 1;
            else high = middle;
        }
        return ((low & 1) != 0, low < boundaries.Length ? boundaries[low] : long.MaxValue);
    }

    private bool Test(long ms)
    {
        if (!SeasonAt(ms).Active) return false;
        var day = DayOf(ms);
        if (!HasHours) return window.HasDay(day, holidays);
        // Hours that began yesterday may run on.
        return IsWithin(ms, day.AddDays(-1)) || IsWithin(ms, day);
    }

    private bool IsWithin(long ms, DateOnly day)
    {
        if (!window.HasDay(day, holidays)) return false;
        var (from, to) = HoursOf(day);
        return ms >= from && ms < to;
    }

    private (long From, long To) HoursOf(DateOnly day)
    {
        if (window is { FromSun: { } first, ToSun: { } second }) return (SunAt(first, day), SunAt(second, first < second ? day : day.AddDays(1)));
        if (window is not { FromMinute: { } from, ToMinute: { } to }) return (Midnight(day), Midnight(day.AddDays(1)));
        return (LocalClock.StartOf(day, from, zone), LocalClock.EndOf(from < to ? day : day.AddDays(1), to, zone));
    }

    private long NextChange(long ms, bool active, int depth)
    {
        var boundary = SeasonAt(ms).UntilMs;
        if (HasHours || window.Days != ActiveWindow.EveryDay)
        {
            var day = DayOf(ms).AddDays(-1);
            var end = day.AddDays(DaysAhead);
            // Between two holidays lie months.
            if (window.Kinds != DayKinds.None && holidays.Last is { } table && table.AddDays(DaysAhead) is var beyond && beyond > end) end = beyond;
            for (; day <= end; day = day.AddDays(1))
            {
                var (from, to) = HoursOf(day);
                if (from > ms && from < boundary && Test(from) != active) return from;
                if (to > ms && to < boundary && Test(to) != active) return to;
                if (from >= boundary) break;
            }
        }
        // Nothing before the season changes; after its start the hours or days still can.
        if (boundary == long.MaxValue || Test(boundary) != active || depth > 3) return boundary;
        return NextChange(boundary, active, depth + 1);
    }

    private DateOnly DayOf(long ms) => LocalClock.DayOf(ms, zone);

    /// <summary>The instant; one beyond the calendar is drawn back into it.</summary>
    internal static DateTimeOffset FromMs(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, DateTimeOffset.MinValue.AddDays(30).ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.AddDays(-30).ToUnixTimeMilliseconds()));

    /// <summary>Of the local day, also where the zone's date is not that of the sun's noon by longitude.</summary>
    private long SunAt(SunEvent which, DateOnly day)
    {
        var away = day.DayNumber - DayOf((long)((day.DayNumber - new DateOnly(1970, 1, 1).DayNumber + 0.5 - place.Long / 360) * 86_400_000)).DayNumber;
        return SolarTimes.TimeMs(which, day.AddDays(away), place);
    }

    private long Midnight(DateOnly day) => LocalClock.StartOf(day, 0, zone);
}
