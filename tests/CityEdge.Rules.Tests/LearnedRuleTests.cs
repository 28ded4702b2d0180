using System.Buffers;
using CityEdge.Bench.Anomaly;
using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary><c>anomaly()</c> and <c>forecast()</c> in rules.</summary>
public class LearnedRuleTests
{
    private const string Unusual = "raise: [ { severity: P3, when: \"anomaly() >= 0.5\" } ]\nclear: { when: \"anomaly() < 0.3\" }";
    private const string WillCross = "raise: [ { severity: P4, when: \"forecast(2h) < 16 Cel\" } ]";
    private const int Every = 5;

    /// <summary>A day between 10 and 30 with a little noise.</summary>
    private static double Daily(int i) => 20 + 10 * Math.Sin(i / 288.0 * 2 * Math.PI) + i * 7919 % 101 / 101.0;

    private static RuleBench Learn(RuleBench bench, int from, int to)
    {
        for (var i = from; i < to; i++) bench.Read(i * Every, Daily(i));
        return bench;
    }

    private static string? Learned(RuleBench bench) => bench.Engine.Explain(Room).Single(state => state.Rule == "the-rule").Learned;

    private static byte[] Save(RuleEngine engine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        engine.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    [Theory]
    [InlineData("anomaly() >= 0")]
    [InlineData("not anomaly() > 1")]
    [InlineData("forecast(2h) > -99 Cel")]
    [InlineData("not forecast(2h) < 209 K")]
    public void While_it_learns_nothing_is_known_of_it(string when)
    {
        var bench = new RuleBench(Yaml($"raise: [ {{ severity: P3, when: \"{when}\" }} ]")).Point();
        Assert.Equal("", Learn(bench, 0, LearnedNormal.LearningReadings).Alarms());
        var state = bench.Engine.Explain(Room)[0];
        Assert.Equal((AlarmStateReason.StillLearning, "learning: 200 of 200 readings"), (state.Reason, state.Learned));
        Assert.Equal("Raised P3 at 1000", Learn(bench, 200, 201).Alarms());
    }

    [Fact]
    public void One_unusual_reading_raises_and_the_fading_score_clears()
    {
        var bench = Learn(new RuleBench(Yaml(Unusual)).Point(), 0, 600);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P3 at 3000", bench.Read(600 * Every, 80).Alarms());
        // The course stays odd for a while; then 0.49 falls by 3 % a reading, below 0.3 at the 17th.
        Assert.Equal("Cleared P3 at 3110", Learn(bench, 601, 700).Alarms());
    }

    [Fact]
    public void A_series_that_always_stood_still_is_unusual_when_it_moves()
    {
        var bench = new RuleBench(Yaml(Unusual)).Point().ReadEvery(0, 3000, Every, 20);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P3 at 3005", bench.Read(3005, 21).Alarms());
    }

    [Fact]
    public void A_forecast_raises_before_the_limit_is_crossed()
    {
        var bench = new RuleBench(Yaml(WillCross)).Point().ReadEvery(0, 1200, Every, 22);
        for (var i = 1; bench.Output.Count == 0 && i < 120; i++) bench.Read(1200 + i * Every, 22 - i * 0.05);
        var raised = bench.Output[0];
        Assert.True(raised.Value > 16.2, $"{raised.Value}: the forecast came too late");
        Assert.Contains(" is expected in 2h", Learned(bench), StringComparison.Ordinal);
    }

    [Fact]
    public void Explain_names_the_hour_of_the_points_own_zone()
    {
        // Monday 06:30 in Shanghai, three weeks on; Sunday evening in UTC.
        const int Monday = 3 * 7 * 288 + 78;
        var bench = Learn(new RuleBench(Yaml(Unusual)).Point(), 0, Monday);
        bench.Read(Monday * Every, -40);
        Assert.StartsWith("below 99.9 % of Mondays 06-07 h; ", Learned(bench), StringComparison.Ordinal);
    }

    [Fact]
    public void Late_and_repeated_and_faulty_readings_are_not_learned()
    {
        var (clean, noisy) = (new RuleBench(Yaml(Unusual), Yaml(WillCross, "rule-2")).Point(), new RuleBench(Yaml(Unusual), Yaml(WillCross, "rule-2")).Point());
        for (var i = 0; i < 600; i++)
        {
            clean.Read(i * Every, Daily(i));
            noisy.Read(i * Every, Daily(i)).Read(i * Every, 500).Read(i * Every - 1, 500, arrival: i * Every).Read(i * Every + 1, -500, quality: Quality.SensorFault);
        }
        Assert.Equal(clean.Engine.Explain(Room).Select(state => state.Learned), noisy.Engine.Explain(Room).Select(state => state.Learned));
        Assert.Equal(clean.Output.Count, noisy.Output.Count);
    }

    [Fact]
    public void What_is_learned_outlives_an_edit_but_not_the_last_rule_that_asks()
    {
        var bench = Learn(new RuleBench(Yaml(Unusual), Yaml("raise: [ { severity: P4, when: value < -99 } ]", "rule-2")).Point(), 0, 600);
        var before = Learned(bench);
        bench.Engine.SetRule(Rule(Yaml(Unusual.Replace("0.5", "0.6", StringComparison.Ordinal))), Ms(3000), bench.Output);
        Assert.Equal(before, Learned(bench));
        var size = Save(bench.Engine).Length;
        bench.Engine.SetRule(Rule(Yaml("raise: [ { severity: P3, when: value < -99 } ]")), Ms(3000), bench.Output);
        Assert.InRange(size - Save(bench.Engine).Length, LearnedNormal.StateBytes, LearnedNormal.StateBytes + 16);
        bench.Engine.SetRule(Rule(Yaml(Unusual)), Ms(3000), bench.Output);
        Assert.Equal("no reading yet", Learned(bench));
    }

    [Fact]
    public void A_rule_edited_between_save_and_load_finds_what_was_learned()
    {
        var bench = Learn(new RuleBench(Yaml(Unusual)).Point(), 0, 600);
        var edited = Rule(Yaml(Unusual.Replace("0.5", "0.6", StringComparison.Ordinal)));
        Assert.Equal(Learned(bench), RuleEngine.Load(Save(bench.Engine), new RuleEngineOptions(), [edited], [Context()]).Engine!.Explain(Room)[0].Learned);
    }

    [Fact]
    public void Restarted_after_every_reading_it_is_bit_for_bit_the_same() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        RuleDefinition[] rules = [Rule(Yaml(Unusual)), Rule(Yaml("raise: [ { severity: P4, when: \"forecast(2h) < 16 Cel or anomaly() > 40 %\", for: 20m } ]", "rule-2"))];
        RuleBench Begin()
        {
            var bench = new RuleBench(Yaml(Unusual), rules[1].SourceYaml).Point();
            return Learn(bench, 0, 195);
        }

        var (straight, restarted) = (Begin(), Begin());
        var at = 195d * Every;
        foreach (var b in bytes)
        {
            at += b % 16 == 0 ? 60 : b % 16 == 1 ? 0 : Every;
            var value = b > 240 ? 200 - b : 20 + b / 10d;
            straight.Read(at, value);
            var load = RuleEngine.Load(Save(restarted.Engine), new RuleEngineOptions(), rules, [Context()]);
            Assert.Equal((null, 0), (load.Error, load.Transitions.Count));
            restarted.Engine = load.Engine!;
            restarted.Read(at, value);
        }
        Assert.Equal(straight.Output.Select(t => t.ToString()), restarted.Output.Select(t => t.ToString()));
        Assert.Equal(Save(straight.Engine), Save(restarted.Engine));
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithEndSize(200));

