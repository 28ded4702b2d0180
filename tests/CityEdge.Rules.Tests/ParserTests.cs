using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

public class ParserTests
{
    private const string Example = """
        id: heat-room-cold                    # [a-z0-9-]{3,64}
        title: { zh: 室温不达标, en: Room too cold }
        signal: temperature
        where: { role: room, site: "bj-*" }
        raise:
          - { severity: P3, when: "value < 18", for: 2h }
          - { severity: P2, when: "value < 16", for: 1h }
        clear: { when: "value >= 18.5", for: 1h }
        active: { season: heating, hours: "06:00-22:00", days: mon-sun }
        no_data: { after: 30m, severity: P4 }
        max_gap: 30m
        group_by: building
        inhibited_by: [gateway-silent]
        at: hub
        ticket: { category: heating.room, sla: P3, public: true, wait: 5m, self_clear: 1h, reopen: 7d, verify: { when: "mean(12h) >= 18" } }
        action: { zh: 检查楼栋换热站供水温度, en: Check the supply temperature at the heat station }
        tests:
          - { given: ["0m..119m every 5m 17.9"], expect: none }
          - { given: ["0m..120m every 5m 17.9"], expect: "P3 at 120m" }
        """;

    [Fact]
    public void The_example_of_the_contract_parses_and_passes_its_tests()
    {
        var rule = Rule(Example);
        Assert.Equal("heat-room-cold", rule.Id);
        Assert.Equal(PointKind.Temperature, rule.Signal);
        Assert.Equal([Severity.P2, Severity.P3], rule.Raise.Select(step => step.Severity));
        Assert.Equal(new ActiveWindow("heating", 360, 1320), rule.Active);
        Assert.Equal(new NoDataPolicy(TimeSpan.FromMinutes(30), Severity.P4), rule.NoData);
        Assert.Equal(["gateway-silent"], rule.InhibitedBy);
        Assert.Equal("building", rule.GroupBy);
        Assert.Equal(new TicketPolicy("heating.room", rule.Title, rule.Action, "P3", true, TimeSpan.FromMinutes(5), TimeSpan.FromHours(1), TimeSpan.FromDays(7), TimeSpan.Zero), rule.Ticket);
        Assert.All(RuleTests.Run(rule), result => Assert.True(result.Passed, result.Message));
        Assert.Equal(2, RuleTests.Run(rule).Count);
    }

    [Fact]
    public void A_failing_test_says_what_came_instead()
    {
        var rule = Rule(Example.Replace("P3 at 120m", "P2 at 60m", StringComparison.Ordinal));
        var result = RuleTests.Run(rule)[1];
        Assert.False(result.Passed);
        Assert.Equal("expect: expected P2 at 1h, got P3 at 2h", result.Message);
        Assert.Equal(19, result.Line);
    }

