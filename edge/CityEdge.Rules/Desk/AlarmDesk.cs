using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>
/// Stands between the rule engine and the ticket room: every alarm passes one line of suppression stages, and is offered when it has passed them all. What is suppressed is recorded with its reason and
/// is offered as soon as nothing suppresses it any more and it still stands; what was offered is never taken back. Pure, deterministic, single-threaded. Its timers are data, in event time of the alarm's point, but for
/// shelves and floods, which are in wall time. All times are Unix ms.
/// </summary>
public sealed partial class AlarmDesk
{
    /// <summary>How long an alarm that has possible parents is held, event time: a parent that trips up to so much later still wins. The same again when its parent has cleared.</summary>
    public const long ParentWinsMs = 60_000;

    /// <summary>Longest shelf: a day.</summary>
    public const long MaxShelfMs = 86_400_000;

    /// <summary>An alarm that has been active for longer is stale: a day.</summary>
    public const long StaleMs = 86_400_000;

    private readonly IDeskSite site;
    private readonly TimeZoneInfo zone;
    private readonly ActiveAlarms active = new();
    private readonly MaintenanceWindows windows = new();
    private readonly Dictionary<(string Rule, PointId Point), long> shelves = [];
    private readonly ChatterMeter chatter = new();
    private readonly FloodMeter flood = new();
    private readonly ParentStage parents;
    private readonly ISuppressionStage[] line;

    /// <param name="site">Rules, assets and clocks.</param>
    /// <param name="zone">Zone of the local times at which maintenance repeats.</param>
    public AlarmDesk(IDeskSite site, TimeZoneInfo zone)
    {
        (this.site, this.zone) = (site, zone);
        parents = new ParentStage(site, active);
        // Disabled rules and seasons are the engine's, before this line; one live ticket an incident and repeats are the ticket room's, after it. Flapping is told, and stops nothing: its ticket is open already.
        line = [new MaintenanceStage(windows), new ShelvedStage(shelves), parents];
    }

    /// <summary>Active alarms.</summary>
    public int Count => active.All.Count;

    /// <summary>Active alarms by the reason that suppresses them.</summary>
    public IReadOnlyDictionary<SuppressionReason, int> Suppressed() =>
        active.All.Where(alarm => alarm.Suppression is not null).GroupBy(alarm => alarm.Suppression!.Value.Reason).ToDictionary(group => group.Key, group => group.Count());

    /// <summary>Since when more alarms are offered than a person can take; null when that is not so.</summary>
    public long? FloodSinceMs(long wallMs) => flood.SinceMs(wallMs);

    /// <summary>What each stage of the line says now to an active alarm; empty for others.</summary>
    public IReadOnlyList<StageVerdict> Explain(string alarmId, long wallMs)
    {
        if (active.Find(alarmId) is not { } alarm) return [];
        var now = Now(alarm, wallMs);
        return [.. line.Select(stage => new StageVerdict(stage.Name, stage.Judge(alarm, now)))];
    }

    /// <summary>One transition of the engine. What was due on its point before it comes first.</summary>
    public void Apply(AlarmTransition transition, long wallMs, List<DeskDecision> output)
    {
        Catch(transition.Point, transition.AtMs, wallMs, output);
        var alarm = active.Find(transition.AlarmId);
        switch (transition.Change)
        {
            case AlarmChange.Raised when alarm is null:
                Raise(transition, wallMs, output);
                break;
            case AlarmChange.CaughtUp when alarm is not null:
                (alarm.Raised, alarm.MayDispatch) = (transition, true);
                Judge(alarm, transition.AtMs, wallMs, transition, output);
                break;
            case AlarmChange.Cleared when alarm is not null:
                Move(alarm, StandingTrigger.Cleared);
                output.Add(new DeskDecision(alarm.Id, transition.Point, Told(alarm, transition), alarm.Status));
                Remove(alarm, wallMs, output);
                break;
            default:
                if (transition.Change == AlarmChange.SeverityChanged && alarm is not null) alarm.Raised = transition;
                output.Add(new DeskDecision(transition.AlarmId, transition.Point, alarm is null ? transition : Told(alarm, transition), null));
                break;
        }
    }

