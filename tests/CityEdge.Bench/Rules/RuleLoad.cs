using CityEdge.Contracts;
using CityEdge.Hub.Ingest;
using CityEdge.Rules;

namespace CityEdge.Bench.Rules;

/// <summary>Points, rules and the values that the points tell, one reading a minute and point in a fixed shuffled order.</summary>
internal sealed class RuleLoad
{
    public const string HoldRule = "raise: [ { severity: P3, when: \"value < 18\", for: 10m } ]\nclear: { when: \"value >= 18.5\", for: 10m }\nmax_gap: 30m";
    public const string ThresholdRule = "raise: [ { severity: P3, when: \"value < 10\" } ]";
    public const string MeanRule = "raise: [ { severity: P3, when: \"mean(1h) < 10\", for: 10m } ]";
    public const string LearnedRule = "raise: [ { severity: P3, when: \"anomaly() > 1 or forecast(2h) < -50\" } ]";
    public const string StepsRule = "raise:\n  - { severity: P3, when: \"value < 18\", for: 2h }\n  - { severity: P2, when: \"value < 16\", for: 1h }\nclear: { when: \"value >= 18.5\", for: 1h }\nactive: { hours: \"06:00-22:00\" }\nno_data: { after: 30m, severity: P4 }";

    private const int Minute = 60_000;
    private const int OneRulePoints = 10_000;
    private const int PointsOfARule = 200;
    private const int MinutesOfARound = 200;

    /// <summary>Monday 2026-01-12 07:00 in Shanghai: inside seasons and hours.</summary>
    private static readonly long Start = new DateTimeOffset(2026, 1, 12, 7, 0, 0, TimeSpan.FromHours(8)).ToUnixTimeMilliseconds();

    private readonly RuleEngine engine = new(new RuleEngineOptions { MaxAge = null });
    private readonly List<AlarmTransition> output = [];
    private readonly string name;
    private readonly (PointId Id, Func<int, int, ReadingValue> Value)[] points;
    private readonly double rulesPerPoint;
    private int minute;

    private RuleLoad(string name, IReadOnlyList<RuleDefinition> rules, IReadOnlyList<(PointContext Context, Func<int, int, ReadingValue> Value)> points)
    {
        this.name = name;
        foreach (var rule in rules) engine.SetRule(rule, Start, output);
        foreach (var (context, _) in points) engine.SetPoint(context, Start, output);
        rulesPerPoint = points.Average(point => engine.Explain(point.Context.Id).Count);
        this.points = [.. points.Select(point => (point.Context.Id, point.Value))];
        // Neighbours in memory do not speak one after the other.
        new Random(1).Shuffle(this.points);
    }

    /// <summary>21 to 24, and for 3 minutes of every 60 below the limit, so that holds begin and end without an alarm.</summary>
    public static ReadingValue AroundHold(int point, int minute) => ReadingValue.FromNumber((minute + point * 7) % 60 < 3 ? 17.5 : 21 + (point * 31 + minute * 17) % 100 * 0.03);

    public static RuleLoad OneRule(string name, string lines, Func<int, int, ReadingValue> value, int points = OneRulePoints) => new(
        name,
        [Parse($"id: the-rule\ntitle: {{ zh: 题, en: Title }}\nsignal: temperature\n{lines}\n", "the-rule.yaml")],
        [.. Enumerable.Range(0, points).Select(i => (Context(i, PointKind.Temperature, new Dictionary<string, string> { ["role"] = "room" }, new Dictionary<string, AttributeValue>()), value))]);

    /// <summary>Every rule of the catalogue, and for each that reads readings the points that it is for, which tell of nothing unusual.</summary>
    public static RuleLoad Catalogue()
    {
        var rules = RuleCatalogue.All.Select(file => Parse(file.Yaml, file.File)).ToList();
        var points = new List<(PointContext, Func<int, int, ReadingValue>)>();
        foreach (var rule in rules.Where(rule => rule.EventType is null))
        {
            var quiet = QuietValue.Of(rule);
            for (var i = 0; i < PointsOfARule; i++) points.Add((Context(points.Count, rule.Signal ?? PointKind.Value, QuietValue.Labels(rule), QuietValue.Attributes(rule)), quiet.At));
        }
        return new RuleLoad($"the catalogue, {rules.Count} rules, on mixed points", rules, points);
    }

    public static RuleDefinition Parse(string yaml, string file) =>
        RuleParser.Parse(yaml, file) is { Rule: { } rule } ? rule : throw new InvalidOperationException($"{file}: {string.Join("; ", RuleParser.Parse(yaml, file).Errors)}");

    public static PointContext Context(int number, PointKind kind, IReadOnlyDictionary<string, string> labels, IReadOnlyDictionary<string, AttributeValue> attributes) =>
        new(new PointId($"bj-{number % 40:D2}", $"device-{number / 4:D5}", $"room-{number:D6}.value"), kind, "asset", labels, attributes, Shanghai);

    public static TimeZoneInfo Shanghai { get; } = TimeZoneInfo.FindSystemTimeZoneById("Asia/Shanghai");

    public RuleFigures Run(int rounds)
    {
        // A day in which the windows fill and the code is compiled for good.
        for (var i = 0; i < 3; i++) Minutes(MinutesOfARound);
        var perSecond = new List<double>();
        var (allocated, transitions, quietBytes) = (0L, 0L, 0L);
        for (var round = 0; round < rounds; round++)
        {
            var (cpu, before) = (ThreadCpu.Seconds(), GC.GetAllocatedBytesForCurrentThread());
            var (happened, quiet) = Minutes(MinutesOfARound);
            perSecond.Add((double)points.Length * MinutesOfARound / (ThreadCpu.Seconds() - cpu));
            allocated += GC.GetAllocatedBytesForCurrentThread() - before;
            transitions += happened;
            quietBytes += quiet;
        }
        return new RuleFigures(name, points.Length, rulesPerPoint, perSecond, (double)allocated / rounds / MinutesOfARound / points.Length, transitions, quietBytes);
    }

    /// <summary>Transitions, and the bytes allocated in minutes that had none.</summary>
    private (long Transitions, long QuietBytes) Minutes(int count)
    {
        var (transitions, quiet) = (0L, 0L);
        for (var end = minute + count; minute < end; minute++)
        {
            output.Clear();
            var before = GC.GetAllocatedBytesForCurrentThread();
            var now = Start + (long)minute * Minute;
            for (var i = 0; i < points.Length; i++)
            {
                engine.Apply(new Reading(points[i].Id, now + i, points[i].Value(i, minute), null), now + i, output);
            }
            if (output.Count == 0) quiet += GC.GetAllocatedBytesForCurrentThread() - before;
            transitions += output.Count;
        }
        return (transitions, quiet);
    }
}
