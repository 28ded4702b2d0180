using System.Globalization;
using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// Runs the <c>tests</c> of a rule on the same engine that runs in service. Each test has one point that matches the rule, the other points that it gives readings of, readings that arrive at once, and a clock that ends with the trace: what is due
/// at its last instant still happens. Readings after it are in the tester's words silence, which only <c>until</c> gives.
/// </summary>
public sealed class RuleTests
{
    private const string DefaultZone = "Asia/Shanghai";

    private RuleTests()
    {
    }

    /// <summary>Runs all tests with the default calendar in Asia/Shanghai.</summary>
    public static IReadOnlyList<RuleTestResult> Run(RuleDefinition rule) => Run(rule, SeasonCalendar.Default, TimeZoneInfo.FindSystemTimeZoneById(DefaultZone));

    /// <summary>Runs all tests with a calendar and zone.</summary>
    public static IReadOnlyList<RuleTestResult> Run(RuleDefinition rule, SeasonCalendar seasons, TimeZoneInfo zone) =>
        [.. rule.Tests.Select((test, index) => Run(rule, test, index, seasons, zone))];

    private static RuleTestResult Run(RuleDefinition rule, RuleTestCase test, int index, SeasonCalendar seasons, TimeZoneInfo zone)
    {
        // The test gives the readings of a point on which the rule runs; which points those are is not its subject.
        var engine = new RuleEngine(new RuleEngineOptions { MaxAge = null, Seasons = seasons });
        var all = new List<AlarmTransition>();
        var start = StartOf(rule, test, seasons, zone);
        var points = new TestPoints(rule, test.Attributes, zone);
        engine.SetRule(rule with { Where = TestPoints.Where }, start, all);
        foreach (var context in points.All(test.Given)) engine.SetPoint(context, start, all);
        if (rule.EventType is { } type) Send(engine, test.Given, type, points.Own, start, all);
        else foreach (var (at, point, value, quality) in Readings(test.Given, points)) engine.Apply(new Reading(point, start + at, value, null, quality), start + at, all);
        var end = test.Given.Select(stretch => stretch.To).Append(test.Until ?? TimeSpan.Zero).Max();
        engine.Advance(start + (long)end.TotalMilliseconds + 1, all);
        var output = all.FindAll(t => points.Reports(t.Point));

        var problems = new List<string>();
        Compare("expect", test.Expect, output.Where(t => !t.NoData && IsRaise(output, t)), start, problems);
        Compare("expect_clear", test.ExpectClear, output.Where(t => !t.NoData && (t.Change == AlarmChange.Cleared || (t.Change == AlarmChange.SeverityChanged && !IsRaise(output, t)))), start, problems);
        Compare("expect_no_data", test.ExpectNoData, output.Where(t => t is { NoData: true, Change: AlarmChange.Raised }), start, problems);
        return new RuleTestResult(rule.Id, index, test.Line, problems.Count == 0, string.Join("; ", problems));
    }

    /// <summary>In the order of their times; at one instant those of other points first, so that the rule's own point finds them there.</summary>
    private static IEnumerable<(long At, PointId Point, ReadingValue Value, Quality Quality)> Readings(IReadOnlyList<TestReadings> given, TestPoints points)
    {
        var readings = new List<(long At, PointId Point, ReadingValue Value, Quality Quality)>();
        foreach (var stretch in given)
        {
            for (var at = stretch.From; ; at += stretch.Every)
            {
                var share = stretch.To == stretch.From ? 0 : (at - stretch.From) / (stretch.To - stretch.From);
                var number = stretch.First + (stretch.Last - stretch.First) * share;
                readings.Add(((long)at.TotalMilliseconds, points.IdOf(stretch.Point), stretch.Text is { } text ? ReadingValue.FromText(text) : stretch.IsBoolean ? ReadingValue.FromBoolean(number != 0) : ReadingValue.FromNumber(number), stretch.Quality));
                if (stretch.Every == TimeSpan.Zero || at + stretch.Every > stretch.To) break;
            }
        }
        return readings.OrderBy(reading => reading.At).ThenBy(reading => reading.Point == points.Own.Id ? 1 : 0);
    }

    private static void Send(RuleEngine engine, IEnumerable<TestReadings> given, string type, PointContext subject, long start, List<AlarmTransition> output)
    {
        var sent = 0;
        foreach (var stretch in given)
        {
            JsonElement? data = stretch.EventData is { Length: > 0 } json ? JsonSerializer.Deserialize<JsonElement>(json) : null;
            for (var at = stretch.From; at <= stretch.To; at += stretch.Every)
            {
                var time = start + (long)at.TotalMilliseconds;
                engine.ApplyEvent(subject.Id, new CloudEvent { Id = $"{sent++}", Source = "test", Type = type, TimeMs = time, Data = data }, _ => subject, time, output);
                if (stretch.Every == TimeSpan.Zero) break;
            }
        }
    }

    /// <summary>A raise, or a change to a more severe step than the one before it in the same occurrence.</summary>
    private static bool IsRaise(List<AlarmTransition> all, AlarmTransition transition)
    {
        if (transition.Change == AlarmChange.Raised) return true;
        if (transition.Change != AlarmChange.SeverityChanged) return false;
        var before = all.FindLastIndex(all.IndexOf(transition) - 1, other => other.AlarmId == transition.AlarmId && other.Change is AlarmChange.Raised or AlarmChange.SeverityChanged);
        return before >= 0 && transition.Severity < all[before].Severity;
    }

    private static void Compare(string key, IReadOnlyList<ExpectedTransition>? expected, IEnumerable<AlarmTransition> happened, long start, List<string> problems)
    {
        if (expected is null) return;
        var actual = happened.Select(t => new ExpectedTransition(t.Change == AlarmChange.Cleared ? null : t.Severity, TimeSpan.FromMilliseconds(t.AtMs - start))).ToList();
        if (!actual.SequenceEqual(expected)) problems.Add($"{key}: expected {Show(expected)}, got {Show(actual)}");
    }

    private static string Show(IReadOnlyList<ExpectedTransition> transitions) => transitions.Count == 0 ? "none" : string.Join(", ", transitions);

    private static long StartOf(RuleDefinition rule, RuleTestCase test, SeasonCalendar seasons, TimeZoneInfo zone)
    {
        var local = test.Start ?? new DateTime(2026, 1, 12);
        var start = new DateTimeOffset(local, zone.GetUtcOffset(local)).ToUnixTimeMilliseconds();
        if (test.Start is not null || rule.Active is not { } window) return start;
        var (active, until) = new ActiveClock(window, zone, seasons).At(start);
        return active || until == long.MaxValue ? start : until;
    }
}
