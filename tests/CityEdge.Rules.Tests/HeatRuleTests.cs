using System.Globalization;
using System.Text.Json;

namespace CityEdge.Rules.Tests;

/// <summary>New York's heat rule as two ordinary rules, by day and by night, in its own units, zone and season: Oct-May; the night's since 1 October 2017.</summary>
public class HeatRuleTests
{
    private const string Day = """
        id: heat-by-day
        title: { zh: 白天室温不足, en: Too cold by day }
        signal: temperature
        where: { role: room }
        raise: [ { severity: P3, when: "value < 68 [degF] and point('../outdoor.temperature') < 55 [degF]" } ]
        active: { season: heat-day, hours: "06:00-22:00" }
        """;

    private const string Night = """
        id: heat-by-night
        title: { zh: 夜间室温不足, en: Too cold by night }
        signal: temperature
        where: { role: room }
        raise: [ { severity: P3, when: "value < 62 [degF]" } ]
        active: { season: heat-night, hours: "22:00-06:00" }
        """;

    private static readonly SeasonCalendar Seasons = SeasonCalendar.Default.With("heat-day", Winters(2000)).With("heat-night", Winters(2017));

    [Fact]
    public void The_published_vectors_are_met()
    {
        var file = Path.Combine(RecordedDataTests.Shared(), "vectors", "heat-rule", "nyc.json");
        Assert.SkipUnless(File.Exists(file), "the vectors are not beside the repository");
        using var document = JsonDocument.Parse(File.ReadAllText(file));
        var vectors = document.RootElement.GetProperty("vectors").EnumerateArray().ToList();
        Assert.Equal([false, true], vectors.Select(vector => vector.GetProperty("violation").GetBoolean()).Distinct().Order());
        Assert.All(vectors, vector => Assert.Equal(
            vector.GetProperty("violation").GetBoolean(),
            IsViolation(vector.GetProperty("local_time").GetString()!.Split(' ')[0], vector.GetProperty("indoor_F").GetDouble(), vector.GetProperty("outdoor_F").GetDouble())));
    }

    /// <summary>What the text says beside its vectors: hours, the night's limit whatever the weather, its first day, the season.</summary>
    [Theory]
    [InlineData("2015-03-01T06:00:00", 67.9, 54.9, true)]
    [InlineData("2015-03-01T05:59:00", 67.9, 54.9, false)]
    [InlineData("2015-03-01T21:59:00", 67.9, 54.9, true)]
    [InlineData("2015-03-01T22:00:00", 67.9, 54.9, false)]
    [InlineData("2018-03-01T22:00:00", 61.9, 70, true)]
    [InlineData("2018-03-01T22:00:00", 62, 20, false)]
    [InlineData("2017-05-31T23:00:00", 61.9, 20, false)]
    [InlineData("2017-10-01T00:00:00", 61.9, 70, true)]
    [InlineData("2018-05-31T12:00:00", 60, 50, true)]
    [InlineData("2018-06-01T12:00:00", 60, 50, false)]
    public void Hours_and_season_bound_it(string localTime, double indoor, double outdoor, bool violation) => Assert.Equal(violation, IsViolation(localTime, indoor, outdoor));

    private static bool IsViolation(string localTime, double indoor, double outdoor)
    {
        string Given(bool withOutdoor, string expect) => string.Create(CultureInfo.InvariantCulture,
            $"\ntests:\n  - {{ start: \"{localTime}\", given: [{(withOutdoor ? $"\"../outdoor.temperature: 0m {outdoor} [degF]\", " : "")}\"0m {indoor} [degF]\"], expect: \"{expect}\" }}\n");
        bool Rises(string rule, bool withOutdoor)
        {
            var (raised, none) = (Passes(rule + Given(withOutdoor, "P3 at 0m")), Passes(rule + Given(withOutdoor, "none")));
            Assert.NotEqual(raised, none);
            return raised;
        }
        return Rises(Day, true) || Rises(Night, false);
    }

    private static bool Passes(string yaml)
    {
        var parsed = RuleParser.Parse(yaml, "nyc.yaml");
        Assert.Equal("", string.Join("\n", parsed.Errors));
        return RuleTests.Run(parsed.Rule!, Seasons, TimeZoneInfo.FindSystemTimeZoneById("America/New_York")).Single().Passed;
    }

    private static SeasonRange[] Winters(int first) => [.. Enumerable.Range(first, 30).Select(year => new SeasonRange(new DateOnly(year, 10, 1), new DateOnly(year + 1, 6, 1)))];
}
