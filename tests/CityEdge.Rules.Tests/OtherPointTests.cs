using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary><c>point("…")</c>: which point it means, how long its value counts, and which units it takes.</summary>
public class OtherPointTests
{
    private static readonly AssetLevel[] RoomPath = [new("room-1", "room"), new("house", "building"), new("bj", "site")];
    private static readonly PointId Outdoor = new("bj", "weather", "outdoor.temperature");

    private static PointContext At(PointId id, int up, PointKind kind = PointKind.Temperature) =>
        new(id, kind, RoomPath[up].Id, new Dictionary<string, string>(), new Dictionary<string, double>(), Shanghai) { Path = RoomPath[up..] };

    private static RuleBench Bench(string when, string more = "")
    {
        var bench = new RuleBench(Yaml($"raise: [ {{ severity: P3, when: '{when}' }} ]\nwhere: {{ point: room }}\n{more}"));
        bench.Engine.SetPoint(At(Room, 0), Start, bench.Output);
        bench.Engine.SetPoint(At(Outdoor, 1), Start, bench.Output);
        return bench;
    }

    [Fact]
    public void The_rule_hears_the_other_value_at_its_own_next_reading()
    {
        var bench = Bench("value < point(\"../outdoor.temperature\") + 5 K");
        bench.Read(0, 18).Read(1, 10, id: Outdoor);
        Assert.Equal("", bench.Alarms());
        bench.Read(2, 18).Read(3, 13.1, id: Outdoor);
        Assert.Equal("", bench.Alarms());
        Assert.Equal("Raised P3 at 4", bench.Read(4, 18).Alarms());
        Assert.Equal("Cleared P3 at 6", bench.Read(5, 13, id: Outdoor).Read(6, 18).Alarms());
    }

    [Theory]
    [InlineData(0, 15, "Raised P3 at 15")]
    [InlineData(0, 15.1, "")]
    [InlineData(30, 15, "Raised P3 at 15")]
    [InlineData(30.1, 15, "")]
    public void A_value_further_away_than_the_gap_before_or_after_is_unknown(double other, double own, string alarms) =>
        Assert.Equal(alarms, Bench("point(\"../outdoor.temperature\") > 0", "max_gap: 15m").Read(other, 1, id: Outdoor).Read(own, 18).Alarms());

    [Theory]
    [InlineData(40, "Raised P3 at 40")]
    [InlineData(40.1, "")]
    public void Without_a_stated_gap_it_is_three_times_the_other_points_interval(double own, string alarms) =>
        Assert.Equal(alarms, Bench("point(\"../outdoor.temperature\") > 0").Read(0, 1, id: Outdoor).Read(10, 1, id: Outdoor).Read(own, 1).Alarms());

    [Fact]
    public void Of_several_points_with_the_name_the_lowest_id_of_the_kind_counts_and_a_moved_point_is_found_again()
    {
        var bench = Bench("point(\"../outdoor.temperature\") > 0", "max_gap: 1d");
        var (wrongKind, second) = (Outdoor with { Device = "a" }, Outdoor with { Device = "z" });
        bench.Engine.SetPoint(At(wrongKind, 1, PointKind.Humidity), Start, bench.Output);
        bench.Engine.SetPoint(At(second, 1), Start, bench.Output);
        bench.Read(0, 5, id: wrongKind).Read(0, 5, id: second).Read(0, -5, id: Outdoor);
        Assert.Equal("", bench.Read(1, 18).Alarms());
        bench.Engine.SetPoint(At(Outdoor, 2), Start, bench.Output);
        Assert.Equal("Raised P3 at 2", bench.Read(2, 18).Alarms());
        bench.Engine.RemovePoint(second, Start, bench.Output);
        bench.Engine.SetPoint(At(Outdoor, 1), Start, bench.Output);
        Assert.Equal("Cleared P3 at 3", bench.Read(3, 18).Alarms());
    }

