namespace CityEdge.Rules.Tests;

/// <summary>The part of RFC 5545 RRULE that maintenance knows: occurrences against lists worked out by hand or named in the RFC, and refusals.</summary>
public class RecurrenceTests
{
    private static readonly TimeZoneInfo NewYork = TimeZoneInfo.FindSystemTimeZoneById("America/New_York");

    private static long At(string local, TimeZoneInfo zone)
    {
        var time = DateTime.Parse(local, System.Globalization.CultureInfo.InvariantCulture);
        return new DateTimeOffset(time, zone.GetUtcOffset(time)).ToUnixTimeMilliseconds();
    }

    /// <summary>Days of the first occurrences from a start, looking at each day for six years.</summary>
    private static string Days(string rule, string from, int most, TimeZoneInfo? zone = null)
    {
        zone ??= NewYork;
        var parsed = RecurrenceRule.Parse(rule, out var error);
        Assert.Equal("", error);
        var recurrence = new Recurrence(parsed!, At(from, zone), zone);
        var starts = new List<long>();
        var begin = At(from, zone);
        for (var i = -3; i < 6 * 366 && starts.Count < most; i++)
        {
            if (recurrence.LastStart(begin + (i * 86_400_000L) + 7_200_000, 86_400_000) is { } start && !starts.Contains(start)) starts.Add(start);
        }
        return string.Join(' ', starts.Select(ms => TimeZoneInfo.ConvertTime(DateTimeOffset.FromUnixTimeMilliseconds(ms), zone).ToString("yyMMdd'T'HH", System.Globalization.CultureInfo.InvariantCulture)));
    }

    // The first date of each is that of the RFC's examples (section 3.8.5.3), 1997-09-02 09:00 New York, or stated.
    [Theory]
    [InlineData("FREQ=DAILY;COUNT=3", "1997-09-02T09:00", "970902T09 970903T09 970904T09")]
    [InlineData("RRULE:FREQ=DAILY;INTERVAL=10;COUNT=5", "1997-09-02T09:00", "970902T09 970912T09 970922T09 971002T09 971012T09")]
    [InlineData("FREQ=DAILY;UNTIL=19970905T130000Z", "1997-09-02T09:00", "970902T09 970903T09 970904T09 970905T09")]
    [InlineData("FREQ=DAILY;UNTIL=19970905T125959Z", "1997-09-02T09:00", "970902T09 970903T09 970904T09")]
    [InlineData("FREQ=DAILY;UNTIL=19970904", "1997-09-02T09:00", "970902T09 970903T09 970904T09")]
    [InlineData("FREQ=WEEKLY;COUNT=3", "1997-09-02T09:00", "970902T09 970909T09 970916T09")]
    [InlineData("FREQ=WEEKLY;UNTIL=19971007T000000Z;WKST=MO;BYDAY=TU,TH", "1997-09-02T09:00", "970902T09 970904T09 970909T09 970911T09 970916T09 970918T09 970923T09 970925T09 970930T09 971002T09")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO", "1997-08-05T09:00", "970805T09 970810T09 970819T09 970824T09")]
    [InlineData("FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=MO,WE,FR", "1997-09-01T09:00", "970901T09 970903T09 970905T09 970915T09")]
    [InlineData("FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09-05T09:00", "970905T09 971003T09 971107T09 971205T09")]
    [InlineData("FREQ=MONTHLY;INTERVAL=2;COUNT=4;BYDAY=1SU,-1SU", "1997-09-07T09:00", "970907T09 970928T09 971102T09 971130T09")]
    [InlineData("FREQ=MONTHLY;COUNT=3;BYDAY=-2MO", "1997-09-22T09:00", "970922T09 971020T09 971117T09")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=-3;COUNT=3", "1997-09-28T09:00", "970928T09 971029T09 971128T09")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=2,15;COUNT=4", "1997-09-02T09:00", "970902T09 970915T09 971002T09 971015T09")]
    [InlineData("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3", "1997-09-02T09:00", "980213T09 980313T09 981113T09")]
    [InlineData("FREQ=MONTHLY;COUNT=3", "1997-01-31T09:00", "970131T09 970331T09 970531T09")]
    [InlineData("FREQ=YEARLY;COUNT=2", "1996-02-29T09:00", "960229T09 000229T09")]
    [InlineData("FREQ=YEARLY;INTERVAL=2;COUNT=3", "1997-06-10T09:00", "970610T09 990610T09 010610T09")]
    // The first day is not a Monday, so it is no occurrence.
    [InlineData("FREQ=WEEKLY;BYDAY=MO;COUNT=2", "1997-09-02T09:00", "970908T09 970915T09")]
    public void Occurrences_are_those_of_the_standard(string rule, string from, string expected) => Assert.Equal(expected, Days(rule, from, 12));

