namespace CityEdge.Rules.Tests;

public class ActiveWindowTests
{
    private static long At(string local, string zone = "Asia/Shanghai")
    {
        var time = DateTime.Parse(local, System.Globalization.CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(time)).ToUnixTimeMilliseconds();
    }

    private static ActiveClock Clock(ActiveWindow window, string zone = "Asia/Shanghai", SeasonCalendar? calendar = null) => new(window, TimeZoneInfo.FindSystemTimeZoneById(zone), calendar ?? SeasonCalendar.Default);

    private static ActiveWindow Window(string active) => RuleBench.Rule(RuleBench.Yaml($"no_data: {{ after: 5m }}\nactive: {active}")).Active!;

    [Theory]
    [InlineData("{ season: heating }", "2025-11-14T23:59:59", false, "2025-11-15")]
    [InlineData("{ season: heating }", "2025-11-15", true, "2026-03-16")]
    [InlineData("{ season: heating }", "2026-03-15T23:59:59", true, "2026-03-16")]
    [InlineData("{ season: heating }", "2026-03-16", false, "2026-11-15")]
    [InlineData("{ hours: \"06:00-22:00\" }", "2026-01-12T05:59:59", false, "2026-01-12T06:00")]
    [InlineData("{ hours: \"06:00-22:00\" }", "2026-01-12T06:00", true, "2026-01-12T22:00")]
    [InlineData("{ hours: \"06:00-22:00\" }", "2026-01-12T22:00", false, "2026-01-13T06:00")]
    [InlineData("{ hours: \"00:00-24:00\", days: mon }", "2026-01-12T12:00", true, "2026-01-13")]
    [InlineData("{ hours: \"22:00-06:00\" }", "2026-01-12T23:00", true, "2026-01-13T06:00")]
    [InlineData("{ hours: \"22:00-06:00\" }", "2026-01-12T05:00", true, "2026-01-12T06:00")]
    [InlineData("{ hours: \"22:00-06:00\", days: mon }", "2026-01-13T05:00", true, "2026-01-13T06:00")]
    [InlineData("{ hours: \"22:00-06:00\", days: mon }", "2026-01-12T05:00", false, "2026-01-12T22:00")]
    [InlineData("{ days: mon-fri }", "2026-01-16T12:00", true, "2026-01-17")]
    [InlineData("{ days: mon-fri }", "2026-01-17", false, "2026-01-19")]
    [InlineData("{ days: sat-mon }", "2026-01-13", false, "2026-01-17")]
    [InlineData("{ days: [tue, thu] }", "2026-01-13", true, "2026-01-14")]
    [InlineData("{ season: heating, hours: \"06:00-22:00\", days: sat }", "2026-03-14T22:00", false, "2026-11-21T06:00")]
    [InlineData("{ season: heating, hours: \"22:00-06:00\" }", "2026-03-15T23:00", true, "2026-03-16")]
    public void A_rule_is_in_force_and_until(string active, string at, bool expected, string until) => Assert.Equal((expected, At(until)), Clock(Window(active)).At(At(at)));

    [Fact]
    public void Season_dates_are_data()
    {
        var calendar = SeasonCalendar.Default.With("heating", new SeasonRange(new(2021, 11, 6), new(2022, 3, 23)));
        var clock = Clock(new ActiveWindow("heating", null, null), calendar: calendar);
        Assert.Equal((true, At("2022-03-23")), clock.At(At("2021-11-06")));
        Assert.Equal((false, long.MaxValue), clock.At(At("2022-03-23")));
        Assert.False(Clock(new ActiveWindow("carnival", null, null)).SeasonKnown);
        Assert.Equal((false, long.MaxValue), Clock(new ActiveWindow("carnival", null, null)).At(0));
    }

    [Fact]
    public void Hours_follow_the_sites_clock_over_a_change_of_it()
    {
        // Berlin, 29 March 2026: 02:00 becomes 03:00; 25 October: 03:00 becomes 02:00.
        var clock = Clock(new ActiveWindow(null, 60, 300), "Europe/Berlin");
        Assert.Equal((true, At("2026-03-29T05:00", "Europe/Berlin")), clock.At(At("2026-03-29T01:00", "Europe/Berlin")));
        Assert.Equal(3 * 3_600_000, At("2026-03-29T05:00", "Europe/Berlin") - At("2026-03-29T01:00", "Europe/Berlin"));
        Assert.True(clock.At(At("2026-10-25T01:00", "Europe/Berlin") + 4 * 3_600_000).Active);
        Assert.False(clock.At(At("2026-10-25T01:00", "Europe/Berlin") + 5 * 3_600_000).Active);
    }

    [Fact]
    public void Every_minute_of_a_year_agrees_with_the_stated_end()
    {
        var clock = Clock(new ActiveWindow("heating", 1320, 360, 0b0101011));
        var fresh = Clock(new ActiveWindow("heating", 1320, 360, 0b0101011));
        var (active, until) = clock.At(At("2026-01-01"));
        for (var t = At("2026-01-01"); t < At("2027-01-01"); t += 17 * 60_000)
        {
            if (t >= until) (active, until) = clock.At(t);
            Assert.Equal(active, Brute(t));
        }
        Assert.Equal(fresh.At(At("2026-07-01")), clock.At(At("2026-07-01")));

        static bool Brute(long t)
        {
            var local = DateTimeOffset.FromUnixTimeMilliseconds(t).ToOffset(TimeSpan.FromHours(8)).DateTime;
            var season = (local.Month, local.Day).CompareTo((11, 15)) >= 0 || (local.Month, local.Day).CompareTo((3, 16)) < 0;
            var day = local.Hour >= 22 ? local : local.AddDays(-1);
            return season && local.Hour is >= 22 or < 6 && day.DayOfWeek is DayOfWeek.Monday or DayOfWeek.Tuesday or DayOfWeek.Thursday or DayOfWeek.Saturday && season;
        }
    }
}
