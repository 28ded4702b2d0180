using System.Buffers;
using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Rules.Tests;

/// <summary>An engine with a desk behind it, wired as the hub's fold wires them; driven in minutes since <see cref="RuleBench.Start"/>. Assets: <c>street/gateway/cabinet</c> by path.</summary>
internal sealed class DeskBench : IDeskSite
{
    private readonly Dictionary<string, RuleDefinition> rules = [];
    private readonly Dictionary<PointId, string[]> paths = [];
    private readonly Dictionary<PointId, string> roles = [];
    private readonly List<AlarmTransition> transitions = [];
    private int read;

    public DeskBench(params IEnumerable<string> yamls)
    {
        Desk = new AlarmDesk(this, RuleBench.Shanghai);
        foreach (var yaml in yamls)
        {
            var rule = RuleBench.Rule(yaml);
            rules[rule.Id] = rule;
            Engine.SetRule(rule, RuleBench.Start, []);
        }
    }

    public RuleEngine Engine { get; private set; } = new(new RuleEngineOptions());

    public AlarmDesk Desk { get; private set; }

    public List<DeskDecision> Output { get; } = [];

    public RuleDefinition? RuleOf(string id) => rules.GetValueOrDefault(id);

    public IReadOnlyList<string> PathOf(PointId point) => paths.GetValueOrDefault(point, []);

    public long EventNow(PointId point, long wallMs) => Engine.EventNow(point, wallMs);

    public long WallOf(PointId point, long eventMs) => Engine.WallTimeOf(point, eventMs) ?? eventMs;

    public static PointId Id(string name) => new("bj", "dev", name);

    /// <summary>A point on the last of the assets, outermost first: <c>street/gateway/lamp</c>; empty: on none.</summary>
    public DeskBench Point(string name, string path, double at = 0, string role = "room")
    {
        paths[Id(name)] = path.Length == 0 ? [] : [.. path.Split('/').Reverse()];
        Announce(Id(name), at, role);
        return this;
    }

    public DeskBench Read(string name, double at, double value, double? arrival = null)
    {
        var wall = RuleBench.Ms(arrival ?? at);
        AdvanceMs(wall);
        transitions.Clear();
        Engine.Apply(new Reading(Id(name), RuleBench.Ms(at), ReadingValue.FromNumber(value), "Cel", Quality.Good), wall, transitions);
        Hear(wall);
        Desk.OnReading(Id(name), RuleBench.Ms(at), wall, Output);
        return this;
    }

    public DeskBench Advance(double wall)
    {
        AdvanceMs(RuleBench.Ms(wall));
        return this;
    }

    public DeskBench AdvancePast(double wall)
    {
        AdvanceMs(RuleBench.Ms(wall) + 1);
        return this;
    }

    public void AdvanceMs(long wallMs) => Desk.Advance(Engine, wallMs, transitions, Output);

    public DeskBench Shelve(string rule, string point, double at, double until)
    {
        Desk.Shelve(rule, Id(point), RuleBench.Ms(until), RuleBench.Ms(at), Output);
        return this;
    }

    public DeskBench Maintain(string id, double at, double from, double minutes, string? asset = null, string? point = null, string? rule = null, string? repeats = null)
    {
        var recurrence = repeats is null ? null : new Recurrence(RecurrenceRule.Parse(repeats, out _)!, RuleBench.Ms(from), RuleBench.Shanghai);
        Desk.SetMaintenance(new MaintenanceWindow(id, asset, point is null ? null : Id(point), rule, RuleBench.Ms(from), (long)(minutes * RuleBench.Minute), recurrence), RuleBench.Ms(at), Output);
        return this;
    }

    /// <summary>What came since the last look, without verification: the change, with <c>!</c> when the ticket room works on the alarm, its minute, then the standing where it was told.</summary>
    public string News()
    {
        var news = string.Join("; ", Output.Skip(read).Where(d => d.Transition?.Change is not (AlarmChange.VerifyBegan or AlarmChange.VerifyBroken)).Select(Show));
        read = Output.Count;
        return news;
    }

    public static string Show(DeskDecision d)
    {
        var change = d.Transition is { } t ? string.Create(CultureInfo.InvariantCulture, $" {t.Change}{(t.Dispatch ? "!" : "")} at {(t.AtMs - RuleBench.Start) / (double)RuleBench.Minute:0.###}") : "";
        var status = d.Status is { } s ? $" -> {s.Standing}{(s.Suppressed is { } why ? $" ({why})" : "")}{(s.Chattering ? " chattering" : "")}" : "";
        return d.Point.Name + change + status;
    }

    /// <summary>Ids of alarms that the ticket room was told to work on, in their order.</summary>
    public IEnumerable<string> Offered() => Output.Where(d => d.Transition is { Dispatch: true, Change: AlarmChange.Raised or AlarmChange.Offered or AlarmChange.CaughtUp }).Select(d => d.AlarmId);

    /// <summary>Saves both and goes on with what was loaded.</summary>
    public DeskBench Restart()
    {
        var (engine, desk) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
        Engine.Save(engine);
        Desk.Save(desk);
        var contexts = paths.Keys.Select(id => Context(id, roles[id]));
        Engine = RuleEngine.Load(engine.WrittenSpan, new RuleEngineOptions(), rules.Values, contexts).Engine!;
        Desk = AlarmDesk.Load(desk.WrittenSpan, this, RuleBench.Shanghai)!;
        var again = new ArrayBufferWriter<byte>();
        Desk.Save(again);
        Assert.Equal(desk.WrittenSpan, again.WrittenSpan);
        return this;
    }

    private void Announce(PointId id, double at, string role)
    {
        var wall = RuleBench.Ms(at);
        AdvanceMs(wall);
        roles[id] = role;
        transitions.Clear();
        Engine.SetPoint(Context(id, role), wall, transitions);
        Hear(wall);
        Desk.Moved(id, wall, Output);
    }

    private PointContext Context(PointId id, string role) => new(id, PointKind.Temperature, PathOf(id).FirstOrDefault(), new Dictionary<string, string> { ["role"] = role }, new Dictionary<string, double>(), RuleBench.Shanghai);

    private void Hear(long wallMs)
    {
        foreach (var transition in transitions) Desk.Apply(transition, wallMs, Output);
    }
}