    [Fact]
    public void The_local_time_stays_over_a_change_of_clocks() =>
        Assert.Equal("971025T01 971026T01 971027T01", Days("FREQ=DAILY;COUNT=3", "1997-10-25T01:30", 5));

    [Fact]
    public void An_occurrence_in_the_hour_that_is_skipped_begins_with_the_change()
    {
        var daily = new Recurrence(RecurrenceRule.Parse("FREQ=DAILY", out _)!, At("2026-03-07T02:30", NewYork), NewYork);
        // 02:30 does not exist on 8 March 2026; standard offset gives 07:30 UTC, which is 03:30 there.
        Assert.Equal(new DateTimeOffset(2026, 3, 8, 7, 30, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), daily.LastStart(new DateTimeOffset(2026, 3, 8, 12, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds(), 86_400_000));
    }

    [Fact]
    public void A_window_holds_its_start_and_not_its_end_also_over_midnight()
    {
        var start = At("2026-01-12T23:00", RuleBench.Shanghai);
        var window = new MaintenanceWindow("w", "a", null, null, start, 7_200_000, new Recurrence(RecurrenceRule.Parse("FREQ=WEEKLY;BYDAY=MO", out _)!, start, RuleBench.Shanghai));
        Assert.Null(window.EndAt(start - 1));
        Assert.Equal(start + 7_200_000, window.EndAt(start));
        Assert.Equal(start + 7_200_000, window.EndAt(start + 7_199_999));
        Assert.Null(window.EndAt(start + 7_200_000));
        Assert.Null(window.EndAt(start - (7 * 86_400_000L)));
        Assert.Equal(start + (70 * 86_400_000L) + 7_200_000, window.EndAt(start + (70 * 86_400_000L) + 3_700_000));
    }

    [Theory]
    [InlineData("", "NAME=VALUE")]
    [InlineData("FREQ=HOURLY", "DAILY")]
    [InlineData("INTERVAL=2", "FREQ is missing")]
    [InlineData("FREQ=DAILY;INTERVAL=0", "INTERVAL=0")]
    [InlineData("FREQ=DAILY;COUNT=2;UNTIL=20260101", "exclude")]
    [InlineData("FREQ=DAILY;COUNT=2;COUNT=3", "twice")]
    [InlineData("FREQ=DAILY;UNTIL=tomorrow", "UNTIL=TOMORROW")]
    [InlineData("FREQ=WEEKLY;BYDAY=XX", "BYDAY=XX")]
    [InlineData("FREQ=WEEKLY;BYDAY=1MO", "MONTHLY")]
    [InlineData("FREQ=MONTHLY;BYDAY=0MO", "BYDAY=0MO")]
    [InlineData("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY=32")]
    [InlineData("FREQ=DAILY;BYMONTHDAY=1", "MONTHLY")]
    [InlineData("FREQ=YEARLY;BYDAY=MO", "YEARLY")]
    [InlineData("FREQ=WEEKLY;WKST=SU", "WKST=SU")]
    [InlineData("FREQ=DAILY;BYHOUR=3", "BYHOUR is not supported")]
    public void What_is_not_known_is_refused_by_name(string rule, string names)
    {
        Assert.Null(RecurrenceRule.Parse(rule, out var error));
        Assert.Contains(names, error, StringComparison.Ordinal);
    }
}
