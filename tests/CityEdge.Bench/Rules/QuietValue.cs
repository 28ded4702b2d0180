using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Bench.Rules;

/// <summary>A value from a rule's own tests at which it raises least, with a little noise: what its points tell on an ordinary day.</summary>
internal sealed class QuietValue(double middle, bool isBoolean)
{
    public ReadingValue At(int point, int minute) => isBoolean
        ? ReadingValue.FromBoolean(middle != 0)
        : ReadingValue.FromNumber(middle + (Math.Abs(middle) * 0.002 + 1e-6) * ((point * 31 + minute * 17) % 100 - 50) / 50);

    public static QuietValue Of(RuleDefinition rule)
    {
        var given = rule.Tests.SelectMany(test => test.Given).ToList();
        var isBoolean = given.Exists(stretch => stretch.IsBoolean);
        return given.SelectMany(stretch => (double[])[stretch.First, stretch.Last]).Append(0).Distinct().Select(middle => new QuietValue(middle, isBoolean)).MinBy(value => Raises(rule, value))!;
    }

    public static IReadOnlyDictionary<string, string> Labels(RuleDefinition rule) =>
        rule.Where.ToDictionary(pair => pair.Key, pair => pair.Value[0].Replace("*", "x", StringComparison.Ordinal));

    public static IReadOnlyDictionary<string, AttributeValue> Attributes(RuleDefinition rule) =>
        rule.Tests.SelectMany(test => test.Attributes).GroupBy(pair => pair.Key).ToDictionary(group => group.Key, group => group.First().Value);

    private static int Raises(RuleDefinition rule, QuietValue value)
    {
        var engine = new RuleEngine(new RuleEngineOptions { MaxAge = null });
        var output = new List<AlarmTransition>();
        var start = new DateTimeOffset(2026, 1, 12, 0, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();
        var context = RuleLoad.Context(0, rule.Signal ?? PointKind.Value, Labels(rule), Attributes(rule));
        engine.SetRule(rule, start, output);
        engine.SetPoint(context, start, output);
        for (var minute = 0; minute < 24 * 60; minute++)
        {
            var time = start + minute * 60_000L;
            engine.Apply(new Reading(context.Id, time, value.At(0, minute), null), time, output);
        }
        return output.Count;
    }
}
