using System.Buffers;
using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Readings that come late, twice or around a restart: within two minutes the order in which they come decides nothing.</summary>
public class LateReadingTests
{
    private static readonly PointId[] Points = [new("bj", "d", "a"), new("bj", "d", "b")];

    private static readonly RuleDefinition[] Rules =
    [
        Rule(Yaml("raise: [ { severity: P3, when: value < 18, for: 3m }, { severity: P2, when: value < 16, for: 90s } ]\nclear: { when: value >= 18.5, for: 2m }\nno_data: { after: 5m }\nactive: { hours: \"00:05-00:40\" }", "rule-cold")),
        Rule(Yaml("raise: [ { severity: P1, when: value < 16 } ]", "rule-now")),
        Rule(Yaml("raise: [ { severity: P4, when: mean(4m) < 18, for: 1m } ]\nclear: { when: mean(4m) > 18.2 }\nticket: { verify: { when: mean(6m) > 18 } }\nmax_gap: 3m", "rule-mean")),
        Rule(Yaml("raise: [ { severity: P5, when: \"age > 2m and value < 19\", for: 30s } ]\nno_data: { after: 4m }", "rule-age")),
        Rule(Yaml("raise: [ { severity: P2, when: \"last(4, value < 18) >= 75 % and stddev(8m) < 2 K\" }, { severity: P4, when: \"rate(3m) < -60 K/h or median(5m) < 16\" } ]", "rule-last")),
        Rule(Yaml("raise: [ { severity: P3, when: \"count(2m) >= 4 or max(3m) > 19.9\", for: 20s } ]\nclear: { when: \"delta(3m) > 0.2 K and count(2m) < 4\" }", "rule-count")),
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(int.Parse(Environment.GetEnvironmentVariable("CITYEDGE_PROPERTY_TESTS") ?? "120", System.Globalization.CultureInfo.InvariantCulture)).WithEndSize(280);

    private readonly record struct Step(int Point, long EventMs, long ArrivalMs, double Value, Quality Quality);

    /// <summary>Four bytes a reading, so that FsCheck shrinks traces by shrinking bytes: at most two minutes late, some sent twice.</summary>
    private static List<Step> Trace(byte[] bytes)
    {
        var steps = new List<Step>();
        var last = new long[Points.Length];
        var at = Start;
        for (var i = 0; i + 3 < bytes.Length; i += 4)
        {
            at += bytes[i] < 235 ? bytes[i] % 12 * 10_000L : bytes[i] % 9 * 120_000L;
            var point = bytes[i + 2] % Points.Length;
            // A reading of an instant that the point has spoken for already is the same reading or none.
            if (at <= last[point]) continue;
            last[point] = at;
            double[] values = [15, 15.9, 16, 17, 17.9, 18, 18.3, 18.5, 20, 19.1];
            steps.Add(new Step(point, at, at + Late(bytes[i + 1]), values[bytes[i + 3] % values.Length], bytes[i + 3] > 245 ? Quality.SensorFault : Quality.Good));
            if (bytes[i + 2] % 5 == 0) steps.Add(steps[^1] with { ArrivalMs = at + Late((byte)(bytes[i + 1] * 7)) });
        }
        return steps;

        static long Late(byte choice) => choice < 80 ? 0 : Math.Min(120_000, (choice - 80) * 800L);
    }

    private static RuleEngine Build(List<AlarmTransition> output)
    {
        var engine = new RuleEngine(new RuleEngineOptions());
        foreach (var rule in Rules) engine.SetRule(rule, Start - 1, output);
        foreach (var point in Points) engine.SetPoint(Context(point), Start - 1, output);
        return engine;
    }

    private static (RuleEngine Engine, List<AlarmTransition> Told) Run(IEnumerable<Step> steps, Func<RuleEngine, RuleEngine>? before = null)
    {
        var output = new List<AlarmTransition>();
        var (engine, last) = (Build(output), Start);
        foreach (var step in steps)
        {
            engine = before?.Invoke(engine) ?? engine;
            engine.Apply(new Reading(Points[step.Point], step.EventMs, ReadingValue.FromNumber(step.Value), null, step.Quality), last = step.ArrivalMs, output);
        }
        engine.Advance(last + 100 * 60 * Minute, output);
        return (engine, output);
    }

    private static IEnumerable<Step> AsTheyCame(List<Step> trace) => trace.OrderBy(step => step.ArrivalMs);

    private static IEnumerable<Step> AsTheyHappened(List<Step> trace) => trace.Select(step => step with { ArrivalMs = step.EventMs }).Distinct();

    /// <summary>What is left when all is told: occurrences that lasted, their times, and the severity of those that go on; of one that is over it is not told anew.</summary>
    private static List<string> Final(List<AlarmTransition> told)
    {
        var alarms = new Dictionary<string, (AlarmTransition Raised, AlarmTransition? Cleared, Severity Severity)>();
        foreach (var t in told)
        {
            var known = alarms.GetValueOrDefault(t.AlarmId);
            switch (t.Change)
            {
                case AlarmChange.Raised: alarms[t.AlarmId] = (t, null, t.Severity); break;
                case AlarmChange.SeverityChanged: alarms[t.AlarmId] = (known.Raised, known.Cleared, t.Severity); break;
                case AlarmChange.Cleared: alarms[t.AlarmId] = (known.Raised ?? t, t, t.Severity); break;
            }
        }
        return [.. alarms.Values.Where(a => a.Cleared?.AtMs != a.Raised.RaisedAtMs).Select(a => $"{a.Raised.Rule} {a.Raised.Point.Name} {a.Raised.NoData} {Minutes(a.Raised.RaisedAtMs)}..{(a.Cleared is null ? $" {a.Severity}" : Minutes(a.Cleared.AtMs))}").Order(StringComparer.Ordinal)];

        static string Minutes(long ms) => ((ms - Start) / 60_000d).ToString("0.#####", System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void ForAllTraces(Action<List<Step>> check) => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => check(Trace(bytes))).Check(Many);

    [Fact]
    public void Duplicates_and_reorderings_within_two_minutes_change_no_final_interval() => ForAllTraces(trace =>
    {
        var (inOrder, came) = (Run(AsTheyHappened(trace)), Run(AsTheyCame(trace)));
        Assert.Equal(Final(inOrder.Told), Final(came.Told));
        foreach (var point in Points) Assert.Equal(inOrder.Engine.Explain(point).Select(Standing), came.Engine.Explain(point).Select(Standing));
    });

    private static string Standing(AlarmState s) => $"{s.Rule} {s.Phase} {s.Severity} {s.SinceMs} {s.AlarmId} {s.NoDataAlarmId} {s.LastValue} {s.LastTimeMs} {string.Join(',', s.Timers)}";

    [Fact]
    public void A_restart_between_any_two_readings_is_no_restart() => ForAllTraces(trace =>
        Assert.Equal(Run(AsTheyCame(trace)).Told.Select(t => t.ToString()), Run(AsTheyCame(trace), Reload).Told.Select(t => t.ToString())));

    [Fact]
    public void What_is_told_of_an_alarm_is_in_turn() => ForAllTraces(trace =>
    {
        var open = new Dictionary<(string, PointId, bool), string>();
        foreach (var t in Run(AsTheyCame(trace)).Told)
        {
            var key = (t.Rule, t.Point, t.NoData);
            Assert.True(t.AtMs >= t.RaisedAtMs);
            if (t.Change == AlarmChange.Raised) Assert.True(open.TryAdd(key, t.AlarmId), $"{t} while {open.GetValueOrDefault(key)} is open");
            else if (t.Change == AlarmChange.Cleared && (t.Reason != AlarmReason.Revised || open.GetValueOrDefault(key) == t.AlarmId)) Assert.True(open.Remove(key, out var id) && id == t.AlarmId, $"{t} while {id} is open");
        }
    });

    [Fact]
    public void A_late_reading_refutes_a_raise_and_its_hold_begins_anew()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18, for: 2m } ]\nmax_gap: 1h")).Point();
        Assert.Equal("Raised P3 at 2", bench.Read(0, 17).Read(1, 17).Read(2.5, 17).Alarms());
        Assert.Equal("Cleared P3 at 2 Revised", bench.Read(1.5, 20, arrival: 2.6).Alarms());
        Assert.Equal((AlarmPhase.Pending, (long?)Ms(2.5)), (bench.Engine.Explain(Room)[0].Phase, bench.Engine.Explain(Room)[0].SinceMs));
        Assert.Equal("Raised P3 at 4.5", bench.Advance(5).Alarms());
    }

    [Fact]
    public void A_late_reading_brings_a_raise_to_light_that_stands_and_tells_only_the_end_of_one_that_is_over()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18 } ]\nclear: { when: value > 19 }")).Point();
        Assert.Equal("Raised P3 at 1 Revised", bench.Read(0, 18.5).Read(2, 18.5).Read(1, 17, arrival: 2.1).Alarms());
        Assert.Equal("Cleared P3 at 3", bench.Read(3, 20).Alarms());
        Assert.Equal("Cleared P3 at 3.5 Revised", bench.Read(5, 20).Read(3.5, 20, arrival: 5.1).Read(3.2, 17, arrival: 5.15).Alarms());
    }

    [Fact]
    public void A_late_reading_moves_a_raise_and_refutes_a_clear()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18 } ]\nclear: { when: value > 19, for: 1m }")).Point();
        Assert.Equal("Raised P3 at 2", bench.Read(0, 20).Read(2, 17).Alarms());
        Assert.Equal("Cleared P3 at 2 Revised; Raised P3 at 1 Revised", bench.Read(1, 17, arrival: 2.1).Alarms());
        Assert.Equal("Cleared P3 at 4", bench.Read(3, 20).Read(4.2, 20).Alarms());
        Assert.Equal("Raised P3 at 4 Revised", bench.Read(3.5, 18.5, arrival: 4.3).Alarms());
        Assert.Equal("Cleared P3 at 5.2", bench.Read(5.3, 20).Alarms());
    }

    [Fact]
    public void A_reading_that_a_timer_has_overtaken_refutes_the_silence()
    {
        var bench = new RuleBench(Yaml("no_data: { after: 5m }")).Point();
        Assert.Equal("NoData Raised P4 at 5", bench.Read(0, 20).Advance(6.5).Alarms());
        Assert.Equal("NoData Cleared P4 at 5 Revised", bench.Read(4.9, 20, arrival: 6.6).Alarms());
        // Further behind the timer than two minutes: it is over from now on.
        Assert.Equal("NoData Raised P4 at 9.9; NoData Cleared P4 at 9.9", bench.Read(5.1, 20, arrival: 14).Alarms().Replace(" DataReturned", "", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(3, "Raised P3 at 3 Revised", 0)]
    [InlineData(2.99, "", 1)]
    public void Late_data_older_than_two_minutes_never_opens(double at, string news, long ignored)
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18 } ]\nclear: { when: value > 21 }")).Point();
        bench.Read(1, 20).Read(5, 20);
        Assert.Equal((news, ignored), (bench.Read(at, 17, arrival: 5.1).Alarms(), bench.Engine.IgnoredReadings));
    }

    [Fact]
    public void With_more_readings_in_two_minutes_than_are_kept_the_bound_is_shorter()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18 } ]\nclear: { when: value > 21 }")).Point();
        var every = 2.0 / 400;
        for (var i = 0; i < 400; i++) bench.Read(i * every, 20);
        Assert.Equal(("", 1L), (bench.Read((400 - 260.5) * every, 17, arrival: 2).Alarms(), bench.Engine.IgnoredReadings));
        Assert.Equal("Raised P3 at " + (149.5 * every).ToString("0.###", System.Globalization.CultureInfo.InvariantCulture) + " Revised", bench.Read(149.5 * every, 17, arrival: 2).Alarms());
    }

    [Fact]
    public void What_was_decided_under_the_rule_before_stays()
    {
        var bench = new RuleBench(Yaml("raise: [ { severity: P3, when: value < 18 } ]\nclear: { when: value > 21 }")).Point().Read(0, 20).Read(1, 20);
        bench.Engine.SetRule(Rule(Yaml("raise: [ { severity: P2, when: value < 18 } ]\nclear: { when: value > 21 }")) with { Version = 2 }, Ms(1.1), bench.Output);
        Assert.Equal(("", 1L), (bench.Read(0.5, 17, arrival: 1.2).Alarms(), bench.Engine.IgnoredReadings));
        Assert.Equal("Raised P2 at 1.4 Revised", bench.Read(1.5, 20).Read(1.4, 17, arrival: 1.6).Alarms());
    }

    [Fact]
    public void Long_windows_stay_exact_where_late_readings_go_and_bounded()
    {
        var (late, straight) = (Long(), Long());
        for (var i = 0; i < 5000; i++)
        {
            var (at, value) = (i * 0.25, 15 + i % 7);
            straight.Read(at, value);
            // Every third reading comes after the two that follow it.
            if (i % 3 == 0) continue;
            late.Read(at, value);
            if (i % 3 == 2) late.Read(at - 0.5, 15 + (i - 2) % 7, arrival: at);
        }
        Assert.Equal(Final(straight.Output), Final(late.Output));

        static RuleBench Long() => new RuleBench(Yaml("raise: [ { severity: P3, when: mean(3h) > 17.5 or median(2h) > 30 } ]")).Point();
    }

    private static RuleEngine Reload(RuleEngine engine)
    {
        var buffer = new ArrayBufferWriter<byte>();
        engine.Save(buffer);
        var load = RuleEngine.Load(buffer.WrittenSpan, new RuleEngineOptions(), Rules, Points.Select(point => Context(point)));
        Assert.Equal((null, 0), (load.Error, load.Transitions.Count));
        var again = new ArrayBufferWriter<byte>();
        load.Engine!.Save(again);
        Assert.Equal(buffer.WrittenSpan, again.WrittenSpan);
        return load.Engine;
    }
}