    private void Raise(AlarmTransition transition, long wallMs, List<DeskDecision> output)
    {
        // The engine has one alarm a key at most; were it not so, the later one would count.
        if (active.Of(transition.Point, transition.Rule, transition.NoData) is { } earlier)
        {
            Move(earlier, StandingTrigger.Cleared);
            output.Add(new DeskDecision(earlier.Id, transition.Point, null, earlier.Status));
            Remove(earlier, wallMs, output);
        }
        var alarm = new DeskAlarm(transition) { Path = site.PathOf(transition.Point), Chattering = chatter.Note(transition) };
        Move(alarm, StandingTrigger.Raised);
        alarm.WaitUntilMs = transition.RaisedAtMs + parents.WaitMs(alarm);
        active.Add(alarm);
        Judge(alarm, transition.AtMs, wallMs, transition, output);
        if (alarm.Asset is not { } asset) return;
        foreach (var child in active.WaitingOn(asset)) Judge(child, Now(child, wallMs), wallMs, null, output);
    }

    private void Remove(DeskAlarm alarm, long wallMs, List<DeskDecision> output)
    {
        active.Remove(alarm);
        if (alarm.DueMs != long.MaxValue) timed--;
        alarm.Suppression = null;
        Release(alarm.Id, wallMs, output);
    }

    /// <summary>A parent is gone: its children get as long to clear as they had to be explained, so that those that clear with it open nothing.</summary>
    private void Release(string parent, long wallMs, List<DeskDecision> output)
    {
        foreach (var child in active.SuppressedBy(parent))
        {
            var now = Now(child, wallMs);
            child.WaitUntilMs = Math.Max(child.WaitUntilMs, now + ParentWinsMs);
            Judge(child, now, wallMs, null, output);
        }
    }

    /// <summary>Passes the alarm along the line. With <paramref name="news"/>, what the ticket room hears is that; else that the alarm is offered, where it was not before.</summary>
    private void Judge(DeskAlarm alarm, long eventMs, long wallMs, AlarmTransition? news, List<DeskDecision> output)
    {
        SuppressionVerdict? verdict = null;
        foreach (var stage in line)
        {
            if ((verdict = stage.Judge(alarm, eventMs)) is not null) break;
        }
        var before = alarm.Suppression;
        if (verdict != before) SetSuppression(alarm, verdict);
        var offered = verdict is null && alarm.MayDispatch;
        var told = news switch
        {
            { Change: AlarmChange.CaughtUp } => offered && !alarm.Offered ? news : null,
            not null => news with { Dispatch = offered },
            null when offered && !alarm.Offered => alarm.Raised with
            {
                Change = AlarmChange.Offered,
                AtMs = Math.Max(eventMs, alarm.Raised.RaisedAtMs),
                Reason = AlarmReason.SuppressionEnded,
                Dispatch = true,
            },
            null => null,
        };
        if (offered && !alarm.Offered)
        {
            alarm.Offered = true;
            flood.Note(wallMs);
        }
        var changed = verdict != before || (news?.Change == AlarmChange.Raised && alarm.Chattering);
        if (told is not null || changed) output.Add(new DeskDecision(alarm.Id, alarm.Raised.Point, told, changed ? alarm.Status : null));
    }

    private void SetSuppression(DeskAlarm alarm, SuppressionVerdict? verdict)
    {
        active.Remove(alarm);
        if (alarm.DueMs != long.MaxValue) timed--;
        alarm.Suppression = verdict;
        if (alarm.DueMs != long.MaxValue) timed++;
        active.Add(alarm);
        Move(alarm, verdict?.Reason switch
        {
            null => StandingTrigger.Released,
            SuppressionReason.Maintenance => StandingTrigger.OutOfService,
            SuppressionReason.Shelved => StandingTrigger.Shelved,
            _ => StandingTrigger.Inhibited,
        });
        Schedule(alarm);
    }

    private static void Move(DeskAlarm alarm, StandingTrigger trigger) => alarm.Standing = StandingTable.Next(alarm.Standing, trigger) ?? alarm.Standing;

    private static AlarmTransition Told(DeskAlarm alarm, AlarmTransition transition) => transition with { Dispatch = transition.Dispatch && alarm.Offered };

    /// <summary>The alarm's own time, never before its raise.</summary>
    private long Now(DeskAlarm alarm, long wallMs) => Math.Max(alarm.Raised.RaisedAtMs, site.EventNow(alarm.Raised.Point, wallMs));
}
