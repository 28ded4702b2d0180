using CityEdge.Contracts;

namespace CityEdge.Rules.Tests;

public class ExpressionTests
{
    private static Truth Test(string text, double value, PointKind? kind = PointKind.Temperature, Dictionary<string, double>? attributes = null, SampleHistory? history = null, long now = 0)
    {
        var scope = new ExpressionScope(kind);
        var node = ExpressionParser.Parse(text, scope);
        return node.Test(new EvaluationContext { Value = value, NowMs = now, History = history, Attributes = [.. scope.Attributes.Select(name => attributes?.GetValueOrDefault(name, double.NaN) ?? double.NaN)] });
    }

    [Theory]
    [InlineData("value < 18", 17.999, true)]
    [InlineData("value < 18", 18, false)]
    [InlineData("value <= 18", 18, true)]
    [InlineData("value == 18", 18, true)]
    [InlineData("value != 18", 18, false)]
    [InlineData("18 Cel > value", 17, true)]
    [InlineData("value < 291.15 K", 17.99, true)]
    [InlineData("value < 64.4 [degF]", 18.01, false)]
    [InlineData("value > -10 Cel", -9.9, true)]
    [InlineData("value - 2 K > 16", 18.1, true)]
    [InlineData("value + 2 * 3 == 24", 18, true)]
    [InlineData("(value + 2) * 3 == 60", 18, true)]
    [InlineData("value - 1 - 1 == 16", 18, true)]
    [InlineData("-value < -17", 18, true)]
    [InlineData("abs(value - 20) > 1.5", 18, true)]
    [InlineData("value < 10 or value > 5 and value > 17", 18, true)]
    [InlineData("(value < 10 or value > 5) and value > 19", 18, false)]
    [InlineData("not value < 18 and value < 19", 18, true)]
    [InlineData("all(value > 1, value > 2, value < 19)", 18, true)]
    [InlineData("any(value > 100, value < 1)", 18, false)]
    [InlineData("value > 1.5e1", 18, true)]
    [InlineData("value / 0 > 1", 18, null)]
    [InlineData("attr.limit > value", 18, null)]
    [InlineData("attr.limit > value or value > 17", 18, true)]
    [InlineData("attr.limit > value and value > 18", 18, false)]
    [InlineData("not attr.limit > value", 18, null)]
    [InlineData("value > 1", double.NaN, null)]
    public void Conditions(string text, double value, bool? expected) => Assert.Equal(expected switch { true => Truth.True, false => Truth.False, _ => Truth.Unknown }, Test(text, value));

    [Theory]
    [InlineData("value >= 25 cm", PointKind.Level, 0.25, true)]
    [InlineData("value >= 25 cm", PointKind.Level, 0.2499, false)]
    [InlineData("value > 0.15 MPa", PointKind.Pressure, 150_001, true)]
    [InlineData("value > 20 %", PointKind.Ratio, 0.21, true)]
    [InlineData("value > 85 %RH", PointKind.Humidity, 86, true)]
    [InlineData("value > 36 m3/h", PointKind.Flow, 0.0101, true)]
    [InlineData("value > 2 m", PointKind.Level, 2.1, true)]
    [InlineData("value", PointKind.Contact, 1, true)]
    [InlineData("not value", PointKind.Contact, 1, false)]
    [InlineData("value == true", PointKind.Contact, 1, true)]
    public void Units_convert_to_the_kinds_own(string text, PointKind kind, double value, bool expected) => Assert.Equal(expected ? Truth.True : Truth.False, Test(text, value, kind));

    [Fact]
    public void Windows_are_over_the_recent_samples_and_unknown_until_covered()
    {
        var history = new SampleHistory();
        Truth At(string text, int minute) => Test(text, 0, history: history, now: minute * 60_000L);
        for (var minute = 0; minute <= 4; minute++) history.Add(minute * 60_000, minute, 0, 3_600_000);
        Assert.Equal(Truth.Unknown, At("mean(5m) > 0", 4));
        Assert.Equal(Truth.True, At("count(5m) == 5", 4));
        history.Add(5 * 60_000, 5, 0, 3_600_000);
        Assert.Equal(Truth.True, At("mean(5m) == 3 and min(5m) == 1 and max(5m) == 5 and sum(5m) == 15 and count(5m) == 5 and delta(5m) == 5", 5));
        Assert.Equal(Truth.True, At("delta(5m) > 4 K", 5));
        // A window of which more than a fifth has no support is not known; counting is.
        history.Add(20 * 60_000, 9, 12 * 60_000, 3_600_000);
        Assert.Equal(Truth.Unknown, At("mean(15m) > 0", 20));
        Assert.Equal(Truth.True, At("count(15m) == 1 and count(16m) == 2", 20));
    }

