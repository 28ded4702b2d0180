using CityEdge.Contracts;
using static CityEdge.Rules.Tests.EventBench;

namespace CityEdge.Rules.Tests;

/// <summary>Rules on events: what conditions see, who has an alarm, timers, what is not heard.</summary>
public class EventRuleTests
{
    [Theory]
    [InlineData("data.gap >= 1", """{"gap":1}""", """{"gap":0}""")]
    [InlineData("data.gap > attr.limit", """{"gap":4}""", """{"gap":3}""")]
    [InlineData("data.ok == false", """{"ok":false}""", """{"ok":true}""")]
    [InlineData("not data.ok", """{"ok":false}""", """{"ok":true}""")]
    [InlineData("data.state == \\\"failed\\\"", """{"state":"failed"}""", """{"state":"done"}""")]
    [InlineData("data.state != 'done'", """{"state":"failed"}""", """{"state":"done"}""")]
    [InlineData("data.error.code == \\\"E4\\\" and data.error.count == 2", """{"error":{"code":"E4","count":2}}""", """{"error":{"code":"E4","count":1}}""")]
    public void A_condition_sees_the_last_events_fields_and_an_event_without_them_changes_nothing(string condition, string raises, string clears)
    {
        var bench = new EventBench(Yaml($"raise: [ {{ severity: P3, when: \"{condition}\" }} ]"));
        Assert.Equal("", bench.Send(0, clears).Send(1, "{}").Send(2).News());
        Assert.Equal("Raised P3 at 3", bench.Send(3, raises).News());
        Assert.Equal("", bench.Send(4, "{}").Send(5, """{"gap":"1","ok":"no","state":7,"error":"E4"}""").Send(6, "[1]").News());
        Assert.Equal("Cleared P3 at 7", bench.Send(7, clears).News());
    }

