namespace CityEdge.Rules.Tests;

public class CatalogueTests
{
    public static TheoryData<string> Files => [.. RuleCatalogue.All.Select(file => file.File)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_shipped_rule_parses_and_passes_its_own_tests(string file)
    {
        var parsed = RuleParser.Parse(RuleCatalogue.All.Single(entry => entry.File == file).Yaml, file);
        Assert.Equal("", string.Join("\n", parsed.Errors));
        Assert.Equal(file, parsed.Rule!.Id + ".yaml");
        Assert.NotNull(parsed.Rule.Action);
        Assert.NotEmpty(parsed.Rule.Tests);
        Assert.Equal("", string.Join("\n", RuleTests.Run(parsed.Rule).Where(result => !result.Passed).Select(result => $"{file}:{result.Line}: {result.Message}")));
    }

    [Fact]
    public void Ids_are_unique_and_inhibitors_exist()
    {
        var rules = RuleCatalogue.All.Select(entry => RuleParser.Parse(entry.Yaml, entry.File).Rule!).ToList();
        Assert.True(rules.Count >= 8);
        Assert.Equal(rules.Count, rules.DistinctBy(rule => rule.Id).Count());
        Assert.All(rules.SelectMany(rule => rule.InhibitedBy), id => Assert.Contains(rules, rule => rule.Id == id));
    }

    [Fact]
    public void A_file_says_where_its_limits_come_from() => Assert.All(RuleCatalogue.All, entry => Assert.StartsWith("# ", entry.Yaml, StringComparison.Ordinal));
}
