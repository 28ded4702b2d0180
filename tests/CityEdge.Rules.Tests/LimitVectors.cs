using System.Globalization;
using System.Text.RegularExpressions;
using CityEdge.Contracts;

namespace CityEdge.Rules.Tests;

/// <summary>
/// Whether a rule file's own tests would notice a wrong limit. Each operator is turned strict or lax, each number moved by the smallest step that its tests could show, each hold, off-delay and silence by a
/// second, and each part of its window taken out; what no test notices has no vector at, below or above it. A time made shorter must be noticed by a test that ends before it and expects nothing.
/// </summary>
internal static partial class LimitVectors
{
    /// <summary>What is not held by a test, one line each; empty when all is.</summary>
    public static IReadOnlyList<string> Missing(string yaml, string file) =>
        [.. Changes(yaml).Where(change => !Noticed(change.Yaml, file, change.Shorter)).Select(change => $"{file}: no test {(change.Shorter ? "that expects none " : "")}notices {change.What}")];

    /// <summary>How many changes are tried.</summary>
    public static int Count(string yaml) => Changes(yaml).Count();

    private static bool Noticed(string yaml, string file, bool shorter) =>
        RuleParser.Parse(yaml, file).Rule is not { } rule || RuleTests.Run(rule).Any(result => !result.Passed && (!shorter || ExpectsNone(rule.Tests[result.Index])));

    private static bool ExpectsNone(RuleTestCase test) => test.Expect is [] || test.ExpectClear is [] || test.ExpectNoData is [];

    private static IEnumerable<(string What, string Yaml, bool Shorter)> Changes(string yaml)
    {
        var end = yaml.IndexOf("\ntests:", StringComparison.Ordinal);
        var whole = !Decimal().IsMatch(yaml[end..]);
        foreach (var (at, length, text, shorter) in Edits(yaml[..end], whole))
        {
            var line = yaml.LastIndexOf('\n', at) + 1;
            yield return ($"{yaml.Substring(at, length)} -> {(text.Length == 0 ? "nothing" : text)} in {yaml[line..yaml.IndexOf('\n', at)].Trim()}", yaml[..at] + text + yaml[(at + length)..], shorter);
        }
    }

    private static IEnumerable<(int At, int Length, string Text, bool Shorter)> Edits(string head, bool whole)
    {
        foreach (Match line in JudgedLine().Matches(head))
        {
            if (line.Value.StartsWith("active:", StringComparison.Ordinal))
            {
                foreach (Match part in ActivePart().Matches(line.Value)) yield return (line.Index + part.Index, part.Length, "", false);
                continue;
            }
            foreach (Match time in Hold().Matches(line.Value))
            {
                foreach (var (other, shorter) in SecondAway(time.Groups[1].Value)) yield return (line.Index + time.Groups[1].Index, time.Groups[1].Length, other, shorter);
            }
            foreach (Match quoted in When().Matches(line.Value))
            {
                var condition = quoted.Groups[1];
                foreach (var (at, length, text) in InCondition(condition.Value, whole)) yield return (line.Index + condition.Index + at, length, text, false);
            }
        }
    }

    private static IEnumerable<(int At, int Length, string Text)> InCondition(string condition, bool whole)
    {
        foreach (Match sign in Sign().Matches(condition)) yield return (sign.Index, sign.Length, sign.Value.Length == 2 ? sign.Value[..1] : sign.Value + "=");
        foreach (Match age in Age().Matches(condition))
        {
            foreach (var (other, _) in SecondAway(age.Groups[1].Value)) yield return (age.Groups[1].Index, age.Groups[1].Length, other);
        }
        foreach (Match number in Number().Matches(condition))
        {
            var value = double.Parse(number.Value, CultureInfo.InvariantCulture);
            var step = Step(condition[..number.Index], condition[(number.Index + number.Length)..], value, whole);
            yield return (number.Index, number.Length, (value + step).ToString("0.########", CultureInfo.InvariantCulture));
            if (value == 0 || value > step) yield return (number.Index, number.Length, (value - step).ToString("0.########", CultureInfo.InvariantCulture));
        }
    }

    private static double Step(string before, string after, double value, bool whole)
    {
        // A share of the last N values moves by N-ths.
        if (LastBefore().Match(before) is { Success: true } last) return (after.StartsWith(" %", StringComparison.Ordinal) ? 101 : 1.01) / int.Parse(last.Groups[1].Value, CultureInfo.InvariantCulture);
        // A share of points moves by what a group of some twenty can show.
        if (ShareBefore().IsMatch(before)) return value / 20;
        if (value == Math.Floor(value) && (whole || WholeBefore().IsMatch(before))) return 1;
        return value == 0 ? 0.01 : value / 100;
    }

    private static IEnumerable<(string Text, bool Shorter)> SecondAway(string duration)
    {
        Assert.True(Durations.TryParse(duration, out var time), duration);
        yield return (Durations.Format(time + TimeSpan.FromSeconds(1)), false);
        if (time > TimeSpan.FromSeconds(1)) yield return (Durations.Format(time - TimeSpan.FromSeconds(1)), true);
    }

    [GeneratedRegex(@"\d\.\d")]
    private static partial Regex Decimal();

    [GeneratedRegex(@"^(  - \{ severity:|clear:|no_data:|active:).*$", RegexOptions.Multiline)]
    private static partial Regex JudgedLine();

    [GeneratedRegex(@"\b(season|hours|days): (""[^""]*""|[^,} ]+),? ?")]
    private static partial Regex ActivePart();

    [GeneratedRegex(@"\b(?:for|after): (\w+)")]
    private static partial Regex Hold();

    [GeneratedRegex(@"\bwhen: ""([^""]*)""")]
    private static partial Regex When();

    [GeneratedRegex("[<>]=?")]
    private static partial Regex Sign();

    [GeneratedRegex(@"\bage [<>]=? (\w+)")]
    private static partial Regex Age();

    /// <summary>A number that is neither a duration (letters follow at once), nor how many values a function looks at.</summary>
    [GeneratedRegex(@"(?<![\w.]|last\(|votes\()\d+(?:\.\d+)?(?![\w.])")]
    private static partial Regex Number();

    [GeneratedRegex(@"last\((\d+),(?:[^()]|\([^()]*\))*\) [<>]=? $")]
    private static partial Regex LastBefore();

    /// <summary>Attributes are compared with whole numbers; days, contacts and what is counted are whole.</summary>
    [GeneratedRegex(@"(attr\.\w+|days_since\(.*\)|, contact\)|\bcount\(.*\)) [<>]=? -?$")]
    private static partial Regex WholeBefore();

    [GeneratedRegex(@"share\([^()]*\) [<>]=? $")]
    private static partial Regex ShareBefore();
}
