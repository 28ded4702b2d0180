using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>What an agent cannot run is refused at its <c>at:</c>.</summary>
public class EdgeLimitsTests
{
    [Theory]
    [InlineData("raise: [ { severity: P3, when: \"value < point('../outdoor.temperature')\" } ]", "point(…)")]
    [InlineData("raise: [ { severity: P3, when: \"share(building, value < 18) > 50 %\" } ]", "(building)")]
    [InlineData("raise: [ { severity: P3, when: \"votes(2, value < 18)\" } ]", "(asset)")]
    [InlineData("raise: [ { severity: P3, when: \"anomaly() >= 0.5\" } ]", "anomaly()")]
    public void Rules_that_need_more_than_the_points_own_readings_are_refused_with_the_place_and_the_mend(string lines, string names)
    {
        var text = Yaml(lines + "\nat: edge");
        var error = EdgeLimits.Check(Rule(text), "my.yaml");
        Assert.NotNull(error);
        Assert.Equal(("my.yaml", 5, 5, "at"), (error.File, error.Line, error.Column, error.Key));
        Assert.Contains(names, error.Message, StringComparison.Ordinal);
        Assert.Contains("at: hub", error.Message, StringComparison.Ordinal);
        Assert.Null(EdgeLimits.Check(Rule(Yaml(lines + "\nat: hub")), "my.yaml"));
    }

    [Fact]
    public void Windows_attributes_hours_and_silence_are_no_hindrance() =>
        Assert.Null(EdgeLimits.Check(Rule(Yaml("raise: [ { severity: P3, when: \"mean(1h) < attr.limit and last(3, value < 18) > 50 %\", for: 10m } ]\nno_data: { after: 30m }\nactive: { hours: \"06:00-22:00\" }\ngroup_by: building\nat: edge")), "my.yaml"));
}
