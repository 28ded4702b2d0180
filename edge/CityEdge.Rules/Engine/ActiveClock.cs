namespace CityEdge.Rules;

/// <summary>
/// Answers for one rule and one zone: is it in force at an instant, and until when. The last answer is kept, since neighbouring instants share it; so a reading costs two comparisons.
/// Shared by all alarm instances of the rule in the zone.
/// </summary>
internal sealed class ActiveClock
{
    private const int DaysAhead = 9;
    private readonly ActiveWindow window;
    private readonly TimeZoneInfo zone;

    /// <summary>Starts and ends of the season in turn, Unix ms; null when the rule names none.</summary>
    private readonly long[]? boundaries;

    private (long From, long Until, bool Active) last = (long.MaxValue, long.MaxValue, false);

    public ActiveClock(ActiveWindow window, TimeZoneInfo zone, SeasonCalendar calendar)
    {
        (this.window, this.zone) = (window, zone);
        if (window.Season is { } season) boundaries = [.. calendar.Ranges(season).SelectMany(range => (long[])[ToUtcMs(range.From.ToDateTime(default)), ToUtcMs(range.To.ToDateTime(default))])];
    }

    /// <summary>False when the rule names a season of which the calendar has no dates: it is then never in force.</summary>
    public bool SeasonKnown => boundaries is null or { Length: > 0 };

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

    private bool Test(long ms) => SeasonAt(ms).Active && window.HoursContain(ToLocal(ms));

    private long NextChange(long ms, bool active, int depth)
    {
        if (window.FromMinute is not null || window.Days != ActiveWindow.EveryDay)
        {
            var day = ToLocal(ms).Date.AddDays(-1);
            Span<int> minutes = [0, window.FromMinute ?? 0, window.ToMinute ?? 0];
            minutes.Sort();
            for (var i = 0; i <= DaysAhead; i++, day = day.AddDays(1))
            {
                foreach (var minute in minutes)
                {
                    var candidate = ToUtcMs(day.AddMinutes(minute));
                    if (candidate > ms && Test(candidate) != active) return candidate;
                }
            }
        }
        // Nothing within nine days: only the season can still change it, and after its start the hours or days.
        var boundary = SeasonAt(ms).UntilMs;
        if (boundary == long.MaxValue || Test(boundary) != active || depth > 3) return boundary;
        return NextChange(boundary, active, depth + 1);
    }

    private DateTime ToLocal(long ms) => TimeZoneInfo.ConvertTime(FromMs(ms), zone).DateTime;

    /// <summary>The instant; one beyond the calendar is drawn back into it.</summary>
    internal static DateTimeOffset FromMs(long ms) =>
        DateTimeOffset.FromUnixTimeMilliseconds(Math.Clamp(ms, DateTimeOffset.MinValue.AddDays(30).ToUnixTimeMilliseconds(), DateTimeOffset.MaxValue.AddDays(-30).ToUnixTimeMilliseconds()));

    // A local time that does not exist (clocks go forward) takes the offset before the change, so it falls on the change itself or just after.
    private long ToUtcMs(DateTime local) => new DateTimeOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified), zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
}