    [Fact]
    public void Tests_of_a_rule_may_teach_it_first()
    {
        var rule = Rule(Yaml(Unusual + """

            tests:
              - { given: ["0m..2500m every 5m 20..21", "2505m 21.01"], expect: none }
              - { given: ["0m..2500m every 5m 20", "2505m 35", "2510m..2600m every 5m 20"], expect: "P3 at 2505m", expect_clear: "at 2590m" }
              - { given: ["0m..995m every 5m 20", "1000m 35"], expect: none }
            """));
        Assert.Equal(["", "", ""], RuleTests.Run(rule).Select(result => result.Message));
    }

    [Fact]
    public void On_a_recorded_machine_restarted_now_and_then_three_of_four_failures_are_told_with_four_alarms_elsewhere()
    {
        var data = Path.Combine(RecordedDataTests.Shared(), "data");
        Assert.SkipUnless(Directory.Exists(Path.Combine(data, "nab")), "the recorded data are not beside the repository");
        var recording = NabRecording.LoadAll(data).Single(r => r.Name.Contains("machine_temperature", StringComparison.Ordinal));
        var options = new RuleEngineOptions { MaxAge = null };
        var rule = Rule(Yaml(Unusual));
        var (bench, point) = (new RuleBench(options, Yaml(Unusual)), Context() with { Zone = TimeZoneInfo.Utc });
        bench.Engine.SetPoint(point, recording.TimesMs[0], bench.Output);
        for (var i = 0; i < recording.TimesMs.Length; i++)
        {
            if (i % 1000 == 999) bench.Engine = RuleEngine.Load(Save(bench.Engine), options, [rule], [point]).Engine!;
            bench.Engine.Apply(new Reading(Room, recording.TimesMs[i], ReadingValue.FromNumber(recording.Values[i]), null), recording.TimesMs[i], bench.Output);
        }
        var raised = bench.Output.Where(t => t.Change == AlarmChange.Raised).Select(t => t.AtMs).ToList();
        bool Within(NabWindow window, long at) => recording.TimesMs[window.Left] <= at && at <= recording.TimesMs[window.Right];
        var found = recording.Windows.Count(window => raised.Exists(at => Within(window, at)));
        var elsewhere = raised.Count(at => !recording.Windows.Any(window => Within(window, at)));
        Assert.Equal((4, 3, 4), (recording.Windows.Count, found, elsewhere));
    }
}
