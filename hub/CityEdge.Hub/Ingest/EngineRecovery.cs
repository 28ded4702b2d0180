using CityEdge.Contracts;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Ingest;

/// <summary>The rule engine as it comes out of a start.</summary>
/// <param name="Engine">The engine, as of <paramref name="Position"/>.</param>
/// <param name="Position">Journal position from which it must be folded on.</param>
/// <param name="OlderPosition">Position of the snapshot before, which the journal must be able to fall back to; the same when there is none.</param>
/// <param name="Transitions">Alarms that loading closed, because their rule is not what it was.</param>
/// <param name="Desk">The alarm desk's part of the snapshot; null when there is none.</param>
/// <param name="FellBack">True when the newest snapshot could not be used: what engine and store say must be compared afterwards.</param>
public sealed record RecoveredEngine(RuleEngine Engine, long Position, long OlderPosition, IReadOnlyList<AlarmTransition> Transitions, ReadOnlyMemory<byte>? Desk, bool FellBack);

/// <summary>
/// Brings the rule engine back (design §4, "Snapshots"): from the newest snapshot, else from the one before, else from what the journal still holds. The registry is
/// read at the stored position, so it may know points that the engine's snapshot does not; these are announced when the record that registered them is folded again.
/// </summary>
public static class EngineRecovery
{
    /// <summary>Loads the newest snapshot that can be used.</summary>
    public static RecoveredEngine Load(TicketStore tickets, AppendLog journal, HubRegistry registry, RuleEngineOptions options, IReadOnlyList<RuleDefinition> rules, TimeZoneInfo zone, long nowMs, ILogger log)
    {
        var fellBack = false;
        var older = tickets.LoadSnapshot(1)?.Position;
        for (var age = 0; age < 2; age++)
        {
            if (tickets.LoadSnapshot(age) is not { } snapshot) continue;
            var points = registry.Points.Where(p => p.RegisteredAt < snapshot.Position).Select(p => TicketRouting.Context(p, registry, zone));
            var (enginePart, deskPart) = FoldSnapshot.Split(snapshot.Data);
            var loaded = RuleEngine.Load(enginePart.Span, options, rules, points, id => TicketRouting.Context(EventSubjects.Entry(id, registry), registry, zone));
            if (loaded.Engine is not null) return new RecoveredEngine(loaded.Engine, snapshot.Position, Math.Min(older ?? snapshot.Position, snapshot.Position), loaded.Transitions, deskPart, fellBack);
            fellBack = true;
            log.LogError("Snapshot {Age} of the rule engine cannot be read: {Problem}. Falling back.", age, loaded.Error);
        }
        return Fresh(journal, registry, options, rules, zone, nowMs, fellBack || tickets.Cursor > 0);
    }

    /// <summary>
    /// Transitions that make the store agree with an engine that was not loaded from the newest snapshot: alarms that it does not follow any more are closed, so that no
    /// ticket waits for ever on them; alarms that it holds and the store has never heard of are raised.
    /// </summary>
    public static IReadOnlyList<AlarmTransition> Differences(TicketStore tickets, HubRegistry registry, RuleEngine engine, long nowMs)
    {
        var transitions = new List<AlarmTransition>();
        var stored = new HashSet<string>();
        string? cursor = null;
        do
        {
            var page = tickets.Alarms(new AlarmQuery { State = Tickets.AlarmState.Active, Limit = 1000, Cursor = cursor });
            foreach (var alarm in page.Items)
            {
                stored.Add(alarm.Id);
                if (SystemIncidents.IsSystem(alarm.Rule, alarm.Point)) continue;
                if (!PointId.TryParse(alarm.Point, out var point) || engine.Explain(point).Any(s => s.AlarmId == alarm.Id || s.NoDataAlarmId == alarm.Id)) continue;
                var raisedAt = alarm.RaisedAt.ToUnixTimeMilliseconds();
                var silence = alarm.Id == AlarmIds.Of(alarm.Rule, point, true, raisedAt);
                transitions.Add(new AlarmTransition(alarm.Id, alarm.Rule, alarm.Version, point, AlarmChange.Cleared, alarm.Severity, Math.Max(raisedAt, engine.EventNow(point, nowMs)), raisedAt, null, AlarmReason.RuleChanged, alarm.Ticket is not null, silence));
            }
            cursor = page.Next;
        }
        while (cursor is not null);
        foreach (var state in registry.Points.Select(p => p.Id).Union(engine.EventSubjects).Union(engine.AssetPointIds).OrderBy(id => id.ToString(), StringComparer.Ordinal).SelectMany(engine.Explain))
        {
            // While it clears its raise time is not told; when it has cleared the store keeps that fact.
            if (state is { Phase: AlarmPhase.Active, AlarmId: { } id, SinceMs: { } since, Severity: { } severity } && !stored.Contains(id))
                transitions.Add(new AlarmTransition(id, state.Rule, state.RuleVersion, state.Point, AlarmChange.Raised, severity, since, since, state.LastValue, AlarmReason.ConditionHeld, state.Dispatched));
        }
        return transitions;
    }

    private static RecoveredEngine Fresh(AppendLog journal, HubRegistry registry, RuleEngineOptions options, IReadOnlyList<RuleDefinition> rules, TimeZoneInfo zone, long nowMs, bool fellBack)
    {
        var first = new List<LogRecord>(1);
        var start = journal.Read(journal.Start, first, 1, 1) > 0 ? first[0].TimeMs : nowMs;
        var engine = new RuleEngine(options);
        var transitions = new List<AlarmTransition>();
        foreach (var rule in rules) engine.SetRule(rule, start, transitions);
        foreach (var point in registry.Points.Where(p => p.RegisteredAt < journal.Start).OrderBy(p => p.Id.ToString(), StringComparer.Ordinal))
        {
            engine.SetPoint(TicketRouting.Context(point, registry, zone), start, transitions);
        }
        return new RecoveredEngine(engine, journal.Start, journal.Start, transitions, null, fellBack);
    }
}
