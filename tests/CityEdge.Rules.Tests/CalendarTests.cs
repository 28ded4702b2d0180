using System.Globalization;

namespace CityEdge.Rules.Tests;

/// <summary>Seasons, holidays and place as data, and days of rules by them.</summary>
public class CalendarTests
{
    private static SeasonCalendar Read(string yaml)
    {
        var calendar = CalendarFile.Parse(yaml, "calendar.yaml", out var errors);
        Assert.Empty(errors);
        return calendar;
    }

    private static ActiveClock Clock(string active, SeasonCalendar? calendar = null, string zone = "Asia/Shanghai") =>
        new(RuleBench.Rule(RuleBench.Yaml($"no_data: {{ after: 5m }}\nactive: {active}")).Active!, TimeZoneInfo.FindSystemTimeZoneById(zone), calendar ?? SeasonCalendar.Default);

    private static long At(string local, string zone = "Asia/Shanghai")
    {
        var time = DateTime.Parse(local, CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(time)).ToUnixTimeMilliseconds();
    }

    [Theory]
    [InlineData("{ days: workdays }", "2026-02-13T12:00", true, "2026-02-15")]
    [InlineData("{ days: workdays }", "2026-02-14T12:00", true, "2026-02-15")]
    [InlineData("{ days: workdays }", "2026-02-20", false, "2026-02-24")]
    [InlineData("{ days: workdays }", "2026-02-28", true, "2026-03-01")]
    [InlineData("{ days: workdays }", "2026-03-01", false, "2026-03-02")]
    [InlineData("{ days: restdays }", "2026-02-15", true, "2026-02-24")]
    [InlineData("{ days: restdays }", "2026-02-28", false, "2026-03-01")]
    [InlineData("{ days: holidays }", "2026-02-21", true, "2026-02-24")]
    [InlineData("{ days: holidays }", "2026-02-28", false, "2026-04-04")]
    [InlineData("{ days: holidays }", "2026-05-06", false, "2026-06-19")]
    [InlineData("{ days: [holidays, sun] }", "2026-03-01", true, "2026-03-02")]
    [InlineData("{ days: workdays, hours: \"08:00-18:00\" }", "2026-02-14T17:00", true, "2026-02-14T18:00")]
    [InlineData("{ days: workdays, hours: \"08:00-18:00\" }", "2026-02-14T18:00", false, "2026-02-24T08:00")]
    [InlineData("{ days: workdays, hours: \"22:00-06:00\" }", "2026-02-15T05:00", true, "2026-02-15T06:00")]
    [InlineData("{ days: workdays }", "2031-10-01", true, "2031-10-04")]
    public void Days_may_be_those_of_work_and_of_holidays(string active, string at, bool expected, string until) => Assert.Equal((expected, At(until)), Clock(active).At(At(at)));

    [Fact]
    public void After_the_table_there_are_no_holidays() => Assert.Equal((false, long.MaxValue), Clock("{ days: holidays }").At(At("2027-01-01")));

    [Fact]
    public void The_shipped_calendar_is_the_statutory_one()
    {
        var shipped = SeasonCalendar.Default;
        Assert.Equal(["flood", "heating", "heating-works", "roof-works"], shipped.Names.Order());
        Assert.Contains(new SeasonRange(new(2025, 11, 15), new(2026, 3, 16)), shipped.Ranges("heating"));
        Assert.Contains(new SeasonRange(new(2026, 6, 1), new(2026, 9, 16)), shipped.Ranges("flood"));
        Assert.Equal((101, new GeoPosition(39.9042, 116.4074)), (shipped.Ranges("heating").Count, shipped.Place));
        // The notices: 28 and 33 days of holidays, 5 and 6 that are worked for them; what is worked lies on weekends.
        DateOnly[] days = [.. Enumerable.Range(0, 730).Select(day => new DateOnly(2025, 1, 1).AddDays(day))];
        bool Is(DateOnly day, DayKinds kind) => (shipped.Holidays.KindsOf(day) & kind) != 0;
        Assert.Equal([28, 33], days.Where(day => Is(day, DayKinds.Holidays)).CountBy(day => day.Year).Select(year => year.Value));
        Assert.Equal([5, 6], days.Where(day => Is(day, DayKinds.Workdays) && day.DayOfWeek is DayOfWeek.Saturday or DayOfWeek.Sunday && Is(day, DayKinds.Workdays)).CountBy(day => day.Year).Select(year => year.Value));
    }

