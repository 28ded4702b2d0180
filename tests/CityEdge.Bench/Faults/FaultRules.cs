using CityEdge.Contracts;
using CityEdge.Rules;

namespace CityEdge.Bench.Faults;

/// <summary>Rule files of one folder beside this program, and the points of one device in an engine of their own.</summary>
internal sealed class FaultRules
{
    private readonly RuleEngine engine = new(new RuleEngineOptions { MaxAge = null });
    private readonly List<AlarmTransition> output = [];

    private FaultRules(IEnumerable<RuleDefinition> rules, IEnumerable<(string Name, PointKind Kind)> points, long startMs)
    {
        foreach (var rule in rules) engine.SetRule(rule, startMs, output);
        foreach (var (name, kind) in points) engine.SetPoint(new PointContext(Id(name), kind, null, new Dictionary<string, string>(), new Dictionary<string, double>(), TimeZoneInfo.Utc), startMs, output);
    }

    public IReadOnlyList<AlarmTransition> Transitions => output;

    public static IReadOnlyList<RuleDefinition> Load(string folder) =>
        [.. Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "Faults", "rules", folder), "*.yaml").Order(StringComparer.Ordinal).Select(Parse)];

    public static FaultRules Start(IEnumerable<RuleDefinition> rules, IEnumerable<(string Name, PointKind Kind)> points, long startMs) => new(rules, points, startMs);

    /// <summary>In the order of the names, so that the point whose rules look at others comes after them.</summary>
    public void Apply(string name, long timeMs, double value) => engine.Apply(new Reading(Id(name), timeMs, ReadingValue.FromNumber(value), null), timeMs, output);

    private static PointId Id(string name) => new("recording", "device", name);

    private static RuleDefinition Parse(string file)
    {
        var parsed = RuleParser.Parse(File.ReadAllText(file), file);
        return parsed.Rule ?? throw new InvalidOperationException(string.Join(Environment.NewLine, parsed.Errors));
    }
}