    [Theory]
    [InlineData("raise: [ { severity: P3, when: \"value < 18\" } ]\ncolour: red", 5, 1, "colour", "unknown key 'colour'")]
    [InlineData("raise: [ { severity: P3, when: \"value < 18\", hold: 2h } ]", 4, 46, "raise[0].hold", "unknown key 'hold'")]
    [InlineData("raise: [ { severity: P6, when: \"value < 18\" } ]", 4, 22, "raise[0].severity", "expected P1, P2, P3, P4 or P5")]
    [InlineData("raise: [ { severity: P3, when: \"value < 18\", for: 2 hours } ]", 4, 51, "raise[0].for", "expected a duration")]
    [InlineData("raise: [ { severity: P3, when: \"value < 18 furlong\" } ]", 4, 41, "raise[0].when", "'furlong' is not a unit of temperature")]
    [InlineData("raise: [ { severity: P3, when: \"value < 18m\" } ]", 4, 41, "raise[0].when", "a duration is compared with age only")]
    [InlineData("raise: [ { severity: P3, when: \"age > 10\" } ]", 4, 39, "raise[0].when", "age is compared with a duration")]
    [InlineData("raise: [ { severity: P3, when: \"value < 18 and forecast(2h) < 18 Pa\" } ]", 4, 63, "raise[0].when", "'Pa' is not a unit of temperature")]
    [InlineData("raise: [ { severity: P3, when: \"forecast(2) < 18\" } ]", 4, 42, "raise[0].when", "expected how far ahead")]
    [InlineData("raise: [ { severity: P3, when: \"forecast(8d) < 18\" } ]", 4, 42, "raise[0].when", "at most 7d")]
    [InlineData("raise: [ { severity: P3, when: \"anomaly(1h) > 0.5\" } ]", 4, 41, "raise[0].when", "anomaly takes nothing")]
    [InlineData("raise: [ { severity: P3, when: \"anomaly() >= 0.5 Cel\" } ]", 4, 46, "raise[0].when", "'Cel' is not a unit of a share or of anomaly()")]
    [InlineData("raise: [ { severity: P3, when: \"last(9, anomaly() > 0.5) > 0.5\" } ]", 4, 41, "raise[0].when", "'anomaly' has no meaning for one sample")]
    [InlineData("raise: [ { severity: P3, when: anomaly() >= 0.5 } ]\nclear: { when: anomaly() < 60 % }", 5, 16, "clear.when", "both this and the P3 step 'anomaly() >= 0.5' are true")]
    [InlineData("raise: [ { severity: P3, when: \"last(0, value < 18) > 0.5\" } ]", 4, 38, "raise[0].when", "expected how many samples, 1 to 500")]
    [InlineData("raise: [ { severity: P3, when: \"last(9, mean(5m) < 18) > 0.5\" } ]", 4, 41, "raise[0].when", "'mean' has no meaning for one sample")]
    [InlineData("raise: [ { severity: P3, when: \"rate(1h) > 5 K\" } ]", 4, 44, "raise[0].when", "'K' is not a unit of temperature per time")]
    [InlineData("raise: [ { severity: P3, when: \"value < 18 and\" } ]", 4, 47, "raise[0].when", "expected a value, a number or '('")]
    [InlineData("raise: [ { severity: P3, when: \"value\" } ]", 4, 33, "raise[0].when", "expected a condition, found a number")]
    [InlineData("raise: [ { severity: P3, when: \"16 < value < 18\" } ]", 4, 44, "raise[0].when", "comparisons are not chained")]
    [InlineData("raise: [ { severity: P3, when: \"value = 18\" } ]", 4, 39, "raise[0].when", "expected == for equality")]
    [InlineData("raise: [ { severity: P3, when: \"valeu < 18\" } ]", 4, 33, "raise[0].when", "unknown name 'valeu'")]
    [InlineData("raise: [ { severity: P3, when: \"mean(5) < 18\" } ]", 4, 38, "raise[0].when", "expected a duration, e.g. mean(5m)")]
    [InlineData("raise: [ { severity: P3, when: value < 18 } ]\nclear: { when: value > 17 }", 5, 16, "clear.when", "both this and the P3 step 'value < 18' are true")]
    [InlineData("raise: [ { severity: P3, when: value < 18 }, { severity: P3, when: value < 17 } ]", 4, 46, "raise[1].severity", "P3 has a step already")]
    [InlineData("raise: []", 4, 8, "raise", "expected a list of steps")]
    [InlineData("max_gap: 30m", 1, 1, "raise", "missing; expected a list of steps")]
    [InlineData("no_data: { severity: P3 }", 4, 10, "no_data.after", "missing")]
    [InlineData("no_data: { after: 5m }\nactive: { hours: dusk-06:00 }", 5, 18, "active.hours", "or dusk-dawn, dawn-dusk, sunset-sunrise, sunrise-sunset; found 'dusk-06:00'")]
    [InlineData("no_data: { after: 5m }\nactive: { days: [mon, feasts] }", 5, 23, "active.days", "workdays, restdays, holidays or a list of them; found 'feasts'")]
    [InlineData("no_data: { after: 5m }\nactive: { hours: \"6-22\" }", 5, 18, "active.hours", "expected hours such as")]
    [InlineData("no_data: { after: 5m }\nactive: { days: someday }", 5, 17, "active.days", "expected days such as")]
    [InlineData("no_data: { after: 5m }\nat: moon", 5, 5, "at", "expected hub or edge")]
    [InlineData("no_data: { after: 5m }\nevent: cityedge.kiosk.help", 3, 9, "signal", "expected signal: or event:, not both")]
    [InlineData("no_data: { after: 5m }\nticket: { public: perhaps }", 5, 19, "ticket.public", "expected true or false")]
    [InlineData("no_data: { after: 5m }\ntests: [ { given: [\"5 minutes 18\"], expect: none } ]", 5, 20, "tests[0].given", "expected readings such as")]
    [InlineData("no_data: { after: 5m }\ntests: [ { given: [\"5m 18\", \"4m 18\"], expect: none } ]", 5, 29, "tests[0].given", "expected a time after the reading at 5m")]
    [InlineData("no_data: { after: 5m }\ntests: [ { given: [\"5m 18\"], expect: \"at 3m\" } ]", 5, 38, "tests[0].expect", "expected none, or alarms")]
    [InlineData("raise: [ { severity: P3, when: \"share(room, value < 9) > 0.5\" } ]\ntests: [ { given: [\"5m 18\", \"p9..p2: 5m 18\"], expect: none } ]", 5, 29, "tests[0].given", "points such as p2..p30, ascending and at most 500; found 'p9..p2'")]
    [InlineData("no_data: { after: 5m }\naction: { zh: 好 }", 5, 9, "action", "both languages")]
    [InlineData("no_data: { after: 5m }\nno_data: { after: 6m }", 5, 1, "", "not YAML")]
    [InlineData("no_data: { after: 5m", 5, 1, "", "not YAML")]
    public void An_error_names_line_column_key_and_what_was_expected(string lines, int line, int column, string key, string message)
    {
        var parsed = RuleParser.Parse(Yaml(lines), "r.yaml");
        Assert.Null(parsed.Rule);
        var error = Assert.Single(parsed.Errors);
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Equal(("r.yaml", line, column, key), (error.File, error.Line, error.Column, error.Key));
    }

