using System.Buffers;
using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Laws of the engine over arbitrary traces of three points, with late, early, repeated and missing readings, under rules that use every kind of timer.</summary>
public class EnginePropertyTests
{
    private static readonly PointId[] Points = [new("bj", "d", "a"), new("bj", "d", "b"), new("bj", "d", "c")];

    private static readonly RuleDefinition[] Rules =
    [
        Rule(Yaml("raise: [ { severity: P3, when: value < 18, for: 2h }, { severity: P2, when: value < 16, for: 1h } ]\nclear: { when: value >= 18.5, for: 1h }\nno_data: { after: 90m }\nactive: { hours: \"06:00-22:00\" }", "rule-cold")),
        Rule(Yaml("raise: [ { severity: P1, when: value < 16 } ]", "rule-now")),
        Rule(Yaml("raise: [ { severity: P4, when: mean(1h) < 18, for: 10m } ]\nclear: { when: mean(1h) > 18.2 }\nticket: { verify: { when: mean(2h) > 18 } }\nmax_gap: 45m", "rule-mean")),
        Rule(Yaml("raise: [ { severity: P5, when: \"age > 20m and value < 19\", for: 5m } ]\nactive: { season: heating, days: mon-sat }", "rule-age")),
        Rule(Yaml("raise: [ { severity: P2, when: \"last(4, value < 18) >= 75 % and stddev(2h) < 2 K\" }, { severity: P4, when: \"rate(1h) < -1 K/h or median(2h) < 16\" } ]", "rule-last")),
        Rule(Yaml("raise: [ { severity: P3, when: \"value < point('b') - 1 K\", for: 20m }, { severity: P2, when: \"mean(1h) < point('c')\" } ]\nclear: { when: \"value >= point('b')\", for: 5m }", "rule-other")),
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(int.Parse(Environment.GetEnvironmentVariable("CITYEDGE_PROPERTY_TESTS") ?? "80", System.Globalization.CultureInfo.InvariantCulture)).WithEndSize(280);

    private readonly record struct Step(int Point, long EventMs, long ArrivalMs, double Value, Quality Quality);

    /// <summary>Four bytes a step, so that FsCheck shrinks traces by shrinking bytes.</summary>
    private static List<Step> Trace(byte[] bytes)
    {
        var steps = new List<Step>();
        var arrival = Start;
        for (var i = 0; i + 3 < bytes.Length; i += 4)
        {
            arrival += bytes[i] < 230 ? bytes[i] % 40 * 15_000L : bytes[i] % 7 * 3_600_000L;
            var lag = bytes[i + 1] switch { < 150 => 0L, < 200 => bytes[i + 1] % 10 * 60_000L, < 245 => -(bytes[i + 1] % 3) * 60_000L, _ => 40 * 3_600_000L };
            double[] values = [15, 15.9, 16, 17, 17.9, 18, 18.3, 18.5, 20, double.NaN];
            steps.Add(new Step(bytes[i + 2] % 3, arrival - lag, arrival, values[bytes[i + 3] % values.Length], bytes[i + 3] > 250 ? Quality.SensorFault : bytes[i + 3] > 245 ? Quality.FutureTime : Quality.Good));
        }
        return steps;
    }

    private static RuleEngine Build(List<AlarmTransition> output)
    {
        var engine = new RuleEngine(new RuleEngineOptions());
        foreach (var rule in Rules) engine.SetRule(rule, Start, output);
        foreach (var point in Points) engine.SetPoint(Context(point), Start, output);
        return engine;
    }

    private static void Apply(RuleEngine engine, Step step, List<AlarmTransition> output)
    {
        var value = double.IsNaN(step.Value) ? ReadingValue.FromText("?") : ReadingValue.FromNumber(step.Value);
        engine.Apply(new Reading(Points[step.Point], step.EventMs, value, null, step.Quality), step.ArrivalMs, output);
    }

    private static List<AlarmTransition> Run(List<Step> trace, Func<RuleEngine, Step, List<AlarmTransition>, RuleEngine>? before = null)
    {
        var output = new List<AlarmTransition>();
        var engine = Build(output);
        foreach (var step in trace)
        {
            engine = before?.Invoke(engine, step, output) ?? engine;
            Apply(engine, step, output);
        }
        engine.Advance((trace.Count == 0 ? Start : trace[^1].ArrivalMs) + 30 * 3_600_000L, output);
        return output;
    }

    private static void ForAllTraces(Action<List<Step>> check) => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => check(Trace(bytes))).Check(Many);

