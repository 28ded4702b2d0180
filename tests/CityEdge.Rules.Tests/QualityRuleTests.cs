using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>What the agent marks in doubt, as a condition: stuck, jumped, out of range.</summary>
public class QualityRuleTests
{
    private static string Raise(string when, string more = "") => Yaml($"raise: [ {{ severity: P5, when: \"{when}\" }} ]\n{more}");

    [Theory]
    [InlineData("quality(jump)", Quality.Jump, true)]
    [InlineData("quality(jump)", Quality.Jump | Quality.Stuck, true)]
    [InlineData("quality(stuck)", Quality.Stuck, true)]
    [InlineData("quality(out_of_range)", Quality.OutOfRange, true)]
    [InlineData("quality(jump)", Quality.Stuck, false)]
    [InlineData("not quality(jump)", Quality.Good, true)]
    [InlineData("quality(jump)", Quality.Jump | Quality.SensorFault, false)]
    [InlineData("not quality(jump)", Quality.Jump | Quality.SensorFault, false)]
    public void A_mark_of_the_last_value_is_a_condition(string when, Quality quality, bool raised) =>
        Assert.Equal(raised ? "Raised P5 at 0" : "", new RuleBench(Raise(when)).Point().Read(0, 20, quality: quality).Alarms());

    [Fact]
    public void A_mark_goes_with_the_next_value_that_has_none() =>
        Assert.Equal("Raised P5 at 0; Cleared P5 at 2", new RuleBench(Raise("quality(stuck)")).Point().Read(0, 20, quality: Quality.Stuck).Read(1, 20, quality: Quality.Stuck).Read(2, 21).Alarms());

    [Fact]
    public void Marks_are_counted_among_the_last_values()
    {
        var bench = new RuleBench(Raise("last(4, quality(jump)) >= 50 %")).Point();
        bench.Read(0, 20, quality: Quality.Jump).Read(1, 20).Read(2, 20, quality: Quality.Jump);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P5 at 3; Cleared P5 at 4", bench.Read(3, 20).Read(4, 20).Alarms());
    }

    [Fact]
    public void Restarting_at_any_step_is_no_restart() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var yaml = Raise("last(5, quality(jump) or value > 25) > 30 % or quality(stuck)");
        RuleBench[] both = [new RuleBench(yaml).Point(), new RuleBench(yaml).Point()];
        var at = 0;
        foreach (var b in bytes)
        {
            at += 1 + b % 7;
            foreach (var bench in both) bench.Read(at, b % 30, quality: (Quality)(b & 0b1110));
            var load = RuleEngine.Load(EventBench.Save(both[1].Engine), new RuleEngineOptions(), [Rule(yaml)], [Context()]);
            Assert.Null(load.Error);
            both[1].Engine = load.Engine!;
        }
        Assert.Equal(both[0].News(), both[1].News());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

    [Fact]
    public void Points_of_an_asset_are_counted_by_their_marks()
    {
        var bench = new RuleBench(Raise("votes(2, quality(stuck))"));
        PointId[] rooms = [new("bj-01", "dev", "a"), new("bj-01", "dev", "b")];
        foreach (var room in rooms) bench.Engine.SetPoint(Context(room), Start, bench.Output);
        bench.Read(0, 20, quality: Quality.Stuck, id: rooms[0]).Read(0, 20, id: rooms[1]);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P5 at 1", bench.Read(1, 20, quality: Quality.Stuck, id: rooms[1]).Alarms());
    }

    [Fact]
    public void A_rules_own_tests_speak_of_marks() => Assert.All(
        RuleTests.Run(Rule(Raise("quality(jump) and value > 30", "tests:\n  - { given: [\"0m..5m every 1m 31\", \"6m 31 jump\"], expect: \"P5 at 6m\" }\n  - { given: [\"0m 304 K stuck\", \"1m 30 jump\"], expect: none }\n"))),
        result => Assert.True(result.Passed, result.Message));

    [Theory]
    [InlineData("quality(bad)", 41, "expected one of out_of_range, stuck, jump; found 'bad'")]
    [InlineData("quality(jump) > 3", 47, "expected numbers on both sides of a comparison")]
    [InlineData("quality > 3", 33, "unknown name 'quality'")]
    public void Mistakes_are_found_with_their_column(string when, int column, string message)
    {
        var error = Assert.Single(RuleParser.Parse(Raise(when), "r.yaml").Errors);
        Assert.Equal((4, column), (error.Line, error.Column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }
}
