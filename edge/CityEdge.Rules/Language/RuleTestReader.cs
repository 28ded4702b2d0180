using System.Globalization;
using CityEdge.Contracts;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Rules;

/// <summary>
/// Reads the <c>tests</c> of a rule. A stretch is <c>FROM..TO every STEP VALUE [UNIT]</c> or <c>AT VALUE [UNIT]</c>; a value may be <c>A..B</c>, running linearly, or true or false. <c>PATH: </c> before
/// it makes them the readings of another point that the rule looks at. In an event rule the value is <c>event {NAME: VALUE, …}</c>.
/// </summary>
internal sealed class RuleTestReader(YamlFile source, PointKind? kind, ExpressionScope scope)
{
    private const int MaxReadings = 100_000;
    private readonly string shape = scope.IsEvent ? "events such as \"0m event\" or \"0m..30m every 1m event {success: false}\"" : kind == PointKind.Text ? "readings such as \"0m..119m every 5m open\" or \"120m 'not open'\"" : "readings such as \"0m..119m every 5m 17.9\" or \"120m 18 Cel\"";

    public List<RuleTestCase> Read(YamlNode? node)
    {
        var cases = new List<RuleTestCase>();
        if (node is null) return cases;
        if (node is not YamlSequenceNode list)
        {
            source.Error(node, "tests", "expected a list of tests such as - { given: [\"0m..120m every 5m 17.9\"], expect: \"P3 at 120m\" }");
            return cases;
        }
        for (var i = 0; i < list.Children.Count; i++)
        {
            var path = $"tests[{i}]";
            if (source.Map(list.Children[i], path, RuleKeys.Test) is not { } map) continue;
            if (!map.ContainsKey("given")) source.Error(list.Children[i], path + ".given", "missing; expected " + shape);
            var expect = Expected(map.GetValueOrDefault("expect"), path + ".expect", severityNeeded: true);
            var clear = Expected(map.GetValueOrDefault("expect_clear"), path + ".expect_clear", severityNeeded: false);
            var noData = Expected(map.GetValueOrDefault("expect_no_data"), path + ".expect_no_data", severityNeeded: true);
            if (expect is null && clear is null && noData is null) source.Error(list.Children[i], path + ".expect", "missing; expected none, or alarms such as \"P3 at 120m\"");
            cases.Add(new RuleTestCase(
                (int)list.Children[i].Start.Line,
                Given(map.GetValueOrDefault("given"), path + ".given"),
                Start(map.GetValueOrDefault("start"), path + ".start"),
                source.Duration(map.GetValueOrDefault("until"), path + ".until"),
                AttributeReader.Read(source, scope, map.GetValueOrDefault("attributes"), path + ".attributes"),
                expect,
                clear,
                noData));
        }
        return cases;
    }

    private List<TestReadings> Given(YamlNode? node, string path)
    {
        var stretches = new List<TestReadings>();
        var lastReadings = new Dictionary<string, TimeSpan>(StringComparer.Ordinal);
        var total = 0d;
        foreach (var (text, item) in source.OneOrMany(node, path, shape))
        {
            var colon = scope.IsEvent ? -1 : text.IndexOf(": ", StringComparison.Ordinal);
            var before = colon < 0 ? null : text[..colon].Trim();
            IReadOnlyList<string?>? names = before is null ? (string?[])[null] : scope.Level is null ? [before] : TestPointRange.Names(before);
            if (names is null)
            {
                source.Error(item, path, $"expected before ': ' a point, or points such as p2..p30, ascending and at most {TestPointRange.MaxPoints}; found '{before}'");
                continue;
            }
            foreach (var other in names)
            {
                if (!Take(text, other, item)) break;
            }
        }
        return stretches;

        bool Take(string text, string? other, YamlNode item)
        {
            if (other is not null && !Knows(other))
            {
                return Refuse(item, scope.References.Count == 0
                    ? $"the rule looks at no other point of the name '{other}'; expected {shape}; found '{text}'"
                    : $"expected before ': ' a point that the rule looks at, {string.Join(" or ", scope.References.Select(reference => reference.Path).Distinct())}; found '{other}'");
            }
            var colon = scope.IsEvent ? -1 : text.IndexOf(": ", StringComparison.Ordinal);
            if (Stretch(text[(colon + 1)..], other is null ? kind : KindOf(other)) is not { } stretch) return Refuse(item, $"expected {shape}; found '{text}'");
            stretch = stretch with { Point = other };
            var lastReading = lastReadings.GetValueOrDefault(other ?? "", TimeSpan.MinValue);
            if (scope.IsEvent ? stretch.From < lastReading : stretch.From <= lastReading) return Refuse(item, $"expected a time after the reading at {Durations.Format(lastReading)}");
            var steps = stretch.Every == TimeSpan.Zero ? 0 : (stretch.To - stretch.From).Ticks / stretch.Every.Ticks;
            if ((total += steps + 1) > MaxReadings) return Refuse(item, $"expected at most {MaxReadings} readings a test");
            lastReadings[other ?? ""] = stretch.From + stretch.Every * steps;
            stretches.Add(stretch);
            return true;
        }

        bool Refuse(YamlNode item, string message)
        {
            source.Error(item, path, message);
            return false;
        }
    }

