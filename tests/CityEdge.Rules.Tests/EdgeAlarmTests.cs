using CityEdge.Contracts;
using FsCheck;
using FsCheck.Fluent;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>A rule <c>at: edge</c> runs in the agent and in the hub: one fault is one alarm, whoever sees it first, and what is over before the hub hears of it opens nothing.</summary>
public class EdgeAlarmTests
{
    private static readonly string Now = Yaml("raise: [ { severity: P3, when: value < 18 } ]\nat: edge", "edge-now");
    private static readonly string Hold = Yaml("raise: [ { severity: P3, when: value < 18, for: 10m }, { severity: P2, when: value < 16, for: 5m } ]\nclear: { when: value >= 18.5, for: 5m }\nno_data: { after: 30m }\nat: edge", "edge-hold");
    private static readonly string Mean = Yaml("raise: [ { severity: P4, when: mean(20m) < 18 } ]\nmax_gap: 15m\nat: edge", "edge-mean");

    private static readonly Config Many = Config.QuickThrowOnFailure.WithMaxTest(int.Parse(Environment.GetEnvironmentVariable("CITYEDGE_PROPERTY_TESTS") ?? "200", System.Globalization.CultureInfo.InvariantCulture)).WithEndSize(200);

    private static bool IsDispatched(IEnumerable<AlarmTransition> told, string alarm) => told.Any(t => t.AlarmId == alarm && t.Dispatch && (t.Change is AlarmChange.Raised or AlarmChange.CaughtUp));

    /// <summary>Two bytes a step: what happens, and how much of it.</summary>
    private static EdgeScene Play(byte[] bytes, bool drops)
    {
        double[] values = [21, 18.5, 18.2, 17.5, 15, 15];
        var scene = new EdgeScene(Now, Hold, Mean);
        for (var i = 0; i + 1 < bytes.Length; i += 2)
        {
            var much = bytes[i + 1];
            switch (bytes[i] % 16)
            {
                case 0: scene.Link(false); break;
                case 1: scene.Link(true); break;
                case 2: scene.KillEdge(much % 6); break;
                case 3: scene.RestartHub(much % 6); break;
                case 4: scene.SaveEdge(); break;
                case 5: scene.Pass(much % 4 == 0 ? much * 4 : much % 30); break;
                case 6 when drops: scene.Drop(); break;
                default:
                    scene.Pass(1 + much % 7 / 2d);
                    scene.Read(values[much % 6]);
                    break;
            }
        }
        return scene;
    }

    private static void AssertOneOpenAtATime(EdgeScene scene)
    {
        var open = new Dictionary<(string, bool), string>();
        foreach (var t in scene.Told)
        {
            if (t.Change == AlarmChange.Raised) Assert.True(open.TryAdd((t.Rule, t.NoData), t.AlarmId), $"{t} while {open[(t.Rule, t.NoData)]} is open");
            if (t.Change == AlarmChange.Cleared) Assert.True(open.Remove((t.Rule, t.NoData), out var id) && id == t.AlarmId, $"{t}");
        }
        Assert.Equal(open.Values.Order(StringComparer.Ordinal), scene.OpenAtHub);
        Assert.Equal(scene.Told.Count(t => t.Change == AlarmChange.Raised), scene.Told.Where(t => t.Change == AlarmChange.Raised).Select(t => t.AlarmId).Distinct().Count());
    }

