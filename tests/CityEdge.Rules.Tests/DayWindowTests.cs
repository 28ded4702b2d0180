using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary><c>window(02:00-04:00, 14d)</c>: some hours of each of the last days.</summary>
public class DayWindowTests
{
    private const int Day = 1440;

    private static string Raise(string when, string more = "") => Yaml($"raise: [ {{ severity: P3, when: \"{when}\" }} ]\n{more}");

    /// <summary>A reading each half hour: 20, but between 02 and 04 h of a day what <paramref name="night"/> says of it.</summary>
    private static RuleBench Live(RuleBench bench, int from, int to, Func<int, double> night, Func<int, bool>? silent = null)
    {
        for (var at = from; at <= to; at += 30)
        {
            if (silent?.Invoke(at) == true) continue;
            bench.Read(at, at % Day is >= 120 and < 240 ? night(at / Day) + (at % Day == 150 ? 0 : 1) : 20);
        }
        return bench;
    }

    [Fact]
    public void A_nights_least_value_is_known_when_the_night_is_over()
    {
        var bench = new RuleBench(Raise("window(02:00-04:00, 1d) < 10")).Point();
        Live(bench, 0, 210, _ => 5);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P3 at 240", bench.Read(240, 20).Alarms());
        Live(bench, 270, Day + 210, _ => 12);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Cleared P3 at 1680", bench.Read(Day + 240, 20).Alarms());
    }

    [Theory]
    [InlineData("window(02:00-04:00, 5d)", 3)]
    [InlineData("window(02:00-04:00, 5d, min, median)", 3)]
    [InlineData("window(02:00-04:00, 5d, min, max)", 9)]
    [InlineData("window(02:00-04:00, 5d, min, mean)", 4)]
    [InlineData("window(02:00-04:00, 4d)", 4)]
    [InlineData("window(02:00-04:00, 5d, max, min)", 2)]
    [InlineData("window(02:00-04:00, 5d, mean, min)", 1.75)]
    [InlineData("window(22:00-06:00, 3d, min, max)", 5)]
    [InlineData("window(02:00-04:00, 5d) - window(02:00-04:00, 1d)", 0)]
    public void Days_have_one_value_each_and_their_statistic_is_taken(string expression, double expected)
    {
        double[] nights = [7, 1, 9, 2, 5, 3];
        var bench = new RuleBench(Raise($"{expression} > {expected - 0.001}"), Yaml($"raise: [ {{ severity: P3, when: \"{expression} > {expected + 0.001}\" }} ]", "above")).Point();
        Live(bench, 0, 5 * Day + 12 * 60, day => nights[day]);
        Assert.Equal([AlarmPhase.Normal, AlarmPhase.Active], bench.Engine.Explain(Room).Select(state => state.Phase));
    }

    [Fact]
    public void A_day_counts_where_its_hours_are_covered_and_most_days_must()
    {
        var bench = new RuleBench(Raise("window(02:00-04:00, 5d) > 0"), Yaml("raise: [ { severity: P3, when: \"not window(02:00-04:00, 5d) > 0\" } ]", "never")).Point();
        bool Known() => bench.Engine.Explain(Room).Any(state => state.Phase == AlarmPhase.Active);
        Live(bench, 0, 3 * Day + 210, _ => 5);
        Assert.False(Known());
        Live(bench, 3 * Day + 240, 3 * Day + 270, _ => 5);
        Assert.True(Known());
        // A night without data is one of five.
        var two = new RuleBench(Raise("window(02:00-04:00, 5d) > 0")).Point();
        Live(two, 0, 9 * Day, _ => 5, at => at / Day is 3 && at % Day is > 0 and < 300);
        Assert.Equal("Raised P3 at 6000", two.Alarms());
        // Half of a night is none: unknown from its end on, so the hold begins anew.
        foreach (var (silence, alarms) in (ReadOnlySpan<(int, string)>)[(0, "Raised P3 at 2040"), (180, "")])
        {
            var hole = new RuleBench(Yaml("raise: [ { severity: P3, when: \"window(02:00-04:00, 1d) > 0\", for: 30h } ]\nmax_gap: 1d")).Point();
            Live(hole, 0, 2 * Day, _ => 5, at => at / Day is 1 && at % Day > 0 && at % Day < silence);
            Assert.Equal(alarms, hole.Alarms());
        }
    }

