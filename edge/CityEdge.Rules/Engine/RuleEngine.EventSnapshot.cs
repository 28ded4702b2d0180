using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Subjects of events in a snapshot.</summary>
public sealed partial class RuleEngine
{
    private const int SubjectSize = 40;
    private const int EventSize = 16;
    private const int ToldSize = 30;

    private void SaveSubjects(SnapshotWriter writer, Dictionary<RuleRuntime, int> indexes)
    {
        writer.Long(UnheardEvents);
        var states = Subjects.OrderBy(state => state.Key, StringComparer.Ordinal).ToList();
        writer.Int(states.Count);
        foreach (var state in states)
        {
            SaveId(writer, state.Context.Id);
            writer.Text(state.EventType!);
            writer.Long(state.AnnouncedMs);
            writer.Long(state.LastEventMs);
            writer.Long(state.LastArrivalMs);
            writer.Int(state.Alarms.Count);
            foreach (var alarm in state.Alarms)
            {
                writer.Int(indexes[alarm.Rule]);
                SaveAlarm(writer, alarm.Memory);
                SaveEvents(writer, alarm.Events!);
            }
        }
    }

    private static void SaveEvents(SnapshotWriter writer, EventMemory events)
    {
        SaveAlarm(writer, events.Settled);
        writer.Long(events.SettledMs);
        writer.Long(events.FiredMs);
        var history = events.History;
        writer.Int(history.Slots);
        writer.Int(history.Count);
        for (var back = history.Count - 1; back >= 0; back--)
        {
            writer.Long(history.TimeOf(back));
            writer.Long((long)history.HashOf(back));
            for (var slot = 0; slot < history.Slots; slot++) writer.Double(history.Value(back, slot));
        }
        writer.Int(events.Pending);
        writer.Int(events.Told.Count);
        foreach (var told in events.Told) SaveTold(writer, told);
    }

    private static void SaveTold(SnapshotWriter writer, AlarmTransition told)
    {
        writer.Byte((byte)told.Change);
        writer.Byte((byte)told.Severity);
        writer.Byte((byte)told.Reason);
        writer.Bool(told.Dispatch);
        writer.Bool(told.NoData);
        writer.Long(told.AtMs);
        writer.Long(told.RaisedAtMs);
        writer.Bool(told.Value is not null);
        writer.Double(told.Value ?? 0);
    }

    /// <summary>Null, and only read past, without the rule.</summary>
    private static AlarmTransition? LoadTold(ref SnapshotReader reader, RuleDefinition? rule, PointId id)
    {
        var (change, severity, reason) = ((AlarmChange)reader.Byte(), (Severity)reader.Byte(), (AlarmReason)reader.Byte());
        var (dispatch, noData, at, raisedAt) = (reader.Bool(), reader.Bool(), reader.Long(), reader.Long());
        var (valued, value) = (reader.Bool(), reader.Double());
        return rule is null ? null : new AlarmTransition(AlarmIds.Of(rule.Id, id, noData, raisedAt), rule.Id, rule.Version, id, change, severity, at, raisedAt, valued ? value : null, reason, dispatch, noData);
    }

    private static void LoadSubject(ref SnapshotReader reader, RuleEngine engine, (string Id, int Version, ulong Hash)[] savedRules, Func<PointId, PointContext>? contextOf, long wall, List<AlarmTransition> output)
    {
        var id = LoadId(ref reader);
        var type = reader.Text();
        var context = contextOf?.Invoke(id) ?? new PointContext(id, PointKind.Value, null, new Dictionary<string, string>(), new Dictionary<string, double>(), TimeZoneInfo.Utc);
        var state = new PointState(context, reader.Long(), type) { HasReading = true, LastEventMs = reader.Long(), LastArrivalMs = reader.Long() };
        var eventNow = state.EventNow(wall);
        for (var count = reader.Count(AlarmSize); count > 0 && !reader.Failed; count--)
        {
            var index = reader.Int();
            var memory = LoadAlarm(ref reader);
            var saved = index >= 0 && index < savedRules.Length ? savedRules[index] : default;
            var rule = saved.Id is null ? null : engine.rules.GetValueOrDefault(saved.Id);
            var same = rule is not null && rule.Definition.Version == saved.Version && rule.SourceHash == saved.Hash && rule.Matches(context, type);
            var events = LoadEvents(ref reader, same ? rule : null, id);
            if (reader.Failed) return;
            if (same && events is not null)
            {
                var alarm = new AlarmInstance(rule!, state, engine.options, engine.index, eventNow);
                // A timer may have fired before an event took the clock back.
                alarm.Restore(memory, Math.Max(eventNow, events.FiredMs));
                alarm.RestoreEvents(events);
                state.Alarms.Add(alarm);
                continue;
            }
            if (memory.Open) output.Add(Lost(id, saved.Id ?? "", saved.Version, memory, false, eventNow));
            if (memory.NoDataOpen) output.Add(Lost(id, saved.Id ?? "", saved.Version, memory, true, eventNow));
        }
        if (!engine.rules.Values.Any(rule => rule.Matches(context, type)) || !engine.Follow(state)) return;
        foreach (var rule in engine.rules.Values)
        {
            if (rule.Matches(context, type) && !state.Alarms.Exists(alarm => alarm.Rule == rule)) engine.Attach(rule, state, wall);
        }
        engine.Rearm(state);
    }

    /// <summary>Null, and only read past, when the rule is not what it was.</summary>
    private static EventMemory? LoadEvents(ref SnapshotReader reader, RuleRuntime? rule, PointId id)
    {
        var settled = LoadAlarm(ref reader);
        var (settledMs, firedMs) = (reader.Long(), reader.Long());
        var slots = reader.Count(0);
        var events = rule?.Definition.Events is { } needs && needs.Fields.Length == slots ? new EventMemory(needs, settled) { SettledMs = settledMs, FiredMs = firedMs } : null;
        var row = new double[Math.Min(slots, EventHistory.MaxCount)];
        var count = reader.Count(EventSize);
        for (var i = 0; i < count && !reader.Failed; i++)
        {
            var (time, hash) = (reader.Long(), (ulong)reader.Long());
            for (var slot = 0; slot < row.Length; slot++) row[slot] = reader.Double();
            events?.History.Insert(time, hash, row, i);
        }
        var pending = reader.Int();
        for (var told = reader.Count(ToldSize); told > 0 && !reader.Failed; told--)
        {
            if (LoadTold(ref reader, events is null ? null : rule!.Definition, id) is { } transition) events!.Told.Add(transition);
        }
        if (pending < 0 || pending > count) return null;
        if (events is not null) events.Pending = pending;
        return events;
    }
}