    [Fact]
    public void Events_are_counted_over_a_window_and_leave_it_without_a_further_event()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: \"count(event, 10m) >= 3\" }, { severity: P2, when: \"count(data.ok == false, 10m) >= 2\" } ]"));
        bench.Ok(0).Failed(1).Failed(2);
        Assert.Equal("Raised P2 at 2", bench.News());
        // At 10 the first of three leaves, at 11 the first of two failed.
        Assert.Equal("Cleared P2 at 11", bench.Advance(30).News());
        Assert.Equal("Raised P3 at 42; Cleared P3 at 50", bench.Ok(40).Ok(41).Ok(42).Advance(60).News());
    }

    [Fact]
    public void The_share_of_the_last_events_is_unknown_until_there_are_so_many()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: \"last(5, data.ok == false) > 20 %\" } ]\nclear: { when: \"last(5, data.ok == false) < 5 %\" }"));
        Assert.Equal("", bench.Failed(0).Failed(1).Ok(2).Ok(3).News());
        Assert.Equal("Raised P3 at 4", bench.Ok(4).News());
        Assert.Equal("Cleared P3 at 6", bench.Ok(5).Ok(6).News());
    }

    [Fact]
    public void That_there_was_an_event_ends_by_quiet_time() =>
        Assert.Equal("Raised P2 at 0; Cleared P2 at 14", new EventBench(Yaml("raise: [ { severity: P2, when: \"age < 10m\" } ]")).Send(0).Send(4).Advance(60).News());

    [Fact]
    public void Hold_and_off_delay_run_between_events_however_far_apart_they_are()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: \"data.gap >= 1\", for: 15m }, { severity: P2, when: \"data.gap >= 5\" } ]\nclear: { when: \"data.gap == 0\", for: 1h }"));
        bench.Send(0, """{"gap":1}""").Advance(14.9);
        Assert.Equal("", bench.News());
        Assert.Equal("Raised P3 at 15", bench.Advance(16).News());
        Assert.Equal("SeverityChanged P2 at 600", bench.Send(600, """{"gap":6}""").News());
        Assert.Equal("Cleared P2 at 670", bench.Send(610, """{"gap":0}""").Advance(900).News());
    }

    [Fact]
    public void Hours_and_silence_are_as_for_readings()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: data.ok == false } ]\nactive: { hours: \"06:00-22:00\" }\nno_data: { after: 3h, severity: P4 }"));
        bench.Failed(0).Failed(170).Failed(340);
        Assert.Equal("", bench.News());
        Assert.Equal("Raised P3 at 360", bench.Advance(400).News());
        Assert.Equal("NoData Raised P4 at 520", bench.Advance(600).News());
        Assert.Equal("NoData Cleared P4 at 700; Cleared P3 at 700", bench.Ok(700).News());
    }

    [Fact]
    public void Each_subject_has_its_alarm_and_other_types_and_labels_are_not_heard()
    {
        var bench = new EventBench(Yaml("where: { role: kiosk }\nraise: [ { severity: P3, when: data.ok == false } ]"));
        PointId other = new("bj", "kiosk-7", "kiosk-8"), camera = new("bj", "kiosk-7", "camera-1");
        bench.Failed(0).Send(1, """{"ok":false}""", subject: other).Send(2, """{"ok":false}""", subject: camera).Send(3, """{"ok":true}""", type: "cityedge.kiosk.help");
        Assert.Equal([(Kiosk, RuleBench.Ms(0)), (other, RuleBench.Ms(1))], bench.Output.Select(t => (t.Point, t.AtMs)));
        Assert.Equal(2, bench.Output.Select(t => t.AlarmId).Distinct().Count());
        Assert.Equal(AlarmIds.Of("the-rule", Kiosk, false, RuleBench.Ms(0)), bench.Output[0].AlarmId);
        Assert.Equal([Kiosk, other], bench.Engine.EventSubjects);
        Assert.Equal((AlarmPhase.Active, Severity.P3), (bench.Engine.Explain(other)[0].Phase, bench.Engine.Explain(other)[0].Severity));
        Assert.Equal(0, bench.Engine.UnheardEvents);
    }

    [Fact]
    public void The_same_event_again_does_not_count_twice()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: \"count(event, 1h) >= 3\" } ]"));
        bench.Send(0, id: "a").Send(1, id: "b").Send(0, id: "a", arrival: 2).Send(1, id: "b", arrival: 3).Send(4, id: "a", timed: false);
        Assert.Equal(("", 3L), (bench.News(), bench.Engine.UnheardEvents));
        Assert.Equal("Raised P3 at 5", bench.Restart().Send(5, id: "a").Send(5, id: "c").News());
    }

    [Fact]
    public void An_event_too_late_or_too_far_ahead_is_not_heard()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: \"count(event, 1h) >= 3\" } ]"));
        bench.Send(10).Send(7.9, arrival: 11).Send(17, arrival: 11).Send(11);
        Assert.Equal(("", 2L), (bench.News(), bench.Engine.UnheardEvents));
        Assert.Equal("Raised P3 at 11 Revised", bench.Send(9.1, arrival: 12).News());
    }

    [Fact]
    public void Subjects_of_one_device_are_bounded()
    {
        var bench = new EventBench(Yaml("raise: [ { severity: P3, when: age < 10m } ]"));
        for (var i = 0; i < RuleEngine.MaxSubjectsPerDevice + 5; i++) bench.Send(0, subject: new("bj", "kiosk-7", $"s{i}"));
        bench.Send(0, subject: new("bj", "kiosk-8", "s0"));
        Assert.Equal((RuleEngine.MaxSubjectsPerDevice + 1, 5L), (bench.Output.Count, bench.Engine.UnheardEvents));
        bench.Engine.RemoveRule("the-rule", RuleBench.Ms(1), bench.Output);
        Assert.Empty(bench.Engine.EventSubjects);
        Assert.Equal(RuleEngine.MaxSubjectsPerDevice + 1, bench.Output.Count(t => t is { Change: AlarmChange.Cleared, Reason: AlarmReason.RuleChanged }));
    }

    [Fact]
    public void A_subject_that_no_longer_matches_closes_its_alarm_and_a_rule_that_comes_later_begins_with_the_next_event()
    {
        var bench = new EventBench(Yaml("where: { role: kiosk }\nraise: [ { severity: P3, when: data.ok == false } ]"));
        bench.Failed(0);
        bench.Engine.SetRule(RuleBench.Rule(Yaml("raise: [ { severity: P4, when: \"count(event, 1h) >= 2\" } ]", "rule-2")), RuleBench.Ms(1), bench.Output);
        bench.Failed(2);
        Assert.Equal("Raised P3 at 0", bench.News());
        bench.Engine.SetSubject(ContextOf(Kiosk) with { Labels = new Dictionary<string, string> { ["role"] = "spare" } }, RuleBench.Ms(3), bench.Output);
        Assert.Equal("Cleared P3 at 3 RuleChanged", bench.News());
        Assert.Equal("Raised P4 at 4", bench.Failed(4).News());
    }

    [Fact]
    public void The_tests_of_a_rule_give_events()
    {
        var rule = RuleBench.Rule(Yaml(
            """
            raise: [ { severity: P3, when: "last(50, data.success == false) > 20 % and data.by != 'test'", for: 30m } ]
            clear: { when: "last(50, data.success == false) < 5 %", for: 1h }
            tests:
              - { given: ["0m..38m every 1m event {success: true, by: card}", "39m..49m every 1m event {success: false, by: \"a, b\"}", "79m event {success: true, by: card}"], expect: "P3 at 79m" }
              - { given: ["0m..39m every 1m event {success: true}", "40m..49m every 1m event {success: false, by: card}", "79m event"], expect: none }
              - { given: ["0m..38m every 1m event {success: true, by: card}", "39m..49m every 1m event {success: false, by: card}", "78m event {success: false, by: test}"], until: 3h, expect: none }
              - { given: ["0m event {success: true}", "0m event {success: true}"], expect: none }
            """));
        Assert.All(RuleTests.Run(rule), result => Assert.Equal("", result.Message));
        var wrong = RuleTests.Run(rule with { Tests = [rule.Tests[0] with { Expect = [] }] });
        Assert.Equal("expect: expected none, got P3 at 1h19m", Assert.Single(wrong).Message);
    }

    [Theory]
    [InlineData("raise: [ { severity: P3, when: \"value > 3\" } ]", 4, 33, "raise[0].when", "an event has no value")]
    [InlineData("raise: [ { severity: P3, when: \"mean(5m) > 3\" } ]", 4, 33, "raise[0].when", "'mean' is not over events")]
    [InlineData("raise: [ { severity: P3, when: \"event\" } ]", 4, 33, "raise[0].when", "'event' is counted")]
    [InlineData("raise: [ { severity: P3, when: \"count(10m) > 3\" } ]", 4, 39, "raise[0].when", "expected what is counted")]
    [InlineData("raise: [ { severity: P3, when: \"count(event, 10) > 3\" } ]", 4, 46, "raise[0].when", "expected a duration")]
    [InlineData("raise: [ { severity: P3, when: \"count(age > 5m, 10m) > 3\" } ]", 4, 39, "raise[0].when", "'age' has no meaning for one event")]
    [InlineData("raise: [ { severity: P3, when: \"data. == 3\" } ]", 4, 33, "raise[0].when", "expected a field's name after 'data.'")]
    [InlineData("raise: [ { severity: P3, when: \"data.state > 'a'\" } ]", 4, 44, "raise[0].when", "texts are compared with == and !=")]
    [InlineData("raise: [ { severity: P3, when: \"data.t > 3 Cel\" } ]", 4, 42, "raise[0].when", "a field of an event has no unit")]
    [InlineData("raise: [ { severity: P3, when: \"dta.ok\" } ]", 4, 33, "raise[0].when", "unknown name 'dta.ok'; expected a number, count(event, 10m)")]
    [InlineData("raise: [ { severity: P3, when: \"data.n > 3\" } ]\nclear: { when: data.n > 2 }", 5, 16, "clear.when", "both this and the P3 step")]
    [InlineData("no_data: { after: 1h }\nmax_gap: 1h", 5, 10, "max_gap", "events come when they come")]
    [InlineData("no_data: { after: 1h }\nat: edge", 5, 5, "at", "rules on events run in the hub")]
    [InlineData("no_data: { after: 1h }\ntests: [ { given: [\"5m 18\"], expect: none } ]", 5, 20, "tests[0].given", "expected events such as")]
    [InlineData("no_data: { after: 1h }\ntests: [ { given: [\"5m event {a}\"], expect: none } ]", 5, 20, "tests[0].given", "expected events such as")]
    public void An_error_names_line_column_key_and_what_was_expected(string lines, int line, int column, string key, string message)
    {
        var parsed = RuleParser.Parse(Yaml(lines), "r.yaml");
        Assert.Null(parsed.Rule);
        var error = Assert.Single(parsed.Errors);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal((line, column, key), (error.Line, error.Column, error.Key));
    }

    [Theory]
    [InlineData("data.ok == false", "data is of events")]
    [InlineData("count(event, 10m) > 3", "count(event, …) is for rules with event:")]
    [InlineData("value == 'open'", "a text is compared with attr.NAME, or with value")]
    public void A_rule_on_points_knows_no_events(string condition, string message) =>
        Assert.Contains(message, Assert.Single(RuleParser.Parse(RuleBench.Yaml($"raise: [ {{ severity: P3, when: \"{condition}\" }} ]"), "r").Errors).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("last(50, data.ok == false) > 0.5")]
    [InlineData("count(data.state == 'failed', 1h) > 90")]
    [InlineData("data.n > attr.limit")]
    [InlineData("data.ok == false")]
    [InlineData("age < 0s")]
    public void An_event_allocates_nothing_when_nothing_happens(string condition)
    {
        var bench = new EventBench(Yaml($"raise: [ {{ severity: P3, when: \"{condition}\" }} ]\nclear: {{ for: 1h }}\nno_data: {{ after: 2h }}"));
        var data = System.Text.Json.JsonSerializer.Deserialize<System.Text.Json.JsonElement>("""{"ok":true,"state":"done","n":2.5}""");
        var events = Enumerable.Range(0, 4000).Select(i => new CloudEvent { Id = $"event-{i}", Source = "bj/kiosk-7", Type = Session, TimeMs = RuleBench.Ms(i / 4d), Data = data }).ToArray();
        Func<PointId, PointContext> contextOf = ContextOf;
        for (var i = 0; i < 2000; i++) bench.Engine.ApplyEvent(Kiosk, events[i], contextOf, events[i].TimeMs!.Value, bench.Output);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 2000; i < 4000; i++) bench.Engine.ApplyEvent(Kiosk, events[i], contextOf, events[i].TimeMs!.Value, bench.Output);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(bench.Output);
    }
}
