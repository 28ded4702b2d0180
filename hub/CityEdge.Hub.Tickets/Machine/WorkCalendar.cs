namespace CityEdge.Hub.Tickets.Machine;

/// <summary>When work is done. Pure: times are counted in a fixed offset, so that no machine's zone files change a promise.</summary>
/// <param name="OffsetMinutes">Local time minus UTC; Asia/Shanghai has 480 all year.</param>
/// <param name="From">Begin of a working day, local.</param>
/// <param name="To">Its end.</param>
/// <param name="Days">Working days of the week.</param>
/// <param name="Holidays">Days off besides.</param>
/// <param name="Workdays">Days of work all the same (调休).</param>
public sealed record WorkCalendar(
    int OffsetMinutes, TimeOnly From, TimeOnly To, IReadOnlyList<DayOfWeek> Days, IReadOnlyList<DateOnly> Holidays, IReadOnlyList<DateOnly> Workdays)
{
    private const long DayMs = 86_400_000;

    /// <summary>Most days that a promise is looked for ahead: a calendar without working days ends there.</summary>
    private const int MostDays = 3660;

    /// <summary>Monday to Friday, 09:00 to 17:00 in Shanghai (EJ), without holidays: those are the year's and are to be set.</summary>
    public static WorkCalendar Default { get; } = new(
        480, new TimeOnly(9, 0), new TimeOnly(17, 0), [DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday], [], []);

    /// <summary>Whether that day is one of work.</summary>
    public bool IsWorkday(DateOnly day) => Workdays.Contains(day) || (Days.Contains(day.DayOfWeek) && !Holidays.Contains(day));

    /// <summary>The time, Unix ms, at which <paramref name="lengthMs"/> of working time has passed since <paramref name="startMs"/>.</summary>
    public long Add(long startMs, long lengthMs)
    {
        var local = startMs + (OffsetMinutes * 60_000L);
        var day = Math.DivRem(local, DayMs).Quotient;
        long left = lengthMs, open = (long)From.ToTimeSpan().TotalMilliseconds, shut = (long)To.ToTimeSpan().TotalMilliseconds;
        for (var ahead = 0; ahead < MostDays; ahead++, day++)
        {
            if (!IsWorkday(DateOnly.FromDayNumber((int)day + DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber))) continue;
            var begin = Math.Max(local, (day * DayMs) + open);
            var rest = (day * DayMs) + shut - begin;
            if (rest <= 0) continue;
            if (left <= rest) return begin + left - (OffsetMinutes * 60_000L);
            left -= rest;
        }
        return startMs + (MostDays * DayMs);
    }
}
