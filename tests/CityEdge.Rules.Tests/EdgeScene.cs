using System.Buffers;
using CityEdge.Contracts;
using static CityEdge.Rules.Tests.RuleBench;

namespace CityEdge.Rules.Tests;

/// <summary>An agent and a hub with the same rule, each with its engine, and the agent's spool between them: in order, at least once, kept while the link is down.</summary>
internal sealed class EdgeScene
{
    private static readonly RuleEngineOptions AtEdge = new() { MaxAge = null };
    private static readonly RuleEngineOptions AtHub = new() { HearsAgents = true };
    private readonly RuleDefinition[] rules;
    private readonly List<(long AtMs, Reading? Reading, EdgeAlarm? Alarm)> spool = [];
    private readonly List<AlarmTransition> found = [];
    private RuleEngine edge = new(AtEdge);
    private byte[] snapshot = [];
    private int heard, heardAtSnapshot, sent, gone;

    public EdgeScene(params string[] yamls)
    {
        rules = [.. yamls.Select(Rule)];
        Hub = new RuleEngine(AtHub);
        foreach (var engine in new[] { edge, Hub })
        {
            foreach (var rule in rules) engine.SetRule(rule, Start, Told);
            engine.SetPoint(Context(), Start, Told);
        }
        SaveEdge();
    }

    public RuleEngine Hub { get; private set; }

    public long NowMs { get; private set; } = Start;

    public bool LinkUp { get; private set; } = true;

    /// <summary>What the hub's engine told.</summary>
    public List<AlarmTransition> Told { get; } = [];

    /// <summary>What the agent told, each once, with the time at which the hub heard it.</summary>
    public Dictionary<string, (EdgeAlarm Alarm, long? HeardMs)> Said { get; } = [];

    public List<EdgeVerdict> Verdicts { get; } = [];

    public void Pass(double minutes)
    {
        NowMs += (long)(minutes * Minute);
        edge.Advance(NowMs, found);
        Say();
        Send();
        Hub.Advance(NowMs, Told);
    }

    public void Read(double value)
    {
        spool.Add((NowMs, new Reading(Room, NowMs, ReadingValue.FromNumber(value), "Cel", Quality.Good), null));
        HearSpool();
        Send();
    }

    public void Link(bool up)
    {
        if (up == LinkUp) return;
        LinkUp = up;
        // A reconnection tells which alarms stand, behind all that waits.
        foreach (var id in up ? OpenAtEdge.ToList() : [])
        {
            var raised = Said.Values.First(s => s.Alarm.AlarmId == id).Alarm;
            spool.Add((NowMs, null, raised with { Change = EdgeAlarmChange.Standing, AtMs = Math.Max(NowMs, raised.RaisedAtMs), SeenMs = edge.NewestReadingMs(Room), LinkUp = true }));
        }
        Send();
    }

    public void SaveEdge()
    {
        var to = new ArrayBufferWriter<byte>();
        edge.Save(to);
        (snapshot, heardAtSnapshot) = (to.WrittenSpan.ToArray(), heard);
    }

    /// <summary>kill -9 of the agent: what it heard since its state was stored it hears again, and says again.</summary>
    public void KillEdge(int resend)
    {
        edge = RuleEngine.Load(snapshot, AtEdge, rules, [Context()]).Engine!;
        heard = heardAtSnapshot;
        sent = Math.Max(gone, sent - resend);
        HearSpool();
        edge.Advance(NowMs, found);
        Say();
        Send();
    }

    public void RestartHub(int resend)
    {
        var to = new ArrayBufferWriter<byte>();
        Hub.Save(to);
        Hub = RuleEngine.Load(to.WrittenSpan, AtHub, rules, [Context()]).Engine!;
        sent = Math.Max(gone, sent - resend);
        Send();
    }

    /// <summary>A full spool gives up its oldest half of what waits.</summary>
    public void Drop() => gone = sent += (spool.Count - sent + 1) / 2;

    public IEnumerable<string> OpenAtEdge => Open(edge);

    public IEnumerable<string> OpenAtHub => Open(Hub);

    private static IEnumerable<string> Open(RuleEngine engine) => engine.Explain(Room).SelectMany(s => new[] { s.AlarmId, s.NoDataAlarmId }).OfType<string>().Order(StringComparer.Ordinal);

    private void HearSpool()
    {
        for (; heard < spool.Count; heard++)
        {
            if (spool[heard].Reading is { } reading) edge.Apply(reading, spool[heard].AtMs, found);
            Say();
        }
    }

    private void Say()
    {
        foreach (var t in found)
        {
            EdgeAlarmChange? change = t.Change switch { AlarmChange.Raised => EdgeAlarmChange.Raised, AlarmChange.SeverityChanged => EdgeAlarmChange.SeverityChanged, AlarmChange.Cleared => EdgeAlarmChange.Cleared, _ => null };
            if (change is not { } kind) continue;
            var alarm = new EdgeAlarm(t.AlarmId, t.Rule, t.RuleVersion, t.Point, kind, t.Severity, t.AtMs, t.RaisedAtMs, t.Value, t.NoData, edge.NewestReadingMs(Room), LinkUp);
            // As it goes over the wire.
            var read = EdgeAlarm.Read(Room.Site, Room.Device, alarm.ToEvent(), out var error);
            Assert.Null(error);
            Assert.Equal(alarm, read);
            Said.TryAdd(alarm.ToEvent().Id, (alarm, null));
            spool.Add((NowMs, null, read));
        }
        found.Clear();
    }

    private void Send()
    {
        for (; LinkUp && sent < spool.Count; sent++)
        {
            if (spool[sent].Reading is { } reading) Hub.Apply(reading, NowMs, Told);
            if (spool[sent].Alarm is not { } alarm) continue;
            Verdicts.Add(Hub.ApplyEdge(alarm, NowMs, Told));
            if (Said.TryGetValue(alarm.ToEvent().Id, out var said) && said.HeardMs is null) Said[alarm.ToEvent().Id] = (said.Alarm, NowMs);
        }
    }
}
