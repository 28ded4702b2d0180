using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>Laws of the desk over arbitrary days: readings late and early, silence, a gateway that fails, shelves, maintenance, acknowledgements, points that move.</summary>
public class DeskPropertyTests
{
    private static readonly string[] Rooms = ["a", "b", "c"];
    private static readonly string[] Places = ["street/gw/room1", "street/gw/room2", "street/other", ""];

    private static readonly string[] Rules =
    [
        Yaml("where: { role: room }\nraise: [ { severity: P3, when: value < 18 }, { severity: P2, when: value < 16, for: 2m } ]\nclear: { when: value >= 18.5, for: 1m }\nno_data: { after: 20m }\ninhibited_by: [gateway-silent, cold]", "cold"),
        Yaml("where: { role: room }\nraise: [ { severity: P1, when: value < 16 } ]", "now"),
        Yaml("where: { role: gateway }\nno_data: { after: 3m }", "gateway-silent"),
    ];

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(int.Parse(Environment.GetEnvironmentVariable("CITYEDGE_PROPERTY_TESTS") ?? "80", System.Globalization.CultureInfo.InvariantCulture)).WithEndSize(280);

    private enum Act
    {
        Read,
        Gateway,
        Wait,
        Shelve,
        Unshelve,
        Acknowledge,
        Maintain,
        EndMaintenance,
        Move,
    }

    private readonly record struct Step(Act Act, double At, string Point, int Choice);

    /// <summary>Four bytes a step, so that FsCheck shrinks days by shrinking bytes.</summary>
    private static List<Step> Day(byte[] bytes)
    {
        Act[] acts = [Act.Read, Act.Read, Act.Read, Act.Read, Act.Read, Act.Gateway, Act.Gateway, Act.Wait, Act.Shelve, Act.Unshelve, Act.Acknowledge, Act.Maintain, Act.EndMaintenance, Act.Move];
        var (steps, at) = (new List<Step>(), 0.0);
        for (var i = 0; i + 3 < bytes.Length; i += 4)
        {
            at += bytes[i] < 240 ? bytes[i] % 24 * 0.125 : bytes[i] % 5 * 400;
            steps.Add(new Step(acts[bytes[i + 1] % acts.Length], at, Rooms[bytes[i + 2] % Rooms.Length], bytes[i + 3]));
        }
        return steps;
    }

    private static void Do(DeskBench bench, Step step)
    {
        var (at, point, choice) = (step.At, step.Point, step.Choice);
        bench.Advance(at);
        switch (step.Act)
        {
            case Act.Read:
                double[] values = [15, 17, 18, 20];
                bench.Read(point, at - (choice % 16 == 0 ? 1.5 : 0), values[choice % values.Length], at);
                break;
            case Act.Gateway:
                bench.Read("g", at, 20);
                break;
            case Act.Shelve:
                bench.Shelve(choice % 2 == 0 ? "cold" : "now", point, at, at + (choice * 10));
                break;
            case Act.Unshelve:
                bench.Desk.Unshelve(choice % 2 == 0 ? "cold" : "now", DeskBench.Id(point), Ms(at), bench.Output);
                break;
            case Act.Acknowledge:
                if (bench.Output.Count > 0) bench.Desk.Acknowledge(bench.Output[^(1 + (choice % bench.Output.Count))].AlarmId, bench.Output);
                break;
            case Act.Maintain:
                bench.Maintain("w" + (choice % 2), at, at + (choice % 7), 5 + choice, choice % 3 == 0 ? "gw" : null, choice % 3 == 1 ? point : null, choice % 3 == 2 ? "cold" : null, choice % 5 == 0 ? "FREQ=DAILY;COUNT=2" : null);
                break;
            case Act.EndMaintenance:
                bench.Desk.RemoveMaintenance("w" + (choice % 2), Ms(at), bench.Output);
                break;
            case Act.Move:
                bench.Point(point, Places[choice % Places.Length], at);
                break;
        }
    }

    private static DeskBench Start() => new DeskBench(Rules).Point("g", "street/gw", role: "gateway").Point("a", Places[0]).Point("b", Places[1]).Point("c", Places[2]);

    private static DeskBench Run(List<Step> day, Action<DeskBench, Step>? before = null)
    {
        var bench = Start();
        foreach (var step in day)
        {
            before?.Invoke(bench, step);
            Do(bench, step);
        }
        return bench.Advance((day.Count == 0 ? 0 : day[^1].At) + 30);
    }