    private static void AssertSame(List<AlarmTransition> expected, List<AlarmTransition> actual) => Assert.Equal(expected.Select(t => t.ToString()), actual.Select(t => t.ToString()));

    [Fact]
    public void At_most_one_alarm_is_open_per_rule_point_and_kind_and_each_has_its_own_id() => ForAllTraces(trace =>
    {
        var open = new Dictionary<(string, PointId, bool), AlarmTransition>();
        var ids = new HashSet<string>();
        foreach (var t in Run(trace))
        {
            var key = (t.Rule, t.Point, t.NoData);
            Assert.True(t.AtMs >= t.RaisedAtMs);
            Assert.Equal(AlarmIds.Of(t.Rule, t.Point, t.NoData, t.RaisedAtMs), t.AlarmId);
            switch (t.Change)
            {
                case AlarmChange.Raised:
                    Assert.True(open.TryAdd(key, t));
                    ids.Add(t.AlarmId);
                    break;
                // Of an occurrence that is over by the time it comes to light, or that ended at another time than was told.
                case AlarmChange.Cleared when t.Reason == AlarmReason.Revised && open.GetValueOrDefault(key)?.AlarmId != t.AlarmId:
                    ids.Add(t.AlarmId);
                    break;
                case AlarmChange.Cleared:
                    Assert.Equal(t.AlarmId, open[key].AlarmId);
                    open.Remove(key);
                    break;
                case AlarmChange.SeverityChanged or AlarmChange.CaughtUp:
                    Assert.Equal(t.AlarmId, open[key].AlarmId);
                    break;
                default:
                    Assert.Contains(t.AlarmId, ids);
                    break;
            }
        }
    });

    [Fact]
    public void Verification_begins_and_breaks_in_turn() => ForAllTraces(trace =>
    {
        // Of each occurrence: a new one begins its own even while the last one's still holds, and what a late reading revised is told as it is.
        var told = Run(trace);
        var raised = told.Where(t => t.Change == AlarmChange.Raised).Select(t => t.AlarmId).ToHashSet();
        foreach (var occurrence in told.Where(t => (t.Change is AlarmChange.VerifyBegan or AlarmChange.VerifyBroken) && raised.Contains(t.AlarmId)).GroupBy(t => t.AlarmId))
        {
            var verified = false;
            foreach (var t in occurrence)
            {
                if (t.Reason != AlarmReason.Revised) Assert.Equal(t.Change == AlarmChange.VerifyBroken, verified);
                verified = t.Change == AlarmChange.VerifyBegan;
            }
        }
    });

    [Fact]
    public void Duplicates_change_nothing() => ForAllTraces(trace => AssertSame(Run(trace), Run([.. trace.SelectMany(step => (Step[])[step, step])])));

    [Fact]
    public void Replay_is_live_and_splitting_the_clock_changes_nothing() => ForAllTraces(trace =>
    {
        var last = Start;
        var live = Run(trace, (engine, step, output) =>
        {
            // A drained consumer that wakes when something is due, and at odd times besides.
            while (engine.NextDueMs is { } due && due <= step.ArrivalMs && due > last) engine.Advance(last = due, output);
            for (var wall = last; wall < step.ArrivalMs; wall += 7 * 60_000 + 1) engine.Advance(wall, output);
            engine.Advance(step.ArrivalMs, output);
            last = step.ArrivalMs;
            return engine;
        });
        AssertSame(Run(trace), live);
    });

