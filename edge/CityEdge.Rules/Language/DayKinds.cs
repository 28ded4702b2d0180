namespace CityEdge.Rules;

/// <summary>Days by the calendar of work, besides or instead of days of the week.</summary>
[Flags]
public enum DayKinds : byte
{
    None = 0,

    /// <summary>Days on which people work: Monday to Friday without holidays, and days that are worked for one.</summary>
    Workdays = 1,

    /// <summary>All others.</summary>
    Restdays = 2,

    /// <summary>Days of public holidays, weekends within them included.</summary>
    Holidays = 4,
}
