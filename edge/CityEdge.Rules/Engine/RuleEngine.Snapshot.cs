using System.Buffers;
using System.Security.Cryptography;
using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    private const int FormatVersion = 8;
    private const int HashLength = 16;

    // Least bytes of one of each, in any format that is read, so that a count cannot ask for more memory than the snapshot has bytes.
    private const int RuleSize = 16;
    private const int PointSize = 60;
    private const int SampleSize = 52;
    private const int AlarmSize = 98;
    private static ReadOnlySpan<byte> Magic => "CityEdgeRules"u8;

    /// <summary>Writes all state: format version, each rule's id, version and hash of its text, each point's clock, samples and alarms, the same of subjects of events, and a check sum.</summary>
    public void Save(IBufferWriter<byte> to)
    {
        using var writer = new SnapshotWriter(to);
        foreach (var b in Magic) writer.Byte(b);
        writer.Int(FormatVersion);
        writer.Long(wallMs);
        writer.Long(IgnoredReadings);
        writer.Long(FutureReadings);
        writer.Long(UnknownPointReadings);
        writer.Int(rules.Count);
        var indexes = new Dictionary<RuleRuntime, int>();
        foreach (var rule in rules.Values)
        {
            indexes[rule] = indexes.Count;
            writer.Text(rule.Definition.Id);
            writer.Int(rule.Definition.Version);
            writer.Long((long)rule.SourceHash);
        }
        writer.Int(points.Count);
        foreach (var point in PointsByKey()) SavePoint(writer, point, indexes);
        SaveSubjects(writer, indexes);
        SaveGroups(writer, indexes);
        writer.CheckSum(HashLength);
    }

    /// <summary>
    /// Builds an engine from a snapshot. State of unchanged rules and known points goes on as if there had been no restart; other rules start anew, and alarms that can no longer be followed are closed
    /// in <see cref="RuleEngineLoad.Transitions"/>. Damaged bytes give <see cref="RuleEngineLoad.Error"/>. <paramref name="subjectContext"/> says what rules may know of a subject of events; without it
    /// nothing but its id.
    /// </summary>
    public static RuleEngineLoad Load(ReadOnlySpan<byte> from, RuleEngineOptions options, IEnumerable<RuleDefinition> rules, IEnumerable<PointContext> points, Func<PointId, PointContext>? subjectContext = null)
    {
        if (from.Length < Magic.Length + HashLength || !from.StartsWith(Magic)) return Refused("is not a snapshot of rule state");
        var body = from[..^HashLength];
        if (!SHA256.HashData(body).AsSpan(0, HashLength).SequenceEqual(from[^HashLength..])) return Refused("is damaged: its check sum does not fit");
        var reader = new SnapshotReader(body[Magic.Length..]);
        var version = reader.Int();
        if (version is < 1 or > FormatVersion) return Refused($"has format {version}, expected 1 to {FormatVersion}");

        var engine = new RuleEngine(options) { wallMs = reader.Long(), IgnoredReadings = reader.Long(), FutureReadings = reader.Long(), UnknownPointReadings = reader.Long() };
        var savedRules = new (string Id, int Version, ulong Hash)[reader.Count(RuleSize)];
        for (var i = 0; i < savedRules.Length; i++) savedRules[i] = (reader.Text(), reader.Int(), (ulong)reader.Long());
        var output = new List<AlarmTransition>();
        // Nothing is due before the state is in place, so building with the saved wall time fires nothing.
        var wall = engine.wallMs == long.MinValue ? 0 : engine.wallMs;
        foreach (var rule in rules) engine.rules[rule.Id] = new RuleRuntime(rule);
        var contexts = new Dictionary<PointId, PointContext>();
        foreach (var point in points) contexts[point.Id] = point;
        for (var count = reader.Count(PointSize); count > 0 && !reader.Failed; count--) LoadPoint(ref reader, version, engine, savedRules, contexts, wall, output);
        // Before format 4 no rule was on events.
        if (version > 3)
        {
            engine.UnheardEvents = reader.Long();
            for (var count = reader.Count(SubjectSize); count > 0 && !reader.Failed; count--) LoadSubject(ref reader, engine, savedRules, subjectContext, wall, output);
        }
        if (version > 4 && !reader.Failed) LoadGroups(ref reader, engine, savedRules, wall, output);
        if (reader.Failed || reader.Remaining != 0) return Refused("is damaged: it ends in the middle");
        foreach (var point in contexts.Values)
        {
            if (!engine.points.ContainsKey(point.Id)) engine.SetPoint(point, wall, output);
        }
        return new RuleEngineLoad(engine, null, output);

        static RuleEngineLoad Refused(string why) => new(null, $"the snapshot {why}; load the one before it, or start from stored readings", []);
    }

    private static void SavePoint(SnapshotWriter writer, PointState point, Dictionary<RuleRuntime, int> indexes)
    {
        SaveId(writer, point.Context.Id);
        // What may still be preceded is heard again at loading.
        ref var clock = ref point.Past is { Count: > 0 } past ? ref past.Settled : ref point.Clock;
        SaveClock(writer, point.AnnouncedMs, clock);
        writer.Bool(clock.LastText is not null);
        if (clock.LastText is { } text) writer.Text(text);
        foreach (var interval in clock.Intervals) writer.Long(interval);
        writer.Long(point.History?.FirstMs ?? long.MaxValue);
        writer.Int(point.History?.Count ?? 0);
        for (var i = 0; i < (point.History?.Count ?? 0); i++)
        {
            var sample = point.History![i];
            writer.Long(sample.TimeMs);
            writer.Double(sample.Last);
            writer.Double(sample.Sum);
            writer.Double(sample.Min);
            writer.Double(sample.Max);
            writer.Int(sample.Count);
            writer.Long(sample.GapMs);
            writer.Double(sample.SquaredDeviations);
        }
        writer.Int(point.Recent?.Count ?? 0);
        for (var back = (point.Recent?.Count ?? 0) - 1; back >= 0; back--) 
        {
            writer.Double(point.Recent![back]);
            writer.Byte((byte)point.Recent.QualityOf(back));
        }
        writer.Bool(point.Normal is not null);
        point.Normal?.Save(writer);
        writer.Int(point.DayValues.Count);
        foreach (var days in point.DayValues) days.Save(writer);
        writer.Byte((byte)clock.LastQuality);
        writer.Int(point.Alarms.Count);
        foreach (var alarm in point.Alarms)
        {
            writer.Int(indexes[alarm.Rule]);
            SaveAlarm(writer, alarm.Memory);
        }
        SavePast(writer, point);
    }

    private static void SaveId(SnapshotWriter writer, PointId id)
    {
        writer.Text(id.Site);
        writer.Text(id.Device);
        writer.Text(id.Name);
    }

    private static PointId LoadId(ref SnapshotReader reader) => new(reader.Text(), reader.Text(), reader.Text());

    private static void SaveClock(SnapshotWriter writer, long announcedMs, in PointClock clock)
    {
        writer.Long(announcedMs);
        writer.Bool(clock.HasReading);
        writer.Long(clock.LastEventMs);
        writer.Long(clock.LastArrivalMs);
        writer.Long(clock.LastValueMs);
        writer.Double(clock.LastValue);
    }

    private static (long AnnouncedMs, PointClock Clock) LoadClock(ref SnapshotReader reader) => (reader.Long(), new PointClock
    {
        HasReading = reader.Bool(),
        LastEventMs = reader.Long(),
        LastArrivalMs = reader.Long(),
        LastValueMs = reader.Long(),
        LastValue = reader.Double(),
    });

    private static void LoadPoint(ref SnapshotReader reader, int version, RuleEngine engine, (string Id, int Version, ulong Hash)[] savedRules, Dictionary<PointId, PointContext> contexts, long wall, List<AlarmTransition> output)
    {
        var id = LoadId(ref reader);
        var known = contexts.TryGetValue(id, out var context);
        var (announced, clock) = LoadClock(ref reader);
        // Before format 6 no rule compared texts.
        clock.LastText = version > 5 && reader.Bool() ? reader.Text() : null;
        foreach (ref var interval in clock.Intervals) interval = reader.Long();
        var state = new PointState(context ?? new PointContext(id, PointKind.Value, null, new Dictionary<string, string>(), new Dictionary<string, double>(), TimeZoneInfo.Utc), announced) { Clock = clock };
        var firstMs = reader.Long();
        var samples = new Sample[reader.Count(SampleSize)];
        for (var i = 0; i < samples.Length; i++) samples[i] = new Sample(reader.Long(), reader.Double(), reader.Double(), reader.Double(), reader.Double(), reader.Int(), reader.Long(), version == 1 ? 0 : reader.Double());
        if (firstMs != long.MaxValue)
        {
            state.History = new SampleHistory();
            state.History.Restore(firstMs, samples);
        }
        // Format 1 knew neither deviations nor last values: no rule of its time used them. A first stddev over samples it had merged is too small until they leave the window.
        var recent = version == 1 ? 0 : reader.Count(sizeof(double));
        if (recent > 0) (state.Recent = new RecentValues()).Resize(recent);
        for (var i = 0; i < recent; i++) state.Recent!.Add(reader.Double(), version > 6 ? (Quality)reader.Byte() : Quality.Good);
        // Format 2 knew no learned normal.
        if (version > 2 && reader.Bool()) state.Normal = LearnedNormal.Load(ref reader);
        // Before format 7 no rule looked at hours of days, nor at marks.
        for (var count = version > 6 ? reader.Count(DayValues.SavedSize) : 0; count > 0 && !reader.Failed; count--) state.DayValues.Add(DayValues.Load(ref reader));
        if (version > 6) state.LastQuality = (Quality)reader.Byte();
        var memories = new Dictionary<string, (AlarmMemory Memory, (string Id, int Version, ulong Hash) Rule)>(StringComparer.Ordinal);
        var savedAlarms = new List<RuleDefinition?>();
        for (var count = reader.Count(AlarmSize); count > 0 && !reader.Failed; count--)
        {
            var index = reader.Int();
            var memory = LoadAlarm(ref reader);
            if (index < 0 || index >= savedRules.Length) continue;
            memories[savedRules[index].Id] = (memory, savedRules[index]);
            savedAlarms.Add(engine.rules.GetValueOrDefault(savedRules[index].Id)?.Definition);
        }
        // Before format 8 a late reading was not heard.
        var past = version > 7 ? LoadPast(ref reader, state, recent > 0, savedAlarms) : null;
        if (reader.Failed) return;
        var eventNow = state.EventNow(wall);
        if (known)
        {
            engine.Add(state);
            engine.index.Add(state);
            foreach (var rule in engine.rules.Values)
            {
                if (!rule.Matches(state.Context)) continue;
                if (rule.Definition.Level is not null)
                {
                    engine.Join(rule, state, wall);
                    continue;
                }
                var alarm = new AlarmInstance(rule, state, engine.options, engine.index, eventNow);
                if (memories.TryGetValue(rule.Definition.Id, out var saved) && saved.Rule.Version == rule.Definition.Version && saved.Rule.Hash == rule.SourceHash)
                {
                    alarm.Restore(saved.Memory, eventNow);
                    memories.Remove(rule.Definition.Id);
                }
                state.Alarms.Add(alarm);
            }
            engine.Rearm(state);
            // What was decided under rules that are no longer the same stays.
            if (past is not null && state.HearsLate && memories.Count == 0 && state.Alarms.Count == savedAlarms.Count) past.GiveTo(state);
        }
        foreach (var (memory, rule) in memories.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => pair.Value))
        {
            if (memory.Open) output.Add(Lost(id, rule.Id, rule.Version, memory, false, eventNow));
            if (memory.NoDataOpen) output.Add(Lost(id, rule.Id, rule.Version, memory, true, eventNow));
        }
    }

    private static AlarmTransition Lost(PointId point, string rule, int version, in AlarmMemory memory, bool noData, long eventNow)
    {
        var raisedAt = noData ? memory.NoDataRaisedAtMs : memory.RaisedAtMs;
        var severity = noData ? memory.NoDataSeverity : memory.Severity;
        return new AlarmTransition(AlarmIds.Of(rule, point, noData, raisedAt), rule, version, point, AlarmChange.Cleared, severity, Math.Max(eventNow, raisedAt), raisedAt, null, AlarmReason.RuleChanged, noData ? memory.NoDataDispatched : memory.Dispatched, noData);
    }

    private static void SaveAlarm(SnapshotWriter writer, in AlarmMemory m)
    {
        for (var i = 0; i < StepTimes.Length; i++) writer.Long(m.Since[i]);
        writer.Byte(m.Raw);
        writer.Byte(m.True);
        writer.Byte(m.Elapsed);
        writer.Byte((byte)((m.ClearTrue ? 1 : 0) | (m.Open ? 2 : 0) | (m.Dispatched ? 4 : 0) | (m.NoDataOpen ? 8 : 0) | (m.NoDataDispatched ? 16 : 0) | (m.Verified ? 32 : 0) | (m.Active ? 64 : 0) | (m.AwaitsWord ? 128 : 0)));
        writer.Byte((byte)m.Severity);
        writer.Byte((byte)m.NoDataSeverity);
        writer.Long(m.ActiveUntilMs);
        writer.Long(m.ClearSinceMs);
        writer.Long(m.RaisedAtMs);
        writer.Long(m.NoDataRaisedAtMs);
        writer.Long(m.StartMs);
        writer.Long(m.AgeDoneMs);
    }

    private static AlarmMemory LoadAlarm(ref SnapshotReader reader)
    {
        var m = new AlarmMemory();
        for (var i = 0; i < StepTimes.Length; i++) m.Since[i] = reader.Long();
        (m.Raw, m.True, m.Elapsed) = (reader.Byte(), reader.Byte(), reader.Byte());
        var flags = reader.Byte();
        (m.ClearTrue, m.Open, m.Dispatched, m.NoDataOpen) = ((flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0);
        (m.NoDataDispatched, m.Verified, m.Active, m.AwaitsWord) = ((flags & 16) != 0, (flags & 32) != 0, (flags & 64) != 0, (flags & 128) != 0);
        (m.Severity, m.NoDataSeverity) = ((Severity)reader.Byte(), (Severity)reader.Byte());
        (m.ActiveUntilMs, m.ClearSinceMs, m.RaisedAtMs) = (reader.Long(), reader.Long(), reader.Long());
        (m.NoDataRaisedAtMs, m.StartMs, m.AgeDoneMs) = (reader.Long(), reader.Long(), reader.Long());
        return m;
    }
}
