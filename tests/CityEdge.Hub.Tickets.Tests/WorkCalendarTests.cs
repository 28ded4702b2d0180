using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Tickets.Tests;

public sealed class WorkCalendarTests
{
    private static long At(string local) => DateTimeOffset.Parse(local + "+08:00", System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();

    // 2025-11-14 is a Friday.
    [Theory]
    [InlineData("2025-11-14 10:00", 60, "2025-11-14 11:00")]
    [InlineData("2025-11-14 15:00", 480, "2025-11-17 15:00")]
    [InlineData("2025-11-14 15:00", 120, "2025-11-14 17:00")]
    [InlineData("2025-11-14 17:00", 1, "2025-11-17 09:01")]
    [InlineData("2025-11-15 12:00", 30, "2025-11-17 09:30")]
    [InlineData("2025-11-14 03:00", 30, "2025-11-14 09:30")]
    public void Working_time_passes_on_working_days_only(string start, int minutes, string end) =>
        Assert.Equal(At(end), WorkCalendar.Default.Add(At(start), minutes * 60_000L));

    [Theory]
    [InlineData("2025-11-14 15:00", 480, "2025-11-15 15:00")]
    [InlineData("2025-11-15 15:00", 480, "2025-11-18 15:00")]
    public void A_holiday_is_left_out_and_a_day_that_is_worked_for_it_counts(string start, int minutes, string end)
    {
        var calendar = WorkCalendar.Default with { Holidays = [new DateOnly(2025, 11, 17)], Workdays = [new DateOnly(2025, 11, 15)] };
        Assert.Equal(At(end), calendar.Add(At(start), minutes * 60_000L));
    }

    [Fact]
    public void A_calendar_without_working_days_ends_after_ten_years() =>
        Assert.Equal(3660 * 86_400_000L, (WorkCalendar.Default with { Days = [] }).Add(0, 1));
}
