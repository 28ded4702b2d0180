namespace CityEdge.Rules;

/// <summary>Public holidays, and days that are worked in exchange, by date. A date that stands in neither follows its day of the week, as do all beyond the table.</summary>
public sealed class HolidayTable
{
    private readonly HashSet<DateOnly> holidays;
    private readonly HashSet<DateOnly> worked;

    public HolidayTable(IEnumerable<DateOnly> holidays, IEnumerable<DateOnly> worked) => (this.holidays, this.worked) = ([.. holidays], [.. worked]);

    /// <summary>No holidays.</summary>
    public static HolidayTable None { get; } = new([], []);

    /// <summary>Last date that it knows; null when it is empty.</summary>
    public DateOnly? Last => holidays.Count + worked.Count == 0 ? null : holidays.Concat(worked).Max();

    /// <summary>What a day is: a holiday is a rest day too.</summary>
    public DayKinds KindsOf(DateOnly day)
    {
        if (holidays.Contains(day)) return DayKinds.Holidays | DayKinds.Restdays;
        return worked.Contains(day) || day.DayOfWeek is not (DayOfWeek.Saturday or DayOfWeek.Sunday) ? DayKinds.Workdays : DayKinds.Restdays;
    }
}
