using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Texts of points and attributes, dates among them, and what an attribute is where there is none.</summary>
public class TextRuleTests
{
    private static readonly PointId Door = new("bj-01", "dev", "door");

    private static string Rule(string when, string more = "", string signal = "text") => Yaml($"raise: [ {{ severity: P3, when: \"{when}\" }} ]\n{more}", signal: signal);

    private static PointContext DoorOf(params (string Name, AttributeValue Value)[] attributes) =>
        new(Door, PointKind.Text, "room-1", new Dictionary<string, string>(), attributes.ToDictionary(a => a.Name, a => a.Value), Shanghai);

    private static RuleBench Bench(string yaml, params (string Name, AttributeValue Value)[] attributes)
    {
        var bench = new RuleBench(yaml);
        bench.Engine.SetPoint(DoorOf(attributes), Start, bench.Output);
        return bench;
    }

    private static void Tell(RuleBench bench, double at, string text, Quality quality = Quality.Good) =>
        bench.Engine.Apply(new Reading(Door, Ms(at), ReadingValue.FromText(text), null, quality), Ms(at), bench.Output);

    [Fact]
    public void A_text_points_value_is_compared_and_a_fault_of_the_sensor_tells_none()
    {
        var bench = Bench(Yaml("raise: [ { severity: P3, when: \"value == 'open'\", for: 10m } ]\nclear: { when: \"value == 'shut'\", for: 5m }\nmax_gap: 30m", signal: "text"));
        Tell(bench, 0, "open");
        Tell(bench, 5, "OPEN", Quality.SensorFault);
        Tell(bench, 10, "open");
        Assert.Equal("Raised P3 at 10", bench.Alarms());
        Tell(bench, 11, "Shut");
        Tell(bench, 12, "shut");
        Tell(bench, 17, "shut");
        Assert.Equal("Cleared P3 at 17", bench.Alarms());
    }

    [Fact]
    public void A_silent_text_point_pauses_a_hold_and_is_silent()
    {
        var bench = Bench(Yaml("raise: [ { severity: P3, when: \"value != 'ok'\", for: 1h } ]\nno_data: { after: 30m }", signal: "text"));
        Tell(bench, 0, "bad");
        bench.Advance(90);
        Assert.Equal("NoData Raised P4 at 30", bench.Alarms());
        Tell(bench, 100, "bad");
        Tell(bench, 129, "bad");
        bench.Advance(131);
        Assert.Equal("NoData Cleared P4 at 100; Raised P3 at 130", bench.Alarms());
    }

    [Theory]
    [InlineData("attr.source == 'gas'", true)]
    [InlineData("attr.source != 'gas'", false)]
    [InlineData("'gas' == attr.source", true)]
    [InlineData("(attr.source) == 'gas' and attr('heat source') == 'gas boiler'", true)]
    [InlineData("attr.source == 'Gas'", false)]
    [InlineData("attr.floors == 6 and attr.code == '0012'", true)]
    [InlineData("attr.absent == 'gas'", null)]
    [InlineData("attr.absent != 'gas'", null)]
    [InlineData("attr.floors == 'six'", null)]
    [InlineData("attr.source > 3", null)]
    public void Attributes_are_compared_as_what_they_are(string condition, bool? expected)
    {
        (string, AttributeValue)[] attributes = [("source", AttributeValue.Parse("gas")), ("heat source", AttributeValue.Parse("gas boiler")), ("floors", 6), ("code", AttributeValue.Parse("0012"))];
        var yes = Bench(Rule(condition), attributes);
        Tell(yes, 0, "x");
        var no = Bench(Rule($"not ({condition})"), attributes);
        Tell(no, 0, "x");
        Assert.Equal((expected == true, expected == false), (yes.Alarms().Length > 0, no.Alarms().Length > 0));
        Assert.Equal(expected is null ? AlarmStateReason.AttributeMissing : AlarmStateReason.ConditionHeld, (expected == false ? no : yes).Engine.Explain(Door)[0].Reason);
    }

