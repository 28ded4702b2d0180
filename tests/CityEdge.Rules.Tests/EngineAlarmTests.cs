using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Clearing, severity, silence, seasons, verification, changes of rules and points.</summary>
public class EngineAlarmTests
{
    private const string Steps = "raise:\n  - { severity: P3, when: \"value < 18\", for: 2h }\n  - { severity: P2, when: \"value < 16\", for: 1h }\nclear: { when: \"value >= 18.5\", for: 1h }\nmax_gap: 1h";

    [Fact]
    public void Default_clear_is_at_once_when_no_step_is_true() =>
        Assert.Equal("Raised P1 at 0; Cleared P1 at 5", new RuleBench(Yaml("raise: [ { severity: P1, when: \"value < 18\" } ]")).Point().Read(0, 17).Read(5, 18).Alarms());

    [Fact]
    public void An_alarm_that_comes_back_in_the_off_delay_is_the_same_occurrence()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 18\" } ]\nclear: { when: \"value >= 18.5\", for: 1h }\nmax_gap: 1h")).Point();
        bench.Read(0, 17).Read(10, 19).Read(60, 17).Read(70, 19).Read(120, 19);
        Assert.Equal("Raised P2 at 0", bench.Alarms());
        Assert.Equal("Cleared P2 at 130", bench.Read(130, 19).Alarms());
        Assert.Single(bench.Output.Select(t => t.AlarmId).Distinct());
    }

    [Fact]
    public void Between_the_limits_an_alarm_stays_and_the_off_delay_starts_over() =>
        Assert.Equal("Raised P3 at 120; Cleared P3 at 215", new RuleBench(Yaml(Steps)).Point().ReadEvery(0, 120, 5, 17).ReadEvery(125, 145, 5, 18.5).Read(150, 18.2).ReadEvery(155, 215, 5, 18.5).Alarms());

    [Fact]
    public void Severity_rises_with_a_worse_step_and_falls_when_it_ends_while_a_lower_one_holds()
    {
        var bench = new RuleBench(Yaml(Steps)).Point().ReadEvery(0, 120, 5, 17).ReadEvery(125, 200, 5, 15).ReadEvery(205, 300, 5, 17);
        Assert.Equal("Raised P3 at 120; SeverityChanged P2 at 185; SeverityChanged P3 at 205", bench.Alarms());
        Assert.Single(bench.Output.Select(t => t.AlarmId).Distinct());
    }

    [Fact]
    public void A_worse_step_that_ends_before_the_lower_ones_hold_keeps_the_severity_until_then() =>
        Assert.Equal("Raised P2 at 60; SeverityChanged P3 at 120", new RuleBench(Yaml(Steps)).Point().ReadEvery(0, 80, 5, 15).ReadEvery(85, 130, 5, 17).Alarms());

    [Fact]
    public void Silence_is_an_occurrence_of_its_own()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 18\" } ]\nno_data: { after: 30m, severity: P4 }")).Point().Read(0, 17);
        Assert.Equal("Raised P2 at 0; NoData Raised P4 at 30", bench.Advance(31).Alarms());
        Assert.Equal("NoData Cleared P4 at 100", bench.Read(100, 17).Alarms());
        Assert.Equal(2, bench.Output.Select(t => t.AlarmId).Distinct().Count());
        Assert.All(bench.Output, t => Assert.Matches("^[0-9a-f]{32}$", t.AlarmId));
    }

    [Fact]
    public void A_point_that_never_speaks_is_silent_from_its_announcement()
    {
        var bench = new RuleBench(Yaml("no_data: { after: 30m }")).Point(at: 10);
        Assert.Equal("", bench.Advance(40).News());
        Assert.Equal("NoData Raised P4 at 40", bench.Advance(41).News());
        // Its first reading is of a recording: the silence ends no earlier than it began.
        Assert.Equal("NoData Cleared P4 at 40", bench.Read(-9999, 1, arrival: 50).News());
    }

    [Fact]
    public void Silence_inside_a_recording_is_seen_though_it_took_no_time()
    {
        var bench = new RuleBench(Yaml("no_data: { after: 30m }")).Point().Read(0, 1, arrival: 0).Read(40, 1, arrival: 0.001);
        Assert.Equal("NoData Raised P4 at 30; NoData Cleared P4 at 40", bench.News());
    }

    [Fact]
    public void A_reading_at_the_very_end_of_the_allowed_silence_is_in_time() => Assert.Equal("", new RuleBench(Yaml("no_data: { after: 30m }")).Point().ReadEvery(0, 300, 30, 1).News());

    [Fact]
    public void Outside_its_hours_a_rule_holds_nothing_and_closes_what_is_open()
    {
        var yaml = Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 30m } ]\nactive: { hours: \"06:00-22:00\" }\nmax_gap: 30m");
        var bench = new RuleBench(yaml).Point().ReadEvery(5 * 60, 6 * 60 + 25, 5, 17);
        Assert.Equal("", bench.News());
        Assert.Equal("Raised P3 at 390", bench.Read(390, 17).News());
        Assert.Equal("Cleared P3 at 1320 NotActive", bench.Advance(1321).News());
        Assert.Equal("", bench.ReadEvery(1325, 1800, 5, 17).News());
        Assert.Equal("Raised P3 at 1830", bench.ReadEvery(1805, 1830, 5, 17).News());
    }

    [Fact]
    public void A_hold_due_at_the_end_of_the_hours_does_not_raise()
    {
        var yaml = Yaml("raise: [ { severity: P3, when: \"value < 18\", for: 30m } ]\nactive: { hours: \"06:00-22:00\" }\nmax_gap: 30m");
        Assert.Equal("", new RuleBench(yaml).Point().ReadEvery(1290, 1320, 5, 17).Alarms());
        Assert.Equal("Raised P3 at 1319; Cleared P3 at 1320 NotActive", new RuleBench(yaml).Point().ReadEvery(1289, 1319, 5, 17).Read(1320, 17).Alarms());
    }

    [Fact]
    public void Silence_is_judged_by_the_season_not_by_the_hours()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"value < 18\" } ]\nactive: { season: heating, hours: \"06:00-22:00\" }\nno_data: { after: 30m }")).Point(at: 1300).Read(1310, 20);
        Assert.Equal("NoData Raised P4 at 1340", bench.Advance(2000).News());
        var seasonEnd = (new DateTimeOffset(2026, 3, 16, 0, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds() - Start) / (double)Minute;
        Assert.Equal($"NoData Cleared P4 at {seasonEnd} NotActive", bench.Advance(seasonEnd + 60 * 24 * 90).News());
        var nextSeason = (new DateTimeOffset(2026, 11, 15, 0, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds() - Start) / (double)Minute;
        Assert.Equal($"NoData Raised P4 at {nextSeason}", bench.Advance(nextSeason + 1).News());
    }

    [Fact]
    public void Verification_follows_the_clear_condition_unless_the_rule_gives_its_own()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 18\" } ]\nclear: { when: \"value >= 19\", for: 10m }\nmax_gap: 1h")).Point();
        bench.Read(0, 17).Read(5, 19).Read(10, 18.5).Read(15, 19).Read(25, 19).Read(30, 18.5);
        Assert.Equal("Raised P2 at 0; VerifyBegan P2 at 5; VerifyBroken P2 at 10; VerifyBegan P2 at 15; Cleared P2 at 25; VerifyBroken P2 at 30", bench.News());
    }

    [Fact]
    public void A_verify_mean_that_was_true_before_the_fault_counts_from_the_raise()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 16\" } ]\nticket: { verify: { when: \"mean(1h) >= 18\" } }\nmax_gap: 1h")).Point();
        bench.ReadEvery(0, 120, 5, 20).Read(125, 15);
        Assert.Equal("Raised P2 at 125; VerifyBegan P2 at 125", bench.News());
        Assert.Equal("VerifyBroken P2 at 145", bench.ReadEvery(130, 150, 5, 15).News());
    }

    [Fact]
    public void A_changed_rule_closes_its_alarms_and_starts_over_and_the_same_rule_does_nothing()
    {
        var rule = Rule(Yaml("raise: [ { severity: P2, when: \"value < 18\" } ]\nno_data: { after: 30m }")) with { Version = 1 };
        var bench = new RuleBench().Point();
        bench.Engine.SetRule(rule, Start, bench.Output);
        bench.Read(0, 17).Advance(31).Alarms();
        bench.Engine.SetRule(rule, Ms(40), bench.Output);
        Assert.Equal("", bench.News());
        bench.Engine.SetRule(rule with { Version = 2 }, Ms(41), bench.Output);
        Assert.Equal("Cleared P2 at 41 RuleChanged; NoData Cleared P4 at 41 RuleChanged", bench.News());
        Assert.Equal("NoData Raised P4 at 41; NoData Cleared P4 at 50; Raised P2 at 50", bench.Read(50, 17).Alarms());
        Assert.Equal(2, bench.Output[^1].RuleVersion);
        bench.Engine.RemoveRule(rule.Id, Ms(51), bench.Output);
        Assert.Equal("Cleared P2 at 51 RuleChanged", bench.News());
        Assert.Empty(bench.Engine.Explain(Room));
        Assert.Null(bench.Engine.NextDueMs);
    }

    [Fact]
    public void A_rule_set_on_a_long_silent_point_tells_of_it_from_then_on()
    {
        var bench = new RuleBench().Point().Read(0, 17);
        bench.Engine.SetRule(Rule(Yaml("no_data: { after: 30m }")), Ms(5000), bench.Output);
        Assert.Equal("NoData Raised P4 at 5000", bench.Advance(5001).News());
    }

    [Fact]
    public void A_point_moved_out_of_the_rules_reach_closes_its_alarm()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < 18\" } ]\nwhere: { role: [room, hall], site: \"bj-*\" }")).Point(labels: new() { ["role"] = "hall" }).Read(0, 17);
        Assert.Equal("Raised P2 at 0", bench.News());
        Assert.Equal("", bench.Point(labels: new() { ["role"] = "room", ["floor"] = "3" }, at: 1).News());
        Assert.Equal("Cleared P2 at 2 RuleChanged", bench.Point(labels: new() { ["role"] = "attic" }, at: 2).News());
        Assert.Equal("", bench.Point(labels: new() { ["role"] = "room" }, at: 3).News());
        Assert.Equal("Raised P2 at 5", bench.Read(5, 17).News());
    }

    [Fact]
    public void Attributes_are_limits_and_a_missing_one_neither_raises_nor_clears()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P2, when: \"value < attr.design - 2 K\" } ]")).Point().Read(0, -50);
        Assert.Equal("", bench.News());
        Assert.Equal((AlarmStateReason.AttributeMissing, "design"), (bench.Engine.Explain(Room)[0].Reason, bench.Engine.Explain(Room)[0].Missing));
        Assert.Equal("Raised P2 at 5", bench.Point(attributes: new() { ["design"] = 20 }, at: 1).Read(4, 18).Read(5, 17.9).Alarms());
        Assert.Equal("", bench.Point(at: 6).Read(7, 30).Alarms());
    }

    [Fact]
    public void Age_raises_by_silence_because_it_measures_it()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"age > 10m and value < 18\", for: 5m } ]")).Point().Read(0, 17);
        Assert.Equal("", bench.Advance(15).News());
        Assert.Equal("Raised P3 at 15", bench.Advance(16).News());
        Assert.Equal("Cleared P3 at 20", bench.Read(20, 17).Alarms());
    }

    [Fact]
    public void Timers_of_several_points_and_rules_fire_in_the_order_of_wall_time_point_rule()
    {
        var (a, b) = (new PointId("s", "d", "a"), new PointId("s", "d", "b"));
        var bench = new RuleBench(Yaml("no_data: { after: 30m }", "rule-2"), Yaml("no_data: { after: 30m }", "rule-1")).Point(b).Point(a);
        bench.Read(0, 1, id: b).Read(0, 1, id: a).Advance(100);
        Assert.Equal(["a rule-1", "a rule-2", "b rule-1", "b rule-2"], bench.Output.Select(t => $"{t.Point.Name} {t.Rule}"));
    }

    [Fact]
    public void Explain_says_what_a_rule_waits_for_and_limits_give_the_chart_its_lines()
    {
        var bench = new RuleBench(Yaml(Steps + "\nno_data: { after: 2h }")).Point();
        Assert.Equal((AlarmPhase.Normal, AlarmStateReason.NoReadingYet), State());
        bench.Read(0, 20);
        Assert.Equal((AlarmPhase.Normal, AlarmStateReason.ConditionFalse), State());
        bench.ReadEvery(5, 60, 5, 17);
        Assert.Equal((AlarmPhase.Pending, AlarmStateReason.Holding), State());
        Assert.Equal([new AlarmTimer("raise P3", Ms(125)), new AlarmTimer("no-data", Ms(180))], bench.Engine.Explain(Room)[0].Timers);
        bench.Advance(125);
        Assert.Equal((AlarmPhase.Pending, AlarmStateReason.HoldPaused), State());
        bench.ReadEvery(125, 130, 5, 17);
        Assert.Equal((AlarmPhase.Active, AlarmStateReason.ConditionHeld), State());
        bench.Read(135, 18.2);
        Assert.Equal((AlarmPhase.Active, AlarmStateReason.NotYetClear), State());
        bench.Read(140, 19);
        Assert.Equal((AlarmPhase.Clearing, AlarmStateReason.Clearing), State());
        var state = bench.Engine.Explain(Room)[0];
        Assert.Equal((Severity.P3, Ms(140), 19d, Ms(140)), (state.Severity, state.SinceMs, state.LastValue, state.LastTimeMs));
        Assert.Equal(bench.Output[0].AlarmId, state.AlarmId);
        Assert.Equal([new RuleLimit("the-rule", Severity.P2, "<", 16), new RuleLimit("the-rule", Severity.P3, "<", 18), new RuleLimit("the-rule", null, ">=", 18.5)], bench.Engine.LimitsFor(Room));

        (AlarmPhase, AlarmStateReason) State() => (bench.Engine.Explain(Room)[0].Phase, bench.Engine.Explain(Room)[0].Reason);
    }

    [Fact]
    public void A_reading_allocates_nothing_when_nothing_happens()
    {
        var bench = new RuleBench(Yaml(Steps + "\nno_data: { after: 2h }"), Yaml("raise: [ { severity: P4, when: \"mean(30m) < 10 or abs(delta(10m)) > 5 K or rate(20m) > 500 or stddev(30m) > 9 or median(30m) < 10 or last(50, value < 10) > 0\" } ]", "rule-2"), Yaml("raise: [ { severity: P4, when: \"anomaly() > 1 or forecast(2h) > 30 Cel\" } ]", "rule-3")).Point();
        var readings = Enumerable.Range(0, 4000).Select(i => new Reading(Room, Ms(i), ReadingValue.FromNumber(20 + i % 3), "Cel")).ToArray();
        for (var i = 0; i < 2000; i++) bench.Engine.Apply(readings[i], readings[i].TimeMs, bench.Output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 2000; i < 4000; i++) bench.Engine.Apply(readings[i], readings[i].TimeMs, bench.Output);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(bench.Output);
    }
}