    [Fact]
    public void Hours_follow_the_zone()
    {
        var bench = new RuleBench(Raise("window(02:00-04:00, 1d) == 7"));
        bench.Engine.SetPoint(Context() with { Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") }, Start, bench.Output);
        // 09:00 to 11:00 in Shanghai.
        for (var at = 0; at <= 720; at += 30) bench.Read(at, at is 630 ? 7 : 20);
        Assert.Equal("Raised P3 at 660", bench.Alarms());
    }

    [Fact]
    public void An_hour_that_the_clock_skips_makes_no_night()
    {
        var bench = new RuleBench(Raise("window(02:00-02:30, 1d) > 0"));
        bench.Engine.SetPoint(Context() with { Zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin") }, Start, bench.Output);
        var day = new DateTimeOffset(2026, 3, 29, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();
        for (var at = 0; at <= 6; at++) bench.Engine.Apply(new Reading(Room, day + at * 1_800_000, ReadingValue.FromNumber(5), null), day + at * 1_800_000, bench.Output);
        Assert.Equal("", bench.Alarms());
    }

    [Fact]
    public void A_reading_allocates_nothing()
    {
        var bench = new RuleBench(Raise("window(02:00-04:00, 1d) > 9 * window(02:00-04:00, 14d)")).Point();
        Live(bench, 0, 20 * Day, _ => 5);
        var readings = Enumerable.Range(1, 10_000).Select(i => new Reading(Room, Ms(20 * Day + i * 30), ReadingValue.FromNumber(20), "Cel")).ToArray();
        for (var i = 0; i < 5000; i++) bench.Engine.Apply(readings[i], readings[i].TimeMs, bench.Output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 5000; i < readings.Length; i++) bench.Engine.Apply(readings[i], readings[i].TimeMs, bench.Output);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(bench.Alarms());
    }

    [Fact]
    public void Restarting_at_any_step_is_no_restart() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var yaml = Raise("window(22:00-03:00, 1d) > 1.2 * window(22:00-03:00, 3d) or window(22:00-03:00, 2d, max, mean) > 30");
        RuleBench[] both = [new RuleBench(yaml).Point(), new RuleBench(yaml).Point()];
        var at = 0;
        foreach (var b in bytes.Concat(bytes))
        {
            at += b < 200 ? 10 + b % 20 : b * 3;
            foreach (var bench in both) bench.Read(at, 10 + b % 30);
            var load = RuleEngine.Load(EventBench.Save(both[1].Engine), new RuleEngineOptions(), [Rule(yaml)], [Context()]);
            Assert.Null(load.Error);
            both[1].Engine = load.Engine!;
        }
        Assert.Equal(both[0].News(), both[1].News());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(250));

    [Fact]
    public void A_second_rule_that_looks_further_back_keeps_what_is_there()
    {
        var bench = new RuleBench(Raise("window(02:00-04:00, 1d) > 100")).Point();
        Live(bench, 0, 2 * Day, _ => 5);
        bench.Engine.SetRule(Rule(Yaml("raise: [ { severity: P3, when: \"window(02:00-04:00, 2d) == 5\" } ]", "longer")), Ms(2 * Day), bench.Output);
        Live(bench, 2 * Day + 30, 3 * Day, _ => 5);
        Assert.Equal("Raised P3 at 3120", bench.Alarms());
        Assert.Equal(TimeSpan.FromDays(2), Rule(Raise("window(02:00-04:00, 2d) == 5 or mean(1h) > 3")).LongestWindow);
    }

    [Theory]
    [InlineData("window(2, 14d) > 1", 40, "expected a local time of day such as 02:00")]
    [InlineData("window(02:00-25:00, 14d) > 1", 46, "expected a local time of day such as 02:00")]
    [InlineData("window(02:00-02:00, 14d) > 1", 46, "expected hours of the day from a start to another end")]
    [InlineData("window(02:00, 14d) > 1", 45, "expected '-', found ','")]
    [InlineData("window(02:00-04:00) > 1", 51, "expected ',', found ')'")]
    [InlineData("window(02:00-04:00, 36h) > 1", 53, "expected how many days, 1d to 400d")]
    [InlineData("window(02:00-04:00, 401d) > 1", 53, "expected how many days, 1d to 400d")]
    [InlineData("window(02:00-04:00, 14d, sum) > 1", 58, "expected min or max or mean")]
    [InlineData("window(02:00-04:00, 14d, min, sum) > 1", 63, "expected median or min or max or mean")]
    [InlineData("window(02:00-04:00, 14d) > 1 Pa", 60, "'Pa' is not a unit of temperature")]
    [InlineData("last(3, window(02:00-04:00, 14d) > 1) > 0.5", 41, "'window' has no meaning for one sample")]
    [InlineData("02:00 > 1", 33, "expected a value, a number or '(', found '02:00'")]
    public void Mistakes_are_found_with_their_column(string when, int column, string message)
    {
        var error = Assert.Single(RuleParser.Parse(Raise(when), "r.yaml").Errors);
        Assert.Equal((4, column), (error.Line, error.Column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