    private static void ForAllDays(Action<List<Step>> check) => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes => check(Day(bytes))).Check(Many);

    [Fact]
    public void At_most_one_alarm_a_key_is_offered_and_open_and_none_is_offered_twice() => ForAllDays(day =>
    {
        var open = new Dictionary<(string, PointId, bool), string>();
        var offered = new HashSet<string>();
        foreach (var t in Run(day).Output.Select(d => d.Transition).OfType<AlarmTransition>())
        {
            var key = (t.Rule, t.Point, t.NoData);
            // Its clear was refuted: it is as if it had never been told.
            if (t is { Change: AlarmChange.Raised, Reason: AlarmReason.Revised }) offered.Remove(t.AlarmId);
            if (t.Dispatch && t.Change is AlarmChange.Raised or AlarmChange.Offered or AlarmChange.CaughtUp && t.Dispatch)
            {
                Assert.True(offered.Add(t.AlarmId));
                Assert.True(open.TryAdd(key, t.AlarmId));
            }
            else if (t.Change == AlarmChange.Cleared && (t.Reason != AlarmReason.Revised || open.GetValueOrDefault(key) == t.AlarmId))
            {
                Assert.Equal(offered.Contains(t.AlarmId), t.Dispatch);
                if (t.Dispatch) Assert.True(open.Remove(key));
            }
        }
    });

    [Fact]
    public void What_is_told_of_an_alarm_fits_what_stops_it() => ForAllDays(day =>
    {
        var last = new Dictionary<string, AlarmStanding>();
        foreach (var d in Run(day).Output)
        {
            if (d.Transition is { Change: AlarmChange.Raised } && d.Status is null) last[d.AlarmId] = AlarmStanding.ActiveUnack;
            if (d.Status is not { } status) continue;
            var cleared = d.Transition?.Change == AlarmChange.Cleared;
            var expected = status.Suppressed switch
            {
                _ when cleared => status.Suppressed is not null || last[d.AlarmId] == AlarmStanding.ActiveAck ? AlarmStanding.Normal : AlarmStanding.RtnUnack,
                SuppressionReason.Maintenance => AlarmStanding.OutOfService,
                SuppressionReason.Shelved => AlarmStanding.Shelved,
                not null => AlarmStanding.SuppressedByDesign,
                null => status.Standing == AlarmStanding.ActiveAck ? AlarmStanding.ActiveAck : AlarmStanding.ActiveUnack,
            };
            Assert.Equal(expected, status.Standing);
            last[d.AlarmId] = status.Standing;
        }
    });

    [Fact]
    public void A_restart_at_any_step_is_no_restart() => ForAllDays(day => AssertSame(Run(day), Run(day, (bench, _) => bench.Restart())));

    [Fact]
    public void A_restart_keeps_the_order_of_what_falls_due_at_one_instant()
    {
        // A value alarm and a silence alarm of one rule on one point, found by the law above.
        byte[] found = [0, 0, 0, 0, 0, 0, 0, 0, 0, 81, 0, 255, 0, 0, 0, 0, 0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 247, 45, 197, 132, 76, 38, 211, 34, 0, 94, 223, 235, 77, 135, 93, 2, 41, 24, 27, 85, 254, 147, 26, 255, 32, 242, 52, 163, 42];
        AssertSame(Run(Day(found)), Run(Day(found), (bench, _) => bench.Restart()));
    }

    [Fact]
    public void It_does_not_matter_how_often_the_clock_is_looked_at() => ForAllDays(day =>
    {
        var last = 0.0;
        AssertSame(Run(day), Run(day, (bench, step) =>
        {
            for (; last < step.At; last += 1.7) bench.Advance(last);
        }));
    });

    [Fact]
    public void No_shelf_lasts_longer_than_a_day_nor_than_it_was_made_for() => ForAllDays(day =>
    {
        var ends = new Dictionary<(string, PointId), double>();
        Run(day, (bench, step) =>
        {
            bench.Advance(step.At);
            foreach (var raised in bench.Output.Select(d => d.Transition).OfType<AlarmTransition>().DistinctBy(t => t.AlarmId))
            {
                if (!bench.Desk.Explain(raised.AlarmId, Ms(step.At)).Any(stage => stage is { Stage: "shelved", Verdict: not null })) continue;
                Assert.True(ends.TryGetValue((raised.Rule, raised.Point), out var end) && step.At <= end, $"{raised.Rule} on {raised.Point} is still shelved at {step.At}");
            }
            var key = (step.Choice % 2 == 0 ? "cold" : "now", DeskBench.Id(step.Point));
            if (step.Act == Act.Shelve) ends[key] = step.At + Math.Min(step.Choice * 10, 1440);
            else if (step.Act == Act.Unshelve) ends.Remove(key);
        });
    });

    [Fact]
    public void When_nothing_stops_an_alarm_it_is_offered() => ForAllDays(day =>
    {
        var bench = Run(day);
        // What is due at the last instant itself happens past it, so that a reading of that instant is heard first.
        var end = Ms((day.Count == 0 ? 0 : day[^1].At) + 30) - 1;
        var offered = bench.Offered().ToHashSet();
        var active = new HashSet<string>();
        foreach (var t in bench.Output.Select(d => d.Transition).OfType<AlarmTransition>())
        {
            if (t.Change == AlarmChange.Raised) active.Add(t.AlarmId);
            else if (t.Change == AlarmChange.Cleared) active.Remove(t.AlarmId);
        }
        Assert.Equal(active.Count, bench.Desk.Count);
        foreach (var id in active) Assert.True(offered.Contains(id) || bench.Desk.Explain(id, end).Any(stage => stage.Verdict is not null), $"{id} is neither offered nor stopped");
    });

    [Fact]
    public void An_alarm_whose_maintenance_ends_is_offered_past_the_instant_of_the_end()
    {
        var bench = Start().Maintain("w", 0, 2, 28, rule: "cold");
        // That the gateway is silent; the rooms' silence, of which the one that is not behind the gateway is offered next.
        Assert.Single(bench.Advance(30).Offered());
        Assert.Equal(2, bench.AdvancePast(30).Offered().Count());
    }

    private static void AssertSame(DeskBench expected, DeskBench actual) => Assert.Equal(expected.Output.Select(d => d.ToString()), actual.Output.Select(d => d.ToString()));
}
