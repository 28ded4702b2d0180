using System.Text.RegularExpressions;

namespace CityEdge.Rules.Tests;

/// <summary>The shipped rules: every row of the reference's catalogue has its file, and every file proves its limits.</summary>
public partial class CatalogueTests
{
    /// <summary>The 52 rows of the domain reference, §6.</summary>
    private static readonly string[] Rows =
    [
        "R-HEAT-01", "R-HEAT-02", "R-HEAT-03", "R-HEAT-04", "R-HEAT-05", "R-HEAT-06", "R-HEAT-07", "R-HEAT-08", "R-HEAT-09", "R-HEAT-10",
        "R-ROOF-01", "R-ROOF-02", "R-ROOF-03", "R-ROOF-04", "R-FLOOD-01", "R-FLOOD-02", "R-PUMP-01", "R-PUMP-02", "R-PUMP-03", "R-PUMP-04", "R-WATER-05",
        "R-LIFT-01", "R-LIFT-02", "R-LIFT-03", "R-LIFT-04", "R-LIFT-05", "R-LAMP-01", "R-LAMP-02", "R-LAMP-03", "R-LAMP-04", "R-LAMP-05",
        "R-MAN-01", "R-MAN-02", "R-MAN-03", "R-MAN-04", "R-KIOSK-01", "R-KIOSK-02", "R-KIOSK-03", "R-KIOSK-04", "R-FEE-01", "R-FEE-02", "R-FEE-03",
        "R-CAM-01", "R-CAM-02", "R-CAM-03", "R-CHG-01", "R-CHG-02", "R-CHG-03", "R-CHG-04", "R-GW-01", "R-SENS-01", "R-SENS-02",
    ];

    private static readonly IReadOnlyList<RuleDefinition> Rules = [.. RuleCatalogue.All.Select(entry => RuleParser.Parse(entry.Yaml, entry.File).Rule!)];

    public static TheoryData<string> Files => [.. RuleCatalogue.All.Select(file => file.File)];