    [Fact]
    public void All_errors_of_a_file_come_at_once_in_its_order()
    {
        var errors = RuleParser.Parse("id: X\ntitle: { zh: a }\nsignal: heat\nraise: 3\n", "r.yaml").Errors;
        Assert.Equal(["id", "title", "signal", "raise"], errors.Select(error => error.Key));
    }

    [Theory]
    [InlineData("raise: [ { severity: P3, when: \"value > 60 or value < -10\" } ]\nclear: { when: \"value < 55 and value > -5\" }", true)]
    [InlineData("raise: [ { severity: P3, when: \"value > 60 or value < -10\" } ]\nclear: { when: \"value < 55\" }", false)]
    [InlineData("raise: [ { severity: P3, when: \"value < 18\" } ]\nclear: { when: \"not value < 18\" }", true)]
    [InlineData("raise: [ { severity: P3, when: \"value < 18\" } ]\nclear: { when: \"value <= 18\" }", false)]
    [InlineData("raise: [ { severity: P3, when: \"18 > value\" } ]\nclear: { when: \"value == 17\" }", false)]
    [InlineData("raise: [ { severity: P3, when: \"mean(5m) < 18\" } ]\nclear: { when: \"mean(5m) > 17\" }", false)]
    [InlineData("raise: [ { severity: P3, when: \"mean(5m) < 18\" } ]\nclear: { when: \"value > 17\" }", true)]
    [InlineData("raise: [ { severity: P3, when: \"value < 64.4 [degF]\" } ]\nclear: { when: \"value >= 291.15 K\" }", true)]
    [InlineData("raise: [ { severity: P3, when: \"value < 18\" } ]\nclear: { for: 1h }", true)]
    public void A_clear_condition_lies_strictly_inside_the_normal_range(string lines, bool accepted) => Assert.Equal(accepted, RuleParser.Parse(Yaml(lines), "r").Errors.Count == 0);

    [Theory]
    [InlineData("P1", 0, -1)]
    [InlineData("P2", 30, 3600)]
    [InlineData("P3", 300, 3600)]
    [InlineData("P4", 1800, 3600)]
    [InlineData("P5", 43200, 3600)]
    public void Ticket_defaults_follow_the_severity(string severity, int wait, int selfClear)
    {
        var ticket = Rule(Yaml($"raise: [ {{ severity: {severity}, when: value < 18 }} ]\nclear: {{ for: 20m }}")).Ticket;
        Assert.Equal(TimeSpan.FromSeconds(wait), ticket.Wait);
        Assert.Equal(selfClear < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(selfClear), ticket.SelfClear);
        Assert.Equal((TimeSpan.FromDays(7), TimeSpan.FromMinutes(20), severity, "the-rule", false), (ticket.Reopen, ticket.VerifyFor, ticket.Sla, ticket.Category, ticket.Public));
    }