    [Fact]
    public void Rate_is_per_hour_whatever_the_window_and_knows_units_per_time()
    {
        var history = new SampleHistory();
        for (var minute = 0; minute <= 20; minute++) history.Add(minute * 60_000, 20 - minute * 0.1, 0, 3_600_000);
        Truth At(string text, PointKind kind = PointKind.Temperature) => Test(text, 0, kind, history: history, now: 20 * 60_000L);
        Assert.Equal(Truth.True, At("rate(10m) < -5.99 and rate(10m) > -6.01 and abs(rate(20m)) > 5.9 K/h"));
        Assert.Equal(Truth.True, At("rate(10m) < -0.09 K/min and rate(10m) > -0.0017 K/s and -rate(10m) > 143 K/d"));
        Assert.Equal(Truth.False, At("rate(10m) < -10.9 [degF]/h"));
        Assert.Equal(Truth.True, At("rate(10m) < -5.9 m3/h", PointKind.Volume));
        Assert.Equal(Truth.True, At("rate(10m) < -0.0016 W and rate(10m) > -0.0017 W", PointKind.Energy));
        Assert.Equal(Truth.Unknown, At("rate(30m) < 0"));
    }

    [Fact]
    public void Stddev_and_median_are_those_of_the_samples()
    {
        var history = new SampleHistory();
        double[] values = [9, 2, 4, 4, 4, 5, 5, 7, 9];
        for (var minute = 0; minute < values.Length; minute++) history.Add(minute * 60_000, values[minute], 0, 3_600_000);
        Assert.Equal(Math.Sqrt(32 / 7d), history.Evaluate(WindowFunction.Deviation, 480_000, 480_000), 12);
        Assert.Equal(4.5, history.Evaluate(WindowFunction.Median, 480_000, 480_000));
        Assert.Equal(5, history.Evaluate(WindowFunction.Median, 420_000, 480_000));
        Assert.Equal(Truth.True, Test("stddev(8m) > 2 K and stddev(8m) < 2.2 K and median(8m) < 5 Cel", 0, history: history, now: 480_000));
    }

    [Fact]
    public void Merged_samples_keep_their_deviation_and_nearly_their_median()
    {
        var history = new SampleHistory();
        var random = new Random(3);
        var all = new List<double>();
        for (var i = 0; i < 20_000; i++)
        {
            var value = random.NextDouble() * 10 + i / 2000d;
            all.Add(value);
            history.Add((i + 1) * 1000L, value, 0, 21_000_000);
        }
        var mean = all.Average();
        Assert.True(history.Count <= SampleHistory.Capacity);
        history.Restore(0, [.. Enumerable.Range(0, history.Count).Select(i => history[i])]);
        Assert.Equal(Math.Sqrt(all.Sum(x => (x - mean) * (x - mean)) / (all.Count - 1)), history.Evaluate(WindowFunction.Deviation, 20_000_000, 20_000_000), 6);
        Assert.Equal(all.Order().ElementAt(10_000), history.Evaluate(WindowFunction.Median, 20_000_000, 20_000_000), 0.3);
    }

    [Theory]
    [InlineData("last(4, value > 60) == 0.75", true)]
    [InlineData("last(4, value > 60) >= 75 %", true)]
    [InlineData("last(3, value > 65 or value < 1) > 0.67", false)]
    [InlineData("last(5, value > 0) > 0", null)]
    [InlineData("last(2, value > attr.none) > 0", null)]
    public void Last_is_the_share_of_the_last_values_that_meet_a_condition(string text, bool? expected)
    {
        var recent = new RecentValues();
        recent.Resize(5);
        foreach (var value in (double[])[59, 61, 70, 61]) recent.Add(value);
        var scope = new ExpressionScope(PointKind.Temperature);
        var truth = ExpressionParser.Parse(text, scope).Test(new EvaluationContext { Recent = recent, Attributes = [double.NaN] });
        Assert.Equal(expected switch { true => Truth.True, false => Truth.False, _ => Truth.Unknown }, truth);
    }

    [Fact]
    public void Recent_values_are_a_ring_that_keeps_the_newest_when_resized()
    {
        var recent = new RecentValues();
        recent.Resize(3);
        for (var i = 0; i < 8; i++) recent.Add(i);
        Assert.Equal([7d, 6d, 5d], Enumerable.Range(0, recent.Count).Select(back => recent[back]));
        recent.Resize(5);
        recent.Add(8);
        Assert.Equal([8d, 7d, 6d, 5d], Enumerable.Range(0, recent.Count).Select(back => recent[back]));
        recent.Resize(2);
        Assert.Equal([8d, 7d], Enumerable.Range(0, recent.Count).Select(back => recent[back]));
    }

    [Fact]
    public void A_history_is_bounded_and_stays_close()
    {
        var history = new SampleHistory();
        for (var i = 0; i < 200_000; i++) history.Add(i * 1000L, i % 100, 0, 43_200_000);
        Assert.True(history.Count <= SampleHistory.Capacity);
        Assert.Equal(49.5, history.Evaluate(WindowFunction.Mean, 43_200_000, 199_999_000), 0.1);
        Assert.Equal(43_200, history.Evaluate(WindowFunction.Count, 43_200_000, 199_999_000), 300d);
    }

    [Theory]
    [InlineData("bj-*", "bj-01", true)]
    [InlineData("bj-*", "sh-01", false)]
    [InlineData("*", "", true)]
    [InlineData("a?c*e", "abcde", true)]
    [InlineData("a?c*e", "abcdef", false)]
    [InlineData("*a*b*", "xxaxxbxx", true)]
    [InlineData("Room", "room", false)]
    public void Globs(string pattern, string text, bool expected) => Assert.Equal(expected, LabelPattern.Matches(pattern, text));
}