    [Fact]
    public void A_point_without_an_asset_looks_on_its_own_device()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: 'value > point(\"supply.temperature\")' } ]\nwhere: { point: room }"));
        var (own, other, elsewhere) = (Room, Room with { Name = "supply.temperature" }, new PointId("bj-01", "dev-2", "supply.temperature"));
        foreach (var id in (PointId[])[own, other, elsewhere]) bench.Engine.SetPoint(Context(id) with { Asset = null }, Start, bench.Output);
        Assert.Equal("", bench.Read(0, 1, id: elsewhere).Read(0, 20).Alarms());
        Assert.Equal("Raised P3 at 0.5", bench.Read(0, 19, id: other).Read(0.5, 20).Alarms());
    }

    [Fact]
    public void Looking_at_another_point_allocates_nothing()
    {
        var bench = Bench("value < point(\"../outdoor.temperature\") - 50 K");
        for (var i = 0; i < 100; i++) bench.Read(i, 18).Read(i, 10, id: Outdoor);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 100; i < 1000; i++) bench.Read(i, 18).Read(i, 10, id: Outdoor);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Theory]
    [InlineData("point(5) > 1", 6, "expected a point's name in quotes")]
    [InlineData("point('..outdoor') > 1", 6, "'..outdoor' is no point")]
    [InlineData("point('../') > 1", 6, "'../' is no point")]
    [InlineData("point('x', wind) > 1", 11, "expected a kind of point, one of value, temperature")]
    [InlineData("point('x', text) > 1", 17, "texts are compared with == and !=")]
    [InlineData("value > point('attic.humidity')", 6, "'>' is between temperature and humidity")]
    [InlineData("value - point('attic.humidity') > 3", 6, "'-' is between temperature and humidity")]
    [InlineData("point('attic.humidity') > 25 Cel", 26, "'Cel' is not a unit of humidity")]
    [InlineData("point('x') > 25 %RH", 13, "'%RH' is not a unit of temperature")]
    [InlineData("last(5, point('x') > 5) > 0.5", 8, "'point' has no meaning for one sample")]
    public void Mistakes_are_found_with_their_column(string when, int offset, string message)
    {
        var error = Assert.Single(RuleParser.Parse(Yaml($"raise: [ {{ severity: P3, when: \"{when}\" }} ]"), "f").Errors);
        Assert.Equal((4, 33 + offset), (error.Line, error.Column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("point('x', flow) > 3.6 m3/h", 0.00101)]
    [InlineData("point('attic.humidity') - 5 %RH > 20 %RH", 25.5)]
    [InlineData("not point('fan.running', contact)", 0)]
    [InlineData("abs(point('supply.pressure')) * 2 > 0.1 MPa", 50_001)]
    public void Units_follow_the_other_points_kind(string when, double raising)
    {
        var rule = Rule(Yaml($"raise: [ {{ severity: P3, when: \"{when}\" }} ]"));
        var reference = Assert.Single(rule.References);
        var bench = new RuleBench(rule.SourceYaml);
        var id = Room with { Name = reference.Name };
        bench.Engine.SetPoint(At(Room, 0), Start, bench.Output);
        bench.Engine.SetPoint(At(id, 0, reference.Kind!.Value), Start, bench.Output);
        Assert.Equal("Raised P3 at 0", bench.Read(0, raising, id: id).Read(0, 1).Alarms());
    }

    [Fact]
    public void A_rule_test_gives_the_other_points_readings_under_their_path()
    {
        var rule = Rule("""
            id: pump-fails
            title: { zh: 泵, en: Pump }
            signal: level
            raise: [ { severity: P2, when: "value > 2 m and not point('../pump.running', contact) and point('../outdoor.temperature') > 0 Cel", for: 2m } ]
            max_gap: 5m
            tests:
              - { given: ["../pump.running: 0m..10m every 1m false", "0m..10m every 1m 210 cm", "../outdoor.temperature: 0m..10m every 5m 50 [degF]"], expect: "P2 at 2m" }
              - { given: ["../pump.running: 0m..10m every 1m true", "0m..10m every 1m 210 cm", "../outdoor.temperature: 0m..10m every 5m 5"], expect: none }
              - { given: ["../pump.running: 0m..4m every 1m false", "0m..10m every 1m 210 cm"], expect: none }
            """);
        Assert.All(RuleTests.Run(rule), result => Assert.True(result.Passed, result.Message));
        Assert.Equal("level-0", new TestPoints(rule, new Dictionary<string, AttributeValue>(), Shanghai).Own.Path[0].Kind);
    }

    [Theory]
    [InlineData("value < 18", "../x: 0m 5", "the rule looks at no other point")]
    [InlineData("value < point('../x')", "../y: 0m 5", "expected before ': ' a point that the rule looks at, ../x; found '../y'")]
    [InlineData("value < point('../x')", "../x: 0m 5 Pa", "expected readings such as")]
    public void A_rule_test_may_name_only_what_the_rule_looks_at(string when, string given, string message)
    {
        var errors = RuleParser.Parse(Yaml($"raise: [ {{ severity: P3, when: \"{when}\" }} ]\ntests: [ {{ given: [\"{given}\"], expect: none }} ]"), "f").Errors;
        Assert.Contains(message, Assert.Single(errors).Message, StringComparison.Ordinal);
    }
}