    private bool Knows(string other) => scope.References.Exists(reference => reference.Path == other) || (scope.Level is not null && PointId.IsName(other));

    private PointKind? KindOf(string other) => scope.References.Find(reference => reference.Path == other) is { } reference ? reference.Kind : kind;

    private TestReadings? Stretch(string text, PointKind? kind)
    {
        var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (words.Length < 2) return null;
        var span = words[0].Split("..");
        if (span.Length > 2 || !Durations.TryParse(span[0], out var from) || !Durations.TryParse(span[^1], out var to) || to < from) return null;
        var every = TimeSpan.Zero;
        var rest = 1;
        if (span.Length == 2)
        {
            if (words.Length < 4 || words[1] != "every" || !Durations.TryParse(words[2], out every) || every <= TimeSpan.Zero) return null;
            rest = 3;
        }
        if (scope.IsEvent) return words[rest] == "event" && TestEventData.ToJson(string.Join(' ', words[(rest + 1)..])) is { } json ? new TestReadings(from, to, every, 0, 0, false, EventData: json) : null;
        if (kind == PointKind.Text) return TextOf(string.Join(' ', words[rest..])) is { } told ? new TestReadings(from, to, every, 0, 0, false) { Text = told } : null;
        if (QualityNode.Marks.TryGetValue(words[^1], out var mark)) return words.Length > rest + 1 && Stretch(text[..text.LastIndexOf(words[^1], StringComparison.Ordinal)], kind) is { } marked ? marked with { Quality = marked.Quality | mark } : null;
        var unit = words.Length == rest + 1 ? null : words.Length == rest + 2 ? words[^1] : "";
        if (unit == "") return null;
        if (words[rest] is "true" or "false") return unit is null ? new TestReadings(from, to, every, words[rest] == "true" ? 1 : 0, words[rest] == "true" ? 1 : 0, true) : null;
        var ends = words[rest].Split("..");
        return ends.Length <= 2 && Number(ends[0], unit, kind) is { } first && Number(ends[^1], unit, kind) is { } last ? new TestReadings(from, to, every, first, last, false) : null;
    }

    /// <summary>In quotes, as conditions write it; one word may stand without.</summary>
    private static string? TextOf(string written) =>
        written is ['"' or '\'', .., var last] && last == written[0] ? written[1..^1] : written.Contains(' ', StringComparison.Ordinal) ? null : written;

    private static double? Number(string text, string? unit, PointKind? kind)
    {
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) return null;
        if (unit is null) return number;
        return kind is { } known && Units.TryConvert(number, unit, known, out var canonical) ? canonical : null;
    }

    private DateTime? Start(YamlNode? node, string path)
    {
        const string Expected = "a local time such as 2026-01-12T06:00";
        if (!source.Text(node, path, Expected, out var text)) return null;
        string[] formats = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss"];
        if (DateTime.TryParseExact(text, formats, CultureInfo.InvariantCulture, DateTimeStyles.None, out var start) && start.Year is >= 1970 and < 2100) return start;
        source.Error(node, path, $"expected {Expected}; found '{text}'");
        return null;
    }

    private List<ExpectedTransition>? Expected(YamlNode? node, string path, bool severityNeeded)
    {
        if (node is null) return null;
        if (node is YamlScalarNode { Value: "none" } || node is YamlSequenceNode { Children.Count: 0 }) return [];
        var shape = severityNeeded ? "none, or alarms such as \"P3 at 120m\"" : "none, or \"at 180m\" for a clear, \"P3 at 180m\" for a fall of severity";
        var expected = new List<ExpectedTransition>();
        foreach (var (text, item) in source.OneOrMany(node, path, shape))
        {
            var words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            Severity? severity = words.Length == 3 && YamlFile.TrySeverity(words[0], out var found) ? found : null;
            var shaped = words.Length >= 2 && words[^2] == "at" && (severity is not null || (words.Length == 2 && !severityNeeded));
            if (shaped && Durations.TryParse(words[^1], out var at)) expected.Add(new ExpectedTransition(severity, at));
            else source.Error(item, path, $"expected {shape}; found '{text}'");
        }
        return expected;
    }
}
