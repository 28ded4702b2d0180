using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Rules.Tests;

/// <summary>The sun's times against published ones, and hours of rules by them.</summary>
public class SunTests
{
    private static readonly GeoPosition Beijing = new(39.9042, 116.4074);

    /// <summary>Decorah, Iowa: the table below is of the college there.</summary>
    private static readonly GeoPosition Decorah = new(43.31, -91.80);

    private static ActiveClock Clock(string hours, GeoPosition? place = null, string zone = "Asia/Shanghai", string more = "") =>
        new(RuleBench.Rule(RuleBench.Yaml($"no_data: {{ after: 5m }}\nactive: {{ hours: {hours}{more} }}")).Active!, TimeZoneInfo.FindSystemTimeZoneById(zone), SeasonCalendar.Default, place);

    private static long At(string local, string zone = "Asia/Shanghai")
    {
        var time = DateTime.Parse(local, CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, TimeZoneInfo.FindSystemTimeZoneById(zone).GetUtcOffset(time)).ToUnixTimeMilliseconds();
    }

    private static void AssertNear(string local, string zone, long ms)
    {
        var minutes = (ms - At(local, zone)) / 60_000d;
        Assert.True(Math.Abs(minutes) <= 1.6, $"{local}: {minutes:0.0} min off");
    }

    /// <summary>
    /// Beijing in spring (2021, mojozone.com/p/17025.html), summer (2026, vercalendario.info/en/sun/china-month-july-2026.html) and winter (2022, juke.outofmemory.cn/pretty/3490341.html); the last to the
    /// minute and without twilight.
    /// </summary>
    [Theory]
    [InlineData("2021-03-20", null, "06:17:26", "18:26:10", "18:53:04")]
    [InlineData("2026-07-01", "04:16:30", "04:49:23", "19:46:55", "20:19:30")]
    [InlineData("2026-07-15", null, "04:58:09", "19:42:13", null)]
    [InlineData("2022-12-27", null, "07:34:30", "16:55:30", null)]
    public void Times_in_Beijing_are_those_published(string day, string? dawn, string sunrise, string sunset, string? dusk)
    {
        var date = DateOnly.Parse(day, CultureInfo.InvariantCulture);
        foreach (var (which, time) in (ReadOnlySpan<(SunEvent, string?)>)[(SunEvent.Dawn, dawn), (SunEvent.Sunrise, sunrise), (SunEvent.Sunset, sunset), (SunEvent.Dusk, dusk)])
        {
            if (time is not null) AssertNear($"{day}T{time}", "Asia/Shanghai", SolarTimes.TimeMs(which, date, Beijing));
        }
    }

    /// <summary>Beijing's days of 2023 in minutes, stjerneskinn.com/daylength-world-beijing.htm.</summary>
    [Theory]
    [InlineData(1, 1, 564)]
    [InlineData(1, 15, 579)]
    [InlineData(1, 31, 607)]
    [InlineData(2, 10, 630)]
    [InlineData(2, 19, 651)]
    public void A_day_is_as_long_as_published(int month, int day, int minutes)
    {
        var date = new DateOnly(2023, month, day);
        Assert.Equal(minutes, (SolarTimes.TimeMs(SunEvent.Sunset, date, Beijing) - SolarTimes.TimeMs(SunEvent.Sunrise, date, Beijing)) / 60_000d, 1.0);
    }

    /// <summary>Decorah, with civil twilight by the Naval Observatory's definition: faculty.luther.edu/bernatzr/DecWx/Month09/Data/srssData_09.htm.</summary>
    [Theory]
    [InlineData(1, "06:02", "06:32", "19:41", "20:11")]
    [InlineData(10, "06:13", "06:42", "19:25", "19:54")]
    [InlineData(22, "06:26", "06:55", "19:04", "19:32")]
    [InlineData(30, "06:36", "07:04", "18:49", "19:18")]
    public void Civil_twilight_west_of_Greenwich_is_that_published(int day, string dawn, string sunrise, string sunset, string dusk)
    {
        var date = new DateOnly(2025, 9, day);
        foreach (var (which, time) in (ReadOnlySpan<(SunEvent, string)>)[(SunEvent.Dawn, dawn), (SunEvent.Sunrise, sunrise), (SunEvent.Sunset, sunset), (SunEvent.Dusk, dusk)])
            AssertNear($"2025-09-{day:D2}T{time}", "America/Chicago", SolarTimes.TimeMs(which, date, Decorah));
    }

    [Theory]
    [InlineData("dusk-dawn", "2026-06-21T20:00", false)]
    [InlineData("sunset-sunrise", "2026-06-21T20:00", true)]
    [InlineData("dusk-dawn", "2026-06-21T20:30", true)]
    [InlineData("dusk-dawn", "2026-06-22T03:00", true)]
    [InlineData("dusk-dawn", "2026-06-22T04:30", false)]
    [InlineData("dawn-dusk", "2026-06-22T04:30", true)]
    [InlineData("sunrise-sunset", "2026-06-22T04:30", false)]
    [InlineData("sunrise-sunset", "2026-12-21T12:00", true)]
    [InlineData("dusk-dawn", "2026-12-21T17:10", false)]
    [InlineData("dusk-dawn", "2026-12-21T17:35", true)]
    public void Hours_may_be_the_suns(string hours, string at, bool active) => Assert.Equal(active, Clock(hours).At(At(at)).Active);