    [Fact]
    public void Links_kills_and_restarts_in_any_order_leave_the_agents_alarms_each_once_and_open_nothing_for_what_was_over() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var scene = Play(bytes, drops: false);
        scene.Link(true);
        for (var i = 0; i < 30; i++)
        {
            scene.Pass(2);
            scene.Read(bytes.Length % 2 == 0 ? 15 : 21);
        }
        AssertOneOpenAtATime(scene);
        // None lost: what the agent found, the hub has, with the agent's raise time, and the same stand.
        Assert.Equal(scene.OpenAtEdge, scene.OpenAtHub);
        foreach (var (alarm, heardMs) in scene.Said.Values)
        {
            Assert.NotNull(heardMs);
            if (alarm is { Change: EdgeAlarmChange.Raised, NoData: false }) Assert.Contains(scene.Told, t => t.AlarmId == alarm.AlarmId && t.Change == AlarmChange.Raised && t.RaisedAtMs == alarm.RaisedAtMs);
        }
        foreach (var id in scene.OpenAtHub) Assert.True(IsDispatched(scene.Told, id), $"{id} stands and was never dispatched");
        // What was over two minutes before the link came back opens nothing. Silence the hub found by itself meanwhile.
        foreach (var (raised, heardMs) in scene.Said.Values.Where(s => s.Alarm is { Change: EdgeAlarmChange.Raised, LinkUp: false, NoData: false }))
        {
            var over = scene.Said.Values.Where(s => s.Alarm.AlarmId == raised.AlarmId && s.Alarm.Change == EdgeAlarmChange.Cleared).ToList();
            if (over.Count == 0 || over[0].HeardMs != heardMs || heardMs - over[0].Alarm.AtMs <= 2 * Minute || over[0].Alarm.LinkUp) continue;
            Assert.False(IsDispatched(scene.Told, raised.AlarmId), $"{raised} was over before the link came back, and was dispatched");
        }
    }).Check(Many);

    [Fact]
    public void Where_the_spool_lost_readings_there_is_still_one_alarm_at_a_time_and_both_agree_in_the_end() => Prop.ForAll(ArbMap.Default.ArbFor<byte[]>(), bytes =>
    {
        var scene = Play(bytes, drops: true);
        scene.Link(true);
        for (var i = 0; i < 60; i++)
        {
            scene.Pass(2);
            scene.Read(bytes.Length % 2 == 0 ? 15 : 21);
        }
        AssertOneOpenAtATime(scene);
        Assert.Equal(scene.OpenAtEdge.Count(), scene.OpenAtHub.Count());
        foreach (var id in scene.OpenAtHub) Assert.True(IsDispatched(scene.Told, id), $"{id} stands and was never dispatched");
    }).Check(Many);

    [Fact]
    public void A_fault_that_is_over_before_the_link_returns_is_history_and_opens_nothing()
    {
        var scene = Fault(stands: false);
        var raised = Assert.Single(scene.Told, t => t.Change == AlarmChange.Raised);
        Assert.Equal((AlarmReason.CatchingUp, false, Ms(20)), (raised.Reason, raised.Dispatch, raised.RaisedAtMs));
        Assert.Equal(Ms(50), Assert.Single(scene.Told, t => t.Change == AlarmChange.Cleared).AtMs);
        Assert.DoesNotContain(scene.Told, t => t.Change == AlarmChange.CaughtUp);
    }

    [Fact]
    public void A_fault_that_still_stands_when_the_link_returns_is_dispatched_with_the_edges_raise_time()
    {
        var scene = Fault(stands: true);
        var caught = Assert.Single(scene.Told, t => t.Change == AlarmChange.CaughtUp);
        Assert.Equal((true, Ms(20)), (caught.Dispatch, caught.RaisedAtMs));
        Assert.Single(scene.Told, t => t.Change == AlarmChange.Raised);
    }

    private static EdgeScene Fault(bool stands)
    {
        var scene = new EdgeScene(Now);
        scene.Pass(10);
        scene.Read(20);
        scene.Link(false);
        scene.Pass(10);
        scene.Read(15);
        scene.Pass(30);
        scene.Read(stands ? 16 : 20);
        scene.Pass(10);
        scene.Read(stands ? 16 : 20);
        scene.Link(true);
        return scene;
    }

    [Fact]
    public void What_the_hub_opened_before_the_link_was_lost_stays_the_one_alarm()
    {
        var scene = new EdgeScene(Now);
        scene.Pass(10);
        scene.Read(15);
        scene.Link(false);
        scene.Pass(60);
        scene.Read(15);
        scene.Link(true);
        Assert.Equal((true, Ms(10)), (Assert.Single(scene.Told).Dispatch, scene.Told[0].RaisedAtMs));
        Assert.All(scene.Verdicts, v => Assert.Equal(EdgeVerdict.Same, v));
    }

    [Fact]
    public void Of_readings_that_a_full_spool_gave_up_the_agents_word_is_enough()
    {
        var scene = new EdgeScene(Now);
        scene.Pass(10);
        scene.Read(20);
        scene.Link(false);
        scene.Pass(10);
        scene.Read(15);
        scene.Pass(10);
        // Reading and raise are lost; the reconnection says that it stands.
        scene.Drop();
        scene.Drop();
        scene.Link(true);
        Assert.Equal(EdgeVerdict.Adopted, scene.Verdicts[^1]);
        var raised = scene.Told.Single(t => t.Change == AlarmChange.Raised);
        Assert.Equal(Ms(20), raised.RaisedAtMs);
        Assert.True(IsDispatched(scene.Told, raised.AlarmId));
        scene.Pass(1);
        scene.Read(20);
        Assert.Empty(scene.OpenAtHub);
    }

    [Fact]
    public void A_sensor_that_dies_after_the_fault_is_not_waited_for_even_without_an_agents_word()
    {
        var bench = new RuleBench(Now).Point();
        bench.Read(0, 20).Read(5, 15, arrival: 60).Read(10, 15, arrival: 60);
        Assert.Equal(AlarmReason.CatchingUp, Assert.Single(bench.Output).Reason);
        bench.Engine.Advance(Ms(61), bench.Output);
        Assert.Single(bench.Output);
        bench.Engine.Advance(Ms(63), bench.Output);
        Assert.Equal((AlarmChange.CaughtUp, true), (bench.Output[^1].Change, bench.Output[^1].Dispatch));
        bench.Engine.Advance(Ms(600), bench.Output);
        Assert.Equal(2, bench.Output.Count);
    }

    [Fact]
    public void A_device_whose_clock_is_slow_is_heard_at_once_as_its_readings_come_at_their_pace()
    {
        var bench = new RuleBench(Now).Point();
        for (var i = 0; i < 5; i++) bench.Read(i, 20, arrival: i + 7);
        bench.Read(5, 15, arrival: 12.1);
        Assert.Equal([AlarmChange.Raised, AlarmChange.CaughtUp], bench.Output.Select(t => t.Change));
    }

    [Fact]
    public void Data_older_than_the_bound_open_nothing_even_when_the_point_falls_silent()
    {
        var bench = new RuleBench(Now).Point();
        bench.Read(0, 20, arrival: 30 * 60).Read(5, 15, arrival: 30 * 60);
        bench.Engine.Advance(Ms(60 * 60), bench.Output);
        Assert.Equal((AlarmReason.TooOld, false), (Assert.Single(bench.Output).Reason, bench.Output[0].Dispatch));
        // Only the agent's word that it stands now, after the outage, sends anyone.
        var raised = bench.Output[0];
        var said = new EdgeAlarm(raised.AlarmId, raised.Rule, 0, Room, EdgeAlarmChange.Standing, Severity.P3, Ms(60 * 60), raised.RaisedAtMs, 15, false, Ms(5), true);
        Assert.Equal(EdgeVerdict.Same, bench.Engine.ApplyEdge(said, Ms(60 * 60), bench.Output));
        Assert.Equal((AlarmChange.CaughtUp, true), (bench.Output[^1].Change, bench.Output[^1].Dispatch));
    }

    [Fact]
    public void Words_about_another_rule_version_point_or_a_time_to_come_change_nothing()
    {
        var bench = new RuleBench(Now, Yaml("raise: [ { severity: P3, when: value < 18 } ]", "hub-now")).Point();
        bench.Read(0, 20);
        var said = new EdgeAlarm(new string('a', 32), "edge-now", 0, Room, EdgeAlarmChange.Raised, Severity.P3, Ms(1), Ms(1), 15, false, Ms(0), true);
        Assert.Equal(EdgeVerdict.OtherRule, bench.Engine.ApplyEdge(said with { RuleVersion = 1 }, Ms(1), bench.Output));
        Assert.Equal(EdgeVerdict.OtherRule, bench.Engine.ApplyEdge(said with { Rule = "hub-now" }, Ms(1), bench.Output));
        Assert.Equal(EdgeVerdict.OtherPoint, bench.Engine.ApplyEdge(said with { Point = new PointId("bj-01", "dev", "attic") }, Ms(1), bench.Output));
        Assert.Equal(EdgeVerdict.Future, bench.Engine.ApplyEdge(said with { AtMs = Ms(10) }, Ms(1), bench.Output));
        bench.Read(2, 21);
        Assert.Equal(EdgeVerdict.Outdated, bench.Engine.ApplyEdge(said, Ms(2), bench.Output));
        Assert.Empty(bench.Output);
    }
}
