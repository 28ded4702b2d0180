namespace CityEdge.Hub.Telemetry.Tests;

public class BucketCalendarTests
{
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
    private static readonly TimeZoneInfo Shanghai = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    [Theory]
    // Shanghai is UTC+8 all year: days begin at 16:00 UTC.
    [InlineData("Asia/Shanghai", "1d", "2026-01-10T15:59:59.999Z", "2026-01-09T16:00Z")]
    [InlineData("Asia/Shanghai", "1d", "2026-01-10T16:00Z", "2026-01-10T16:00Z")]
    [InlineData("Asia/Shanghai", "6h", "2026-01-10T03:00Z", "2026-01-09T22:00Z")]
    // A bucket that does not divide the day is cut at midnight: 21:00 local + 3 h.
    [InlineData("Asia/Shanghai", "7h", "2026-01-10T15:30Z", "2026-01-10T13:00Z")]
    // Spring: 2026-03-29 02:00 -> 03:00, the change is at 01:00 UTC. The day has 23 hours.
    [InlineData("Europe/Berlin", "1d", "2026-03-29T21:30Z", "2026-03-28T23:00Z")]
    [InlineData("Europe/Berlin", "1d", "2026-03-29T22:00Z", "2026-03-29T22:00Z")]
    [InlineData("Europe/Berlin", "6h", "2026-03-29T03:30Z", "2026-03-28T23:00Z")]
    [InlineData("Europe/Berlin", "6h", "2026-03-29T04:30Z", "2026-03-29T04:00Z")]
    [InlineData("Europe/Berlin", "1h", "2026-03-29T01:30Z", "2026-03-29T01:00Z")]
    [InlineData("Europe/Berlin", "2h", "2026-03-29T01:30Z", "2026-03-29T01:00Z")]
    // Autumn: 2026-10-25 03:00 -> 02:00, the change is at 01:00 UTC. The day has 25 hours, 02:00 comes twice.
    [InlineData("Europe/Berlin", "1d", "2026-10-25T22:59Z", "2026-10-24T22:00Z")]
    [InlineData("Europe/Berlin", "1d", "2026-10-25T23:00Z", "2026-10-25T23:00Z")]
    [InlineData("Europe/Berlin", "1h", "2026-10-25T00:30Z", "2026-10-25T00:00Z")]
    [InlineData("Europe/Berlin", "1h", "2026-10-25T01:30Z", "2026-10-25T01:00Z")]
    [InlineData("Europe/Berlin", "6h", "2026-10-25T04:30Z", "2026-10-24T22:00Z")]
    [InlineData("Europe/Berlin", "7d", "2026-04-02T12:00Z", "2026-04-01T22:00Z")]
    public void Buckets_begin_on_the_wall_clock(string zone, string every, string instant, string start)
    {
        Assert.True(Contracts.Durations.TryParse(every, out var length));
        var calendar = new BucketCalendar(length, TimeZoneInfo.FindSystemTimeZoneById(zone));
        Assert.Equal(Ms(start), calendar.StartOf(Ms(instant)));
    }

    [Fact]
    public void Stepping_and_jumping_agree_and_starts_never_fall_back()
    {
        foreach (var zone in new[] { Berlin, Shanghai, TimeZoneInfo.FindSystemTimeZoneById("America/Sao_Paulo"), TimeZoneInfo.FindSystemTimeZoneById("Australia/Lord_Howe") })
        {
            foreach (var every in new[] { 15, 30, 60, 120, 360, 1440, 2880 })
            {
                var walking = new BucketCalendar(TimeSpan.FromMinutes(every), zone);
                var before = long.MinValue;
                for (var t = Ms("2017-09-01T00:00Z"); t < Ms("2018-11-10T00:00Z"); t += 7 * 60_000 + (every * 5_000))
                {
                    var start = walking.StartOf(t);
                    Assert.Equal(new BucketCalendar(TimeSpan.FromMinutes(every), zone).StartOf(t), start);
                    Assert.True(start <= t && start >= before, $"{zone.Id} {every} min at {t}");
                    Assert.True(t - start <= (every + 60) * 60_000L, $"{zone.Id} {every} min at {t}");
                    before = start;
                }
            }
        }
    }

    private static long Ms(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds();
}
