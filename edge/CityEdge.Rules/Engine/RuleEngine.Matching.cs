using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    /// <summary>
    /// Adds a rule, or replaces the one of the same id. A replaced rule of another version or text closes its open alarms (<see cref="AlarmReason.RuleChanged"/>) and starts anew with the next readings;
    /// the same rule again changes nothing.
    /// </summary>
    public void SetRule(RuleDefinition rule, long nowMs, List<AlarmTransition> output)
    {
        Advance(nowMs, output);
        var runtime = new RuleRuntime(rule);
        if (rules.TryGetValue(rule.Id, out var present))
        {
            if (present.Definition.Version == rule.Version && present.SourceHash == runtime.SourceHash) return;
            Drop(rule.Id, nowMs, output, runtime);
        }
        rules[rule.Id] = runtime;
        foreach (var point in points.Values)
        {
            if (runtime.Matches(point.Context)) Attach(runtime, point, nowMs);
        }
        foreach (var subject in Subjects)
        {
            if (runtime.Matches(subject.Context, subject.EventType)) Attach(runtime, subject, nowMs);
        }
    }

    /// <summary>Removes a rule and closes its open alarms; an unknown id changes nothing.</summary>
    public void RemoveRule(string id, long nowMs, List<AlarmTransition> output)
    {
        Advance(nowMs, output);
        if (rules.ContainsKey(id)) Drop(id, nowMs, output);
    }

    /// <summary>
    /// Announces a point or changes what rules know of it. Rules that match now begin, those that no longer match close their alarms (<see cref="AlarmReason.RuleChanged"/>), the others go on. A point that
    /// never speaks is silent from its first announcement.
    /// </summary>
    public void SetPoint(PointContext point, long nowMs, List<AlarmTransition> output)
    {
        Advance(nowMs, output);
        if (!points.TryGetValue(point.Id, out var state))
        {
            Add(state = new PointState(point, nowMs));
        }
        else if (state.Context.SameAs(point))
        {
            return;
        }
        else
        {
            index.Remove(state);
        }
        state.Context = point;
        index.Add(state);
        Rematch(state, nowMs, output);
    }

    /// <summary>After a change of context.</summary>
    private void Rematch(PointState state, long nowMs, List<AlarmTransition> output)
    {
        for (var i = state.Alarms.Count - 1; i >= 0; i--)
        {
            var alarm = state.Alarms[i];
            if (alarm.Rule.Matches(state.Context, state.EventType))
            {
                alarm.Bind();
                continue;
            }
            alarm.Abandon(state.EventNow(nowMs), output);
            state.Alarms.RemoveAt(i);
        }
        foreach (var rule in rules.Values)
        {
            if (rule.Definition.Level is null && rule.Matches(state.Context, state.EventType) && !state.Alarms.Exists(alarm => alarm.Rule == rule)) Attach(rule, state, nowMs);
        }
        Regroup(state, nowMs, output);
        Rearm(state);
    }

    /// <summary>Forgets a point and closes its open alarms; an unknown point changes nothing.</summary>
    public void RemovePoint(PointId id, long nowMs, List<AlarmTransition> output)
    {
        Advance(nowMs, output);
        if (!points.Remove(id, out var state)) return;
        index.Remove(state);
        byKey = null;
        while (state.Memberships.Count > 0) Leave(state.Memberships[^1], nowMs, output);
        foreach (var alarm in state.Alarms) alarm.Abandon(state.EventNow(nowMs), output);
        queue.Remove(state);
    }

    private void Attach(RuleRuntime rule, PointState point, long nowMs)
    {
        if (rule.Definition.Level is not null)
        {
            Join(rule, point, nowMs);
            Rearm(point);
            return;
        }
        var place = point.Alarms.FindIndex(alarm => string.CompareOrdinal(alarm.Rule.Definition.Id, rule.Definition.Id) > 0);
        point.Alarms.Insert(place < 0 ? point.Alarms.Count : place, new AlarmInstance(rule, point, options, index, point.EventNow(nowMs)));
        Rearm(point);
    }

    private void Drop(string id, long nowMs, List<AlarmTransition> output, RuleRuntime? successor = null)
    {
        if (rules.Remove(id, out var dropped)) DropGroups(dropped, nowMs, output);
        foreach (var point in PointsByKey().Concat(Subjects.OrderBy(subject => subject.Key, StringComparer.Ordinal)).ToList())
        {
            var index = point.Alarms.FindIndex(alarm => alarm.Rule.Definition.Id == id);
            if (index < 0) continue;
            point.Alarms[index].Abandon(point.EventNow(nowMs), output);
            point.Alarms.RemoveAt(index);
            var normal = point.Normal;
            Rearm(point);
            // What took weeks to learn outlives an edit of the rule that asked for it.
            if (successor is { Definition.UsesLearnedNormal: true } && successor.Matches(point.Context)) point.Normal = normal;
            if (point.EventType is not null && point.Alarms.Count == 0) Forget(point);
        }
    }

    private void Add(PointState point)
    {
        points[point.Context.Id] = point;
        byKey = null;
    }

    /// <summary>By point id, so that the order of announcements does not show.</summary>
    private PointState[] PointsByKey()
    {
        if (byKey is not null) return byKey;
        byKey = [.. points.Values];
        Array.Sort([.. byKey.Select(point => point.Key)], byKey, StringComparer.Ordinal);
        return byKey;
    }

    private void Rearm(PointState point)
    {
        var (run, kept) = (0, point.KeepMs);
        (point.KeepMs, point.Learns, point.HearsLate) = (0, false, false);
        Dictionary<DayWindowSpec, int>? days = null;
        point.HearsAgent = options.HearsAgents && point.Alarms.Exists(alarm => alarm.Rule.AtEdge);
        foreach (var alarm in point.Alarms) Need(alarm.Rule);
        foreach (var member in point.Memberships) Need(member.Group.Rule);
        if (point.KeepMs == 0) point.History = null;
        else if (kept > 0 && point.KeepMs > kept) point.History?.Widen();
        point.DayValues.RemoveAll(values => days?.ContainsKey(values.Spec) != true);
        foreach (var (spec, size) in days ?? [])
        {
            if (!point.DayValues.Exists(values => values.Spec == spec)) point.DayValues.Add(new DayValues(spec));
            point.DayValues.Find(values => values.Spec == spec)!.Resize(size);
        }
        if (!point.Learns) point.Normal = null;
        // What was decided under the old rules and context stays.
        if (point.HearsLate) point.Past?.Forget(point.Clock);
        else point.Past = null;
        if (run == 0) point.Recent = null;
        else (point.Recent ??= new RecentValues()).Resize(run);
        queue.Set(point, point.WallOf(point.NextDue()));

        void Need(RuleRuntime rule)
        {
            point.KeepMs = Math.Max(point.KeepMs, rule.WindowMs);
            run = Math.Max(run, rule.Definition.LongestRun);
            point.Learns |= rule.Definition.UsesLearnedNormal;
            foreach (var (spec, size) in rule.Definition.DayWindows) (days ??= [])[spec] = Math.Max(size, days.GetValueOrDefault(spec));
            point.HearsLate |= rule.HearsLate;
        }
    }
}
