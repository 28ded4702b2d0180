using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    // Least bytes of a group and of a member, as for the other counts of a snapshot.
    private const int GroupSize = 170;
    private const int MemberSize = 28;

    private void SaveGroups(SnapshotWriter writer, Dictionary<RuleRuntime, int> indexes)
    {
        writer.Int(rules.Values.Sum(rule => rule.Groups.Count));
        foreach (var group in rules.Values.SelectMany(rule => rule.Groups.Values.OrderBy(group => group.Point.Key, StringComparer.Ordinal)))
        {
            var point = group.Point;
            writer.Int(indexes[group.Rule]);
            SaveId(writer, point.Context.Id);
            writer.Text(group.Asset);
            SaveClock(writer, point.AnnouncedMs, point.Clock);
            writer.Long(group.SupportedUntilMs);
            writer.Long(group.SettlingUntilMs);
            var live = group.Members.Values.Where(member => member.Live).OrderBy(member => member.Point.Key, StringComparer.Ordinal).ToList();
            writer.Int(live.Count);
            foreach (var member in live)
            {
                SaveId(writer, member.Point.Context.Id);
                writer.Int((int)member.Met);
                writer.Int((int)member.Known);
                writer.Long(member.ExpiresMs);
            }
            SaveAlarm(writer, point.Alarms[0].Memory);
        }
    }

    private static void LoadGroups(ref SnapshotReader reader, RuleEngine engine, (string Id, int Version, ulong Hash)[] savedRules, long wall, List<AlarmTransition> output)
    {
        for (var count = reader.Count(GroupSize); count > 0 && !reader.Failed; count--)
        {
            var index = reader.Int();
            var id = LoadId(ref reader);
            var asset = reader.Text();
            var (announced, clock) = LoadClock(ref reader);
            var (supported, settling) = (reader.Long(), reader.Long());
            var members = new (PointId Id, uint Met, uint Known, long ExpiresMs)[reader.Count(MemberSize)];
            for (var i = 0; i < members.Length; i++) members[i] = (LoadId(ref reader), (uint)reader.Int(), (uint)reader.Int(), reader.Long());
            var memory = LoadAlarm(ref reader);
            if (reader.Failed || index < 0 || index >= savedRules.Length) return;
            var rule = savedRules[index];
            if (engine.rules.TryGetValue(rule.Id, out var runtime) && runtime.Definition.Version == rule.Version && runtime.SourceHash == rule.Hash && runtime.Groups.TryGetValue((id.Site, asset), out var group))
            {
                var point = group.Point;
                (point.AnnouncedMs, point.Clock) = (announced, clock);
                (group.SupportedUntilMs, group.SettlingUntilMs) = (supported, settling);
                foreach (var (memberId, met, known, expires) in members)
                {
                    if (group.Members.TryGetValue(memberId, out var member)) group.Restore(member, met, known, expires);
                }
                point.Alarms[0].Restore(memory, point.EventNow(wall));
                engine.queue.Set(point, point.WallOf(point.NextDue()));
                continue;
            }
            var eventNow = clock.LastEventMs + (wall - clock.LastArrivalMs);
            if (memory.Open) output.Add(Lost(id, rule.Id, rule.Version, memory, false, eventNow));
            if (memory.NoDataOpen) output.Add(Lost(id, rule.Id, rule.Version, memory, true, eventNow));
        }
    }
}