    [Theory]
    [MemberData(nameof(Files))]
    public void A_shipped_rule_parses_and_passes_its_own_tests(string file)
    {
        var parsed = RuleParser.Parse(Text(file), file);
        AssertNone(parsed.Errors.Select(error => error.ToString()));
        Assert.Equal(file, parsed.Rule!.Id + ".yaml");
        Assert.NotEmpty(parsed.Rule.Tests);
        AssertNone(RuleTests.Run(parsed.Rule).Where(result => !result.Passed).Select(result => $"{file}:{result.Line}: {result.Message}"));
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_shipped_rule_has_vectors_at_each_of_its_limits(string file)
    {
        Assert.True(LimitVectors.Count(Text(file)) >= 2);
        AssertNone(LimitVectors.Missing(Text(file), file));
    }

    /// <summary>The check above must be able to fail: without any one of its tests, a file with one test a limit has a gap.</summary>
    [Theory]
    [InlineData("value > 40", "for: 15m")]
    public void A_limit_without_a_vector_is_told(string condition, string hold)
    {
        string Rule(params string[] tests) => $"id: some-rule\ntitle: {{ zh: 规则, en: Rule }}\nsignal: temperature\nraise:\n  - {{ severity: P3, when: \"{condition}\", {hold} }}\ntests:\n"
            + string.Concat(tests.Select(test => $"  - {{ given: [\"{test}\n"));
        string[] all = ["0m..899s every 1m 40.1\"], expect: none }", "0m..15m every 1m 40.1\"], expect: \"P3 at 15m\" }", "0m..1h every 1m 40\"], expect: none }"];
        Assert.Empty(LimitVectors.Missing(Rule(all), "x.yaml"));
        Assert.All(all, left => Assert.NotEmpty(LimitVectors.Missing(Rule([.. all.Where(test => test != left)]), "x.yaml")));
    }

    [Fact]
    public void Every_row_of_the_reference_has_a_file()
    {
        Assert.Equal(52, Rows.Length);
        var written = RuleCatalogue.All.SelectMany(entry => RowsOf(entry.Yaml)).ToHashSet();
        Assert.Equal(Rows, Rows.Where(written.Contains));
        Assert.Empty(written.Except(Rows));
    }

    [Fact]
    public void Ids_are_unique_and_inhibitors_exist()
    {
        Assert.Equal(Rules.Count, Rules.DistinctBy(rule => rule.Id).Count());
        Assert.All(Rules.SelectMany(rule => rule.InhibitedBy.Select(id => (rule, id))), pair => Assert.Contains(Rules, rule => rule.Id == pair.id && rule.Id != pair.rule.Id));
    }

    /// <summary>The desk lets silence inhibit only where the rule is about silence alone; a step in this file would set every device's silence free.</summary>
    [Fact]
    public void A_silent_gateway_inhibits() => Assert.True(Rules.Single(rule => rule.Id == "gateway-silent") is { Raise.Count: 0, NoData: not null });

    /// <summary>The first lines say which row it is, and where each limit is from: [P] public page, [S0-4] seed article, [M] memory, EJ engineering judgement.</summary>
    [Theory]
    [MemberData(nameof(Files))]
    public void A_file_names_its_row_and_the_source_of_its_limits(string file)
    {
        var comment = string.Concat(Text(file).Split('\n').TakeWhile(line => line.StartsWith("# ", StringComparison.Ordinal)));
        Assert.True(RowsOf(Text(file)).Count > 0 || comment.StartsWith("# No row: ", StringComparison.Ordinal), comment);
        Assert.Matches(@"\[[PM]\]|\[S\d\]|\bEJ\b", comment);
        var rule = Rules.Single(rule => rule.Id + ".yaml" == file);
        Assert.NotNull(rule.Action);
        Assert.All([rule.Title, rule.Action], text => Assert.Matches(@"\p{IsCJKUnifiedIdeographs}", text.Zh));
        Assert.All([rule.Title, rule.Action], text => Assert.Matches(@"^[A-Z][\x20-\x7e]+$", text.En));
        Assert.Contains('.', rule.Ticket.Category);
    }

    [Fact]
    public void The_table_of_the_readme_is_true()
    {
        var rows = TableRow().Matches(File.ReadAllText(Path.Combine(Folder(), "README.md"))).Select(match => match.Groups[1].Value.Split('|', StringSplitOptions.TrimEntries)).ToList();
        Assert.Equal(Rules.Select(rule => rule.Id).Order(StringComparer.Ordinal), rows.Select(row => row[1].Trim('`')).Order(StringComparer.Ordinal));
        foreach (var (row, rule) in rows.Select(row => (row, Rules.Single(rule => rule.Id == row[1].Trim('`')))))
        {
            var named = string.Join(" ", RowsOf(Text(rule.Id + ".yaml")));
            Assert.Equal(named.Length == 0 ? "-" : named, row[0]);
            var severities = rule.Raise.Select(step => step.Severity).Concat(rule.NoData is { } silence ? [silence.Severity] : []);
            Assert.Equal((string.Join(" ", severities.Distinct().Order()), rule.Ticket.Category), (row[4], row[5]));
            Assert.All(rule.Raise, step => Assert.Contains(step.When.ToString(), row[3], StringComparison.Ordinal));
            Assert.StartsWith(rule.EventType is { } type ? "event " + type : rule.Signal?.ToString().ToLowerInvariant() ?? "any", row[2], StringComparison.Ordinal);
        }
    }

    private static void AssertNone(IEnumerable<string> complaints)
    {
        if (string.Join("\n", complaints) is { Length: > 0 } text) Assert.Fail(text);
    }

    private static string Text(string file) => RuleCatalogue.All.Single(entry => entry.File == file).Yaml;

    private static List<string> RowsOf(string yaml) => [.. RowName().Matches(yaml[..yaml.IndexOf(':', StringComparison.Ordinal)]).Select(match => match.Value)];

    private static string Folder()
    {
        var at = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(at.FullName, "CityEdge.sln"))) at = at.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
        return Path.Combine(at.FullName, "edge", "CityEdge.Rules", "catalogue");
    }

    [GeneratedRegex(@"R-[A-Z]+-\d\d")]
    private static partial Regex RowName();

    [GeneratedRegex(@"^\| ([^|]+\| `[a-z0-9-]+` \|.*) \|$", RegexOptions.Multiline)]
    private static partial Regex TableRow();
}