    [Fact]
    public void A_dated_season_takes_the_place_of_that_years()
    {
        var calendar = Read("seasons:\n  heating: [\"11-15..03-15\", \"2021-11-06..2022-03-22\"]\nplace: { lat: 31.2, long: 121.5 }\n");
        Assert.Equal(["2020-11-15 2021-03-16", "2021-11-06 2022-03-23", "2022-11-15 2023-03-16"], calendar.Ranges("heating").Where(r => r.From.Year is >= 2020 and <= 2022).Select(r => $"{r.From:yyyy-MM-dd} {r.To:yyyy-MM-dd}"));
        Assert.Equal(new GeoPosition(31.2, 121.5), calendar.Place);
        Assert.Equal((true, At("2022-03-23")), Clock("{ season: heating }", calendar).At(At("2021-11-06")));
    }

    [Fact]
    public void Holidays_and_place_outlive_a_change_of_a_season()
    {
        var changed = SeasonCalendar.Default.With("heating", new SeasonRange(new(2021, 11, 6), new(2022, 3, 23)));
        Assert.Equal((SeasonCalendar.Default.Place, DayKinds.Holidays | DayKinds.Restdays), (changed.Place, changed.Holidays.KindsOf(new(2026, 10, 1))));
    }

    /// <summary>Lord Howe Island goes half an hour back and forth; Berlin skips 02:00 to 03:00 on 29 March 2026 and has it twice on 25 October.</summary>
    [Theory]
    [InlineData("\"02:30-05:00\"", "2026-03-29T00:00Z", false, "2026-03-29T01:00Z")]
    [InlineData("\"01:00-02:30\"", "2026-03-29T00:30Z", true, "2026-03-29T01:00Z")]
    [InlineData("\"01:00-02:30\"", "2026-10-24T23:30Z", true, "2026-10-25T01:30Z")]
    [InlineData("\"02:30-05:00\"", "2026-10-25T00:00Z", false, "2026-10-25T00:30Z")]
    public void Hours_that_are_skipped_or_come_twice(string hours, string at, bool expected, string until)
    {
        static long Utc(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
        Assert.Equal((expected, Utc(until)), Clock($"{{ hours: {hours} }}", zone: "Europe/Berlin").At(Utc(at)));
    }

    [Theory]
    [InlineData("seasons: { heating: [11-15..03] }", 1, 22, "seasons.heating", "expected dates such as")]
    [InlineData("seasons: { heating: [2026-03-15..2025-11-15] }", 1, 22, "seasons.heating", "the first not after the last")]
    [InlineData("seasons:\n  heating: [2025-11-15..2026-03-15, 2026-03-15..2026-03-20]", 2, 37, "seasons.heating", "overlaps dates before it")]
    [InlineData("holidays: [2026-02-30]", 1, 12, "holidays", "expected dates such as 2026-01-01")]
    [InlineData("worked: [10-01..10-07]", 1, 10, "worked", "expected dates such as 2026-01-01")]
    [InlineData("place: { lat: 91, long: 0 }", 1, 15, "place.lat", "expected degrees from -90 to 90; found '91'")]
    [InlineData("place: { lat: 31 }", 1, 8, "place.long", "missing; expected degrees")]
    [InlineData("feasts: [2026-01-01]", 1, 1, "feasts", "unknown key 'feasts'; expected one of seasons, holidays, worked, place")]
    public void An_error_names_line_column_and_key(string yaml, int line, int column, string key, string message)
    {
        CalendarFile.Parse(yaml, "calendar.yaml", out var errors);
        var error = Assert.Single(errors);
        Assert.Equal((line, column, key), (error.Line, error.Column, error.Key));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