    [Fact]
    public void Saving_and_loading_at_any_step_is_no_restart() => ForAllTraces(trace => AssertSame(Run(trace), Run(trace, (engine, _, output) => Reload(engine, output))));

    [Fact]
    public void NextDue_is_exact() => ForAllTraces(trace =>
    {
        var output = new List<AlarmTransition>();
        var engine = Build(output);
        foreach (var step in trace)
        {
            if (engine.NextDueMs is { } due && due < step.ArrivalMs)
            {
                var count = output.Count;
                engine.Advance(due - 1, output);
                Assert.Equal((count, due), (output.Count, engine.NextDueMs));
                engine.Advance(due, output);
                Assert.True(engine.NextDueMs is null || engine.NextDueMs > due);
            }
            Apply(engine, step, output);
        }
    });

    [Fact]
    public void A_monotone_trace_raises_a_threshold_rule_at_most_once() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        foreach (var falling in (bool[])[true, false])
        {
            var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18, for: 30m }, { severity: P2, when: value < 16, for: 10m } ]\nclear: { when: value >= 18.5, for: 20m }")).Point();
            var sorted = falling ? bytes.OrderDescending() : bytes.Order();
            var at = 0;
            foreach (var b in sorted) bench.Read(at += 1 + b % 13, 14 + b / 40d);
            Assert.True(bench.Output.Count(t => t.Change == AlarmChange.Raised) <= 1);
        }
    }).Check(Many);

    [Fact]
    public void Damaged_snapshots_are_errors_and_never_exceptions()
    {
        var output = new List<AlarmTransition>();
        var engine = Build(output);
        for (var i = 0; i < 50; i++) Apply(engine, new Step(i % 3, Start + i * 300_000, Start + i * 300_000, 15, Quality.Good), output);
        var saved = Save(engine);
        var random = new Random(7);
        for (var i = 0; i < 2000; i++)
        {
            var damaged = saved.ToArray();
            if (random.Next(2) == 0) damaged = damaged[..random.Next(damaged.Length)];
            else damaged[random.Next(damaged.Length)] ^= (byte)random.Next(1, 256);
            var load = RuleEngine.Load(damaged, new RuleEngineOptions(), Rules, Points.Select(point => Context(point)));
            Assert.Null(load.Engine);
            Assert.StartsWith("the snapshot ", load.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Loading_closes_alarms_of_changed_rules_and_lost_points_and_keeps_the_others()
    {
        var output = new List<AlarmTransition>();
        var engine = Build(output);
        foreach (var point in (int[])[0, 1]) Apply(engine, new Step(point, Start, Start, 15, Quality.Good), output);
        var changed = Rules.Select(rule => rule.Id == "rule-now" ? rule with { Version = 2 } : rule).ToList();
        var load = RuleEngine.Load(Save(engine), new RuleEngineOptions(), changed, [Context(Points[0]), Context(Points[2])]);
        Assert.Equal(["a Cleared RuleChanged", "b Cleared RuleChanged"], load.Transitions.Select(t => $"{t.Point.Name} {t.Change} {t.Reason}"));
        Assert.Equal(output.Select(t => t.AlarmId), load.Transitions.Select(t => t.AlarmId));
        Assert.Null(load.Error);
        Assert.Empty(load.Engine!.Explain(Points[1]));
        Assert.Equal(AlarmPhase.Normal, load.Engine.Explain(Points[0]).Single(state => state.Rule == "rule-now").Phase);
    }

    private static byte[] Save(RuleEngine engine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        engine.Save(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static RuleEngine Reload(RuleEngine engine, List<AlarmTransition> output)
    {
        var load = RuleEngine.Load(Save(engine), new RuleEngineOptions(), Rules, Points.Select(point => Context(point)));
        Assert.Null(load.Error);
        output.AddRange(load.Transitions);
        return load.Engine!;
    }
}