    [Fact]
    public void The_sun_is_that_of_the_assets_place_and_else_of_the_calendars()
    {
        // Kashgar keeps Beijing's time, and its sun is two hours and a half later.
        var kashgar = Clock("sunset-sunrise", new GeoPosition(39.47, 75.99));
        Assert.False(kashgar.At(At("2026-06-21T22:20")).Active);
        Assert.True(kashgar.At(At("2026-06-21T22:50")).Active);
        Assert.Equal(Clock("sunset-sunrise", Beijing).At(At("2026-06-21T22:20")), Clock("sunset-sunrise").At(At("2026-06-21T22:20")));
        var rule = new RuleRuntime(RuleBench.Rule(RuleBench.Yaml("no_data: { after: 5m }\nactive: { hours: dusk-dawn }")));
        var (near, far) = (RuleBench.Context() with { Position = new(39.91, 116.44) }, RuleBench.Context() with { Position = new(39.47, 75.99) });
        Assert.Same(rule.ClockFor(near, SeasonCalendar.Default), rule.ClockFor(near with { Position = new(39.93, 116.36) }, SeasonCalendar.Default));
        Assert.NotSame(rule.ClockFor(near, SeasonCalendar.Default), rule.ClockFor(far, SeasonCalendar.Default));
    }

    [Theory]
    [InlineData("dusk-dawn", 78.2, "2026-12-21", true)]
    [InlineData("dusk-dawn", 78.2, "2026-06-21", false)]
    [InlineData("dawn-dusk", 78.2, "2026-06-21", true)]
    [InlineData("sunrise-sunset", 78.2, "2026-12-21", false)]
    [InlineData("sunset-sunrise", 90, "2026-12-21", true)]
    public void A_polar_night_is_all_night_and_a_polar_day_all_day(string hours, double latitude, string day, bool active)
    {
        var clock = Clock(hours, new GeoPosition(latitude, 15.6), "Europe/Oslo");
        for (var hour = 0; hour < 24; hour++) Assert.Equal(active, clock.At(At($"{day}T{hour:D2}:00", "Europe/Oslo")).Active);
    }

    [Theory]
    [InlineData("dusk-dawn", "Asia/Shanghai", 39.9, 116.4, "")]
    [InlineData("sunrise-sunset", "America/New_York", 40.7, -74, ", days: mon-fri, season: heating")]
    [InlineData("dawn-dusk", "Pacific/Apia", -13.8, -171.8, ", days: workdays")]
    [InlineData("dusk-dawn", "Europe/Oslo", 69.6, 18.9, "")]
    public void Every_instant_agrees_with_the_stated_end(string hours, string zone, double latitude, double longitude, string more)
    {
        var (clock, fresh) = (Clock(hours, new GeoPosition(latitude, longitude), zone, more), Clock(hours, new GeoPosition(latitude, longitude), zone, more));
        var at = At("2025-12-20", zone);
        var end = At("2026-12-31", zone);
        var changes = 0;
        while (at < end)
        {
            var (active, until) = clock.At(at);
            Assert.True(until > at);
            // Seldom asked in between, and just before the end.
            for (var probe = at; probe < Math.Min(until, end); probe += 5 * 3_600_000 + 1_234_567) Assert.Equal(active, fresh.At(probe).Active);
            if (until < end) Assert.Equal((active, !active), (fresh.At(until - 1).Active, fresh.At(until).Active));
            at = until;
            changes++;
        }
        Assert.True(changes > 100);
    }

    [Fact]
    public void A_rule_sleeps_till_dusk_and_its_alarm_ends_at_dawn()
    {
        var bench = new RuleBench(RuleBench.Yaml("raise: [ { severity: P3, when: value < 5, for: 10m } ]\nactive: { hours: dusk-dawn }\nmax_gap: 1d")).Point();
        bench.ReadEvery(0, 2880, 10, 20).ReadEvery(2890, 5760, 10, 1);
        var dusk = (SolarTimes.TimeMs(SunEvent.Dusk, new DateOnly(2026, 1, 14), new GeoPosition(39.9042, 116.4074)) - RuleBench.Start) / 60_000d;
        var raised = bench.Output.First(t => t.Change == AlarmChange.Raised && t.AtMs > RuleBench.Ms(3600));
        Assert.Equal(dusk + 10, (raised.AtMs - RuleBench.Start) / 60_000d, 0.001);
        Assert.Contains(bench.Output, t => t is { Change: AlarmChange.Cleared, Reason: AlarmReason.NotActive });
    }
}
