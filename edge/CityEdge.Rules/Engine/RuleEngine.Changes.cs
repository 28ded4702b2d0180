using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    /// <summary>
    /// As <see cref="SetRule(RuleDefinition, long, List{AlarmTransition})"/>, with a choice of what becomes of the open alarms of the version that is replaced; <paramref name="outcomes"/>, if given, tells it
    /// of each, by point. With <see cref="OpenAlarms.Keep"/> and <see cref="OpenAlarms.Reevaluate"/> what has been counted of a condition that stays the same goes on counting: holds, off-delay, verification.
    /// Alarms on points that the new version does not run on close, and so do all of a rule that is or was on events or on an asset's points together.
    /// </summary>
    public void SetRule(RuleDefinition rule, OpenAlarms choice, long nowMs, List<AlarmTransition> output, List<AlarmOutcome>? outcomes = null)
    {
        Advance(nowMs, output);
        var runtime = new RuleRuntime(rule);
        var replaced = rules.TryGetValue(rule.Id, out var present) && (present.Definition.Version != rule.Version || present.SourceHash != runtime.SourceHash);
        var open = replaced ? OpenOf(present!) : [];
        var before = output.Count;
        if (!replaced || choice == OpenAlarms.Close || !ByPoint(rule) || !ByPoint(present!.Definition))
        {
            SetRule(rule, nowMs, output);
        }
        else
        {
            rules[rule.Id] = runtime;
            foreach (var point in PointsByKey()) Replace(runtime, point, choice, nowMs, output);
        }
        if (outcomes is null) return;
        foreach (var (id, point, noData, raisedAtMs, severity) in open)
        {
            var end = output.FindIndex(before, t => t.AlarmId == id && t.Change == AlarmChange.Cleared);
            var last = output.FindLastIndex(t => t.AlarmId == id);
            outcomes.Add(new AlarmOutcome(id, point, noData, raisedAtMs, last >= before ? output[last].Severity : severity, end < 0 ? null : output[end].Reason));
        }
    }

    private void Replace(RuleRuntime rule, PointState point, OpenAlarms choice, long nowMs, List<AlarmTransition> output)
    {
        var place = point.Alarms.FindIndex(alarm => alarm.Rule.Definition.Id == rule.Definition.Id);
        var matches = rule.Matches(point.Context);
        if (place < 0)
        {
            if (matches) Attach(rule, point, nowMs);
            return;
        }
        var old = point.Alarms[place];
        var eventNow = point.EventNow(nowMs);
        if (!matches)
        {
            old.Abandon(eventNow, output);
            point.Alarms.RemoveAt(place);
            Rearm(point);
            return;
        }
        var next = new AlarmInstance(rule, point, options, index, eventNow);
        point.Alarms[place] = next;
        // Before anything is judged: the point keeps what the new version looks back on.
        Rearm(point);
        next.Succeed(old, choice, eventNow, nowMs, output);
        Rearm(point);
    }

    private static bool ByPoint(RuleDefinition rule) => rule.EventType is null && rule.Level is null;

    private List<(string Id, PointId Point, bool NoData, long RaisedAtMs, Severity Severity)> OpenOf(RuleRuntime replaced)
    {
        var rule = replaced.Definition.Id;
        var open = new List<(string, PointId, bool, long, Severity)>();
        foreach (var point in PointsByKey().Concat(Subjects).Concat(replaced.Groups.Values.Select(group => group.Point)).OrderBy(point => point.Key, StringComparer.Ordinal))
        {
            if (point.Alarms.Find(alarm => alarm.Rule.Definition.Id == rule) is not { } alarm) continue;
            ref var m = ref alarm.Memory;
            if (m.Open) open.Add((AlarmIds.Of(rule, point.Context.Id, false, m.RaisedAtMs), point.Context.Id, false, m.RaisedAtMs, m.Severity));
            if (m.NoDataOpen) open.Add((AlarmIds.Of(rule, point.Context.Id, true, m.NoDataRaisedAtMs), point.Context.Id, true, m.NoDataRaisedAtMs, m.NoDataSeverity));
        }
        return open;
    }
}