    [Fact]
    public void Another_points_text_is_compared_while_it_is_new_enough()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"value < 18 and point('door', text) == 'open'\" } ]\nmax_gap: 30m")).Point();
        bench.Engine.SetPoint(DoorOf(), Start, bench.Output);
        bench.Read(0, 17);
        Tell(bench, 1, "open");
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P3 at 2", bench.Read(2, 17).Alarms());
        Assert.Equal("", bench.Read(31, 17).Alarms());
        Tell(bench, 32, "shut");
        Assert.Equal("Cleared P3 at 33", bench.Read(33, 17).Alarms());
    }

    [Fact]
    public void Texts_longer_than_any_that_is_compared_equal_none()
    {
        var longest = new string('a', AttributeValue.MaxTextLength);
        var bench = Bench(Rule($"value == '{longest}'"));
        Tell(bench, 0, longest + "b");
        Tell(bench, 1, longest + "a");
        Assert.Equal("", bench.Alarms());
        Tell(bench, 2, longest);
        Assert.Equal("Raised P3 at 2", bench.Alarms());
    }

    [Theory]
    [InlineData("2025-12-29", 15, -1)]
    [InlineData("2025-12-28", 15, 0)]
    [InlineData("2025-12-28T23:59", 15, 0)]
    [InlineData("2025-12-28T15:59:59Z", 15, 0)]
    [InlineData("2025-12-28T16:00:00Z", 15, -1)]
    [InlineData("2026-02-01", -20, 0)]
    [InlineData("someday", 0, -1)]
    [InlineData("20251228", 0, -1)]
    public void Days_are_counted_by_local_dates(string date, int days, int raisedAt)
    {
        // 12 January 2026, from local midnight on; -1 is not at all on that day.
        var bench = Bench(Rule($"days_since(attr.seen) >= {days}"), ("seen", AttributeValue.Parse(date)));
        Tell(bench, 0, "x");
        Tell(bench, 1439, "x");
        Assert.Equal(raisedAt < 0 ? "" : $"Raised P3 at {raisedAt}", bench.Alarms());
        Tell(bench, 1440, "x");
        if (date == "2025-12-29") Assert.Equal("Raised P3 at 1440", bench.Alarms());
    }

    [Fact]
    public void Days_follow_the_zone_over_a_change_of_its_clock()
    {
        var zone = TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin");
        var bench = new RuleBench(Rule("days_since(attr.seen) == 1"));
        bench.Engine.SetPoint(DoorOf(("seen", AttributeValue.Parse("2026-03-29"))) with { Zone = zone }, Start, bench.Output);
        // The 29th has 23 hours: its end is 22:00 UTC, the next day's too.
        void At(string utc) => bench.Engine.Apply(new Reading(Door, DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(), ReadingValue.FromText("x"), null), DateTimeOffset.Parse(utc, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeMilliseconds(), bench.Output);
        At("2026-03-29T21:59:59Z");
        Assert.Empty(bench.Output);
        At("2026-03-29T22:00:00Z");
        Assert.Equal(AlarmChange.Raised, Assert.Single(bench.Output).Change);
        At("2026-03-30T21:59:59Z");
        Assert.Single(bench.Output);
        At("2026-03-30T22:00:00Z");
        Assert.Contains(bench.Output, t => t.Change == AlarmChange.Cleared);
    }

    [Fact]
    public void An_attribute_of_nobody_is_the_rules_default()
    {
        var yaml = Yaml("raise: [ { severity: P3, when: \"value < attr.limit and attr.use != 'store' and days_since(attr.built) > 100\" } ]\ndefaults: { limit: 18, use: home, built: \"2000-01-01\" }");
        Assert.Equal("Raised P3 at 0", new RuleBench(yaml).Point().Read(0, 17).Alarms());
        Assert.Equal("", new RuleBench(yaml).Point().Read(0, 18).Alarms());
        Assert.Equal("", new RuleBench(yaml).Point(attributes: new() { ["limit"] = 16 }).Read(0, 17).Alarms());
        Assert.Null(new RuleBench(yaml).Point().Read(0, 18).Engine.Explain(Room)[0].Missing);
    }

    [Fact]
    public void Another_default_makes_another_condition()
    {
        string Cold(int limit) => Yaml($"raise: [ {{ severity: P3, when: value < attr.limit, for: 1h }} ]\ndefaults: {{ limit: {limit} }}");
        foreach (var (limit, raised) in (ReadOnlySpan<(int, string)>)[(18, "Raised P3 at 60"), (19, "Raised P3 at 100")])
        {
            var bench = new RuleBench(Cold(18)).Point().Read(0, 17).Read(10, 17);
            bench.Engine.SetRule(RuleBench.Rule(Cold(limit)) with { Version = 2 }, OpenAlarms.Keep, Ms(30), bench.Output);
            Assert.Equal(raised, bench.ReadEvery(40, 120, 10, 17).Alarms());
        }
    }

    [Fact]
    public void A_rules_own_tests_speak_texts_and_dates() =>
        Assert.All(
            RuleTests.Run(RuleBench.Rule(Rule("value == 'not open' and attr.kind == 'fire door' and days_since(attr.seen) > 9", "tests:\n  - { attributes: { kind: fire door, seen: \"2026-01-03\" }, given: [\"0m shut\", \"1m 'not open'\", \"2d..3d every 1d 'not open'\"], expect: \"P3 at 2d\" }\n"))),
            result => Assert.True(result.Passed, result.Message));

    [Fact]
    public void Points_of_an_asset_are_counted_by_their_texts()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: \"count(asset, value == 'fault') >= 2\" } ]", signal: "text"));
        foreach (var name in (string[])["a", "b"]) bench.Engine.SetPoint(DoorOf() with { Id = new PointId("bj-01", "dev", name) }, Start, bench.Output);
        bench.Engine.Apply(new Reading(new PointId("bj-01", "dev", "a"), Ms(0), ReadingValue.FromText("fault"), null), Ms(0), bench.Output);
        Assert.Equal("", bench.Alarms());
        bench.Engine.Apply(new Reading(new PointId("bj-01", "dev", "b"), Ms(0), ReadingValue.FromText("fault"), null), Ms(0), bench.Output);
        Assert.Equal("Raised P3 at 0", bench.Alarms());
    }

    [Fact]
    public void Restarting_at_any_step_is_no_restart() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var yaml = Yaml("raise: [ { severity: P3, when: \"value == 'open' or (count(20m) > 3 and attr.kind == 'door')\", for: 10m } ]\nclear: { when: \"value != 'open'\", for: 5m }\nmax_gap: 15m", signal: "text");
        string[] texts = ["open", "shut", ""];
        RuleBench[] both = [Bench(yaml, ("kind", AttributeValue.Parse("door"))), Bench(yaml, ("kind", AttributeValue.Parse("door")))];
        var at = 0;
        foreach (var b in bytes)
        {
            at += b % 12;
            foreach (var bench in both) Tell(bench, at, texts[b % 3]);
            var load = RuleEngine.Load(EventBench.Save(both[1].Engine), new RuleEngineOptions(), [RuleBench.Rule(yaml)], [DoorOf(("kind", AttributeValue.Parse("door")))]);
            Assert.Null(load.Error);
            both[1].Engine = load.Engine!;
        }
        Assert.Equal(both[0].News(), both[1].News());
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(50));

    [Theory]
    [InlineData("text", "value < 3", 39, "texts are compared with == and !=")]
    [InlineData("text", "value", 33, "expected a condition, found a text")]
    [InlineData("text", "value + 1 == 2", 39, "expected numbers on both sides of '+'")]
    [InlineData("text", "value == 3", 42, "a text is compared with attr.NAME, or with value and point(…) where they are of kind text")]
    [InlineData("temperature", "value == 'open'", 33, "a text is compared with attr.NAME")]
    [InlineData("temperature", "'a' == 'b'", 40, "two texts in quotes never change")]
    [InlineData("temperature", "attr.x == '5'", 43, "write 5 without quotes")]
    [InlineData("temperature", "attr.x == 'a' and attr.x > 3", 51, "'attr.x' is a text elsewhere in this rule")]
    [InlineData("temperature", "attr.x > 3 and attr.x == 'a'", 48, "'attr.x' is a number elsewhere in this rule")]
    [InlineData("temperature", "attr.x > 'a'", 40, "texts are compared with == and !=")]
    [InlineData("temperature", "attr('') == 'a'", 38, "expected an attribute's name in quotes")]
    [InlineData("temperature", "days_since(value) > 3", 44, "expected an attribute that is a date, e.g. days_since(attr.inspected), found 'value'")]
    [InlineData("temperature", "days_since(attr.x) > 3d", 54, "days_since is a number of days; write it alone")]
    [InlineData("temperature", "days_since(attr.x) > 3 d", 54, "'d': a count has no unit")]
    [InlineData("text", "mean(5m) > 3", 33, "texts have no mean")]
    [InlineData("text", "last(3, value == 'a') > 0.5", 41, "texts are not kept one by one")]
    public void An_error_says_where_and_what_was_expected(string signal, string when, int column, string message)
    {
        var error = Assert.Single(RuleParser.Parse(Rule(when, signal: signal), "r.yaml").Errors);
        Assert.Equal((4, column), (error.Line, error.Column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("defaults: { limit: warm }", 5, 20, "defaults.limit", "expected a number; found 'warm'")]
    [InlineData("defaults: { lmit: 18 }", 5, 13, "defaults.lmit", "no condition uses attr.lmit; expected limit or use or seen")]
    [InlineData("defaults: { use: 3 }", 5, 18, "defaults.use", "expected a text; found '3'")]
    [InlineData("defaults: { seen: 12 January }", 5, 19, "defaults.seen", "expected a date such as 2026-01-12")]
    [InlineData("tests: [ { attributes: { seen: soon }, given: [\"0m 18\"], expect: none } ]", 5, 32, "tests[0].attributes.seen", "expected a date such as 2026-01-12")]
    public void An_attribute_in_a_file_is_held_to_its_use(string lines, int line, int column, string key, string message)
    {
        var error = Assert.Single(RuleParser.Parse(Rule("value < attr.limit and attr.use == 'a' and days_since(attr.seen) > 3", lines, "temperature"), "r.yaml").Errors);
        Assert.Equal((line, column, key), (error.Line, error.Column, error.Key));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("value == 'a'", "value == 'a'", "\"a\"")]
    [InlineData("value != 'a'", "value == 'b'", "\"b\"")]
    [InlineData("value != 'a'", "value != 'b'", "any other text")]
    [InlineData("value == 'a' or value == 'b'", "value != 'a'", "\"b\"")]
    [InlineData("value == 'a'", "value == 'b'", null)]
    [InlineData("value != 'a'", "value == 'a'", null)]
    public void A_clear_text_is_none_that_raises(string raise, string clear, string? at)
    {
        var errors = RuleParser.Parse(Rule(raise, $"clear: {{ when: \"{clear}\" }}"), "r.yaml").Errors;
        if (at is null) Assert.Empty(errors);
        else Assert.StartsWith($"at {at} both this and the P3 step", Assert.Single(errors).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", true)]
    [InlineData("-0.5e3", true)]
    [InlineData(" 7 ", true)]
    [InlineData("0", true)]
    [InlineData("0.5", true)]
    [InlineData("0012", false)]
    [InlineData("-07", false)]
    [InlineData("+5", false)]
    [InlineData("NaN", false)]
    [InlineData("1e999", false)]
    [InlineData("", false)]
    public void What_reads_as_a_number_is_one_and_a_code_is_not(string text, bool isNumber) => Assert.Equal(isNumber, AttributeValue.Parse(text).Text is null);

    [Theory]
    [InlineData("""{"a":5,"b":"0012","c":"2026-01-12"}""", """{"a":5,"b":"0012","c":"2026-01-12"}""")]
    [InlineData("""{"a":"5"}""", """{"a":5}""")]
    public void An_attribute_in_json_is_a_number_or_a_string(string json, string again) =>
        Assert.Equal(again, System.Text.Json.JsonSerializer.Serialize(System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, AttributeValue>>(json)));

    [Fact]
    public void Other_json_is_no_attribute() => Assert.Throws<System.Text.Json.JsonException>(() => System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, AttributeValue>>("{\"a\":[1]}"));
}