    [Fact]
    public void A_rule_for_the_edge_parses() => Assert.Equal(RulePlacement.Edge, Rule(Yaml("no_data: { after: 5m }\nat: edge")).At);

    [Fact]
    public void The_schema_lists_exactly_the_keys_that_the_parser_knows()
    {
        using var schema = System.Text.Json.JsonDocument.Parse(RuleSchema.Json);
        var properties = schema.RootElement.GetProperty("properties");
        Assert.Equal(RuleKeys.Rule.Order(), Keys(schema.RootElement));
        Assert.Equal(RuleKeys.Step.Order(), Keys(properties.GetProperty("raise").GetProperty("items")));
        Assert.Equal(RuleKeys.Clear.Order(), Keys(properties.GetProperty("clear")));
        Assert.Equal(RuleKeys.Active.Order(), Keys(properties.GetProperty("active")));
        Assert.Equal(RuleKeys.NoData.Order(), Keys(properties.GetProperty("no_data")));
        Assert.Equal(RuleKeys.Ticket.Order(), Keys(properties.GetProperty("ticket")));
        Assert.Equal(RuleKeys.Verify.Order(), Keys(properties.GetProperty("ticket").GetProperty("properties").GetProperty("verify")));
        Assert.Equal(RuleKeys.Test.Order(), Keys(properties.GetProperty("tests").GetProperty("items")));
        Assert.Equal(Enum.GetNames<PointKind>().Select(name => name.ToLowerInvariant()).Append("any").Order(), properties.GetProperty("signal").GetProperty("enum").EnumerateArray().Select(item => item.GetString()!).Order());

        static IEnumerable<string> Keys(System.Text.Json.JsonElement node) => node.GetProperty("properties").EnumerateObject().Select(property => property.Name).Order();
    }

    [Fact]
    public void No_text_makes_the_parser_throw()
    {
        var random = new Random(20260112);
        string[] pieces = ["value", "mean(5m)", "(", ")", " and ", "not ", "<", "18 Cel", "{", "}", "[", "]", ": ", "\n", "\n  - ", "\"", "'", "&a ", "*a", "!!x ", "|", ">", "%", "\t", "id", "raise", "tests", "given", "9e999", "1h30m", "..", "\0", "室", "\ud800", "---\n", "? "];
        var files = RuleCatalogue.All.Select(entry => entry.Yaml).Append(Example).ToList();
        var until = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0; i < 4000 && until.ElapsedMilliseconds < 1500; i++)
        {
            var text = new System.Text.StringBuilder(files[random.Next(files.Count)]);
            for (var edit = random.Next(1, 6); edit > 0; edit--)
            {
                var at = random.Next(text.Length);
                if (random.Next(3) == 0) text.Remove(at, Math.Min(text.Length - at, random.Next(1, 40)));
                if (text.Length == 0) text.Append('x');
                text.Insert(random.Next(text.Length), pieces[random.Next(pieces.Length)]);
            }
            var parsed = RuleParser.Parse(text.ToString(), "fuzz");
            Assert.True(parsed.Rule is null == parsed.Errors.Count > 0);
            if (parsed.Rule is { } rule) RuleTests.Run(rule);
        }
    }

    [Theory]
    [InlineData('[')]
    [InlineData('{')]
    [InlineData('(')]
    [InlineData('-')]
    public void Deep_nesting_is_an_error_not_a_crash(char bracket)
    {
        Assert.NotEmpty(RuleParser.Parse(new string(bracket, 100_000), "deep").Errors);
        Assert.NotEmpty(RuleParser.Parse(Yaml($"raise: [ {{ severity: P3, when: \"{new string(bracket, 100_000)}\" }} ]"), "deep").Errors);
        Assert.NotEmpty(RuleParser.Parse(Yaml($"raise: [ {{ severity: P3, when: \"{string.Concat(Enumerable.Repeat("not ", 900))}\" }} ]"), "deep").Errors);
    }
}
