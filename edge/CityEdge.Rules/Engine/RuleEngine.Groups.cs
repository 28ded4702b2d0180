using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    private static readonly Dictionary<string, string> NoLabels = [];

    /// <summary>The points that stand for assets with an alarm of their own (<see cref="AssetPoints"/>), each once, by id.</summary>
    public IEnumerable<PointId> AssetPointIds => rules.Values.SelectMany(rule => rule.Groups.Values).Select(group => group.Point.Context.Id).Distinct().OrderBy(id => id.ToString(), StringComparer.Ordinal);

    /// <summary>How many alarms of assets the point's readings have a part in; see <see cref="AssetPointOf"/>.</summary>
    public int AssetPointCount(PointId point) => points.TryGetValue(point, out var state) ? state.Memberships.Count : 0;

    /// <summary>The <paramref name="index"/>-th point that stands for an asset of which <paramref name="point"/> has a part.</summary>
    public PointId AssetPointOf(PointId point, int index) => points[point].Memberships[index].Group.Point.Context.Id;

    private List<PointState> States(PointId id)
    {
        var found = new List<PointState>();
        if (points.TryGetValue(id, out var state)) found.Add(state);
        if (AssetPoints.Stands(id)) found.AddRange(rules.Values.SelectMany(rule => rule.Groups.Values).Where(group => group.Point.Context.Id == id).Select(group => group.Point));
        return found;
    }

    /// <summary>Rules may have different points below one asset: the clock of those that spoke last is its clock, not that of a rule whose points are silent.</summary>
    private PointState? Clock(PointId id) => Find(id) ?? (AssetPoints.Stands(id) ? States(id).MaxBy(state => (state.HasReading, state.LastArrivalMs, state.LastEventMs)) : null);

    /// <summary>The group that a point belongs to under a rule over assets; null when no such asset is above it.</summary>
    private static (string Site, string Asset)? GroupKey(RuleRuntime rule, PointState point)
    {
        var context = point.Context;
        var asset = rule.Definition.Level switch
        {
            "asset" => point.Home,
            "site" => context.Ancestor("site") ?? context.Id.Site,
            var level => context.Ancestor(level!),
        };
        return asset is null ? null : (context.Id.Site, asset);
    }

    private static PointContext GroupContext(PointContext member, PointState point, string asset)
    {
        var id = asset == point.Home && member.Asset is null ? AssetPoints.OfDevice(member.Id) : AssetPoints.OfAsset(member.Id.Site, asset);
        AssetLevel[] path = [.. member.Path.SkipWhile(level => level.Id != asset)];
        var attributes = new Dictionary<string, AttributeValue>();
        foreach (var level in path)
        {
            foreach (var (name, value) in level.Attributes ?? new Dictionary<string, AttributeValue>()) attributes.TryAdd(name, value);
        }
        return new PointContext(id, member.Kind, id == AssetPoints.OfDevice(member.Id) ? null : asset, NoLabels, attributes, member.Zone) { Path = path, Position = member.Position };
    }

    private void Join(RuleRuntime rule, PointState point, long nowMs)
    {
        if (GroupKey(rule, point) is not { } key) return;
        if (!rule.Groups.TryGetValue(key, out var group))
        {
            var stand = new PointState(GroupContext(point.Context, point, key.Asset), nowMs, rule: rule.Definition.Id);
            rule.Groups[key] = group = new AssetGroup(rule, key.Asset, stand);
            stand.Group = group;
            stand.Alarms.Add(new AlarmInstance(rule, stand, options, index, nowMs));
        }
        var member = new GroupMember(group, point, index);
        group.Members[point.Context.Id] = member;
        var place = point.Memberships.FindIndex(other => string.CompareOrdinal(other.Group.Rule.Definition.Id, rule.Definition.Id) > 0);
        point.Memberships.Insert(place < 0 ? point.Memberships.Count : place, member);
        queue.Set(group.Point, group.Point.WallOf(group.Point.NextDue()));
    }

    /// <summary>Takes a point out of a group; the last one closes the group's alarm.</summary>
    private void Leave(GroupMember member, long nowMs, List<AlarmTransition> output)
    {
        var group = member.Group;
        group.Remove(member);
        member.Point.Memberships.Remove(member);
        if (group.Members.Count == 0) Dissolve(group, nowMs, output);
    }

    private void Dissolve(AssetGroup group, long nowMs, List<AlarmTransition> output)
    {
        foreach (var alarm in group.Point.Alarms) alarm.Abandon(group.Point.EventNow(nowMs), output);
        queue.Remove(group.Point);
        group.Rule.Groups.Remove((group.Point.Context.Id.Site, group.Asset));
    }

    private void DropGroups(RuleRuntime rule, long nowMs, List<AlarmTransition> output)
    {
        foreach (var group in rule.Groups.Values.OrderBy(group => group.Point.Key, StringComparer.Ordinal).ToList())
        {
            foreach (var member in group.Members.Values)
            {
                member.Point.Memberships.Remove(member);
                Rearm(member.Point);
            }
            Dissolve(group, nowMs, output);
        }
    }

    /// <summary>After a point has changed: it leaves groups that it no longer belongs to and joins those that it does.</summary>
    private void Regroup(PointState point, long nowMs, List<AlarmTransition> output)
    {
        if (point.EventType is not null) return;
        for (var i = point.Memberships.Count - 1; i >= 0; i--)
        {
            var member = point.Memberships[i];
            var rule = member.Group.Rule;
            if (!rule.Matches(point.Context) || GroupKey(rule, point) != (member.Group.Point.Context.Id.Site, member.Group.Asset))
            {
                Leave(member, nowMs, output);
                continue;
            }
            member.Inputs.Bind();
            member.Group.Point.Context = GroupContext(point.Context, point, member.Group.Asset);
            foreach (var alarm in member.Group.Point.Alarms) alarm.Bind();
        }
        foreach (var rule in rules.Values)
        {
            if (rule.Definition.Level is not null && rule.Matches(point.Context) && !point.Memberships.Exists(member => member.Group.Rule == rule)) Join(rule, point, nowMs);
        }
    }

    /// <summary>A reading of a member is one of its group too: the clock goes on, and the alarm is judged by the new sums.</summary>
    private void Hear(GroupMember member, long timeMs, bool valued, long arrivalMs, List<AlarmTransition> output)
    {
        var group = member.Group;
        var point = group.Point;
        var first = !point.HasReading;
        var newer = first || timeMs > point.LastEventMs;
        var now = newer ? timeMs : point.LastEventMs;
        if (point.QueueIndex >= 0 && point.QueueKey - point.LastArrivalMs + point.LastEventMs < now) FireUntil(point, now - 1, arrivalMs, output);
        var judged = valued && group.Hear(member, timeMs, now);
        if (judged)
        {
            foreach (var alarm in point.Alarms) alarm.Pause(now);
            group.SupportedUntilMs = Math.Max(group.SupportedUntilMs, member.ExpiresMs);
            point.LastValueMs = now;
            point.LastValue = group.Rule.Headline!.Evaluate(new EvaluationContext { Group = group });
        }
        // Of a point that lags behind the others nothing is learnt of the time.
        if (newer) (point.HasReading, point.LastEventMs, point.LastArrivalMs) = (true, timeMs, arrivalMs);
        foreach (var alarm in point.Alarms) alarm.OnReading(now, judged, first, arrivalMs, output);
        var due = point.NextDue();
        if (due != long.MaxValue) queue.Lower(point, point.WallOf(due));
    }

    private static void FireAt(PointState point, long dueMs, long decidedMs, List<AlarmTransition> output)
    {
        if (point.Group is { } group && group.Expire(dueMs))
        {
            point.LastValue = group.Rule.Headline!.Evaluate(new EvaluationContext { Group = group });
            foreach (var alarm in point.Alarms) alarm.Judge(dueMs, decidedMs, output);
        }
        foreach (var alarm in point.Alarms)
        {
            if (alarm.NextDue() <= dueMs) alarm.FireDue(dueMs, decidedMs, output);
        }
    }
}
