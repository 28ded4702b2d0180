using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Live;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Ingest;

/// <summary>
/// Folds journal records into registry and rule engine, in journal order, and says what is to be written (<see cref="Effects"/>). Single-threaded;
/// the same records always give the same effects.
/// </summary>
public sealed partial class RuleFold(HubOptions options, HubRegistry registry, RuleEngine engine, AlarmDesk desk, TicketStore tickets, LiveStream live, HubMetrics metrics, TimeZoneInfo zone, Dictionary<string, RuleDefinition> rules)
{
    private const int LettersPerMessage = 100;
    private const int SmallPayload = 4096;
    private readonly Dictionary<string, int> lastVersions = [];
    private readonly List<AlarmTransition> transitions = [];
    private readonly HashSet<DeviceEntry> seen = [];
    private readonly MessageDecoder decoder = new(options, registry);
    private long newestArrival;

    /// <summary>What changes of rules did to open alarms, for the answers.</summary>
    public RuleOutcomes Outcomes { get; } = new();

    /// <summary>Rules in force, as the engine has them.</summary>
    public IReadOnlyDictionary<string, RuleDefinition> Rules => rules;

    /// <summary>
    /// True while records are folded whose effects are stored: the registry is ahead of them, so a point is announced to the engine by the record that registered it,
    /// and changes of rules, assets and points are there already.
    /// </summary>
    public bool Recovering { get; set; }

    /// <summary>Tells the fold the highest version ever given to each rule's id.</summary>
    public void Begin(IReadOnlyDictionary<string, int> versions)
    {
        foreach (var (id, version) in versions) lastVersions[id] = version;
    }

    /// <summary>Folds one record. What it refuses is an effect too: a dead letter.</summary>
    public void Fold(in LogRecord record, Effects effects)
    {
        if (record.TimeMs > newestArrival) Advance(record.TimeMs, effects);
        switch (record.Kind)
        {
            case JournalKind.Publish: FoldPublish(record, effects); break;
            case HubChange.RecordKind: FoldChange(record, effects); break;
        }
    }

    /// <summary>The wall clock of a drained journal, or the arrival time of the next record: fires what is due before it.</summary>
    public void Advance(long wallMs, Effects effects)
    {
        newestArrival = Math.Max(newestArrival, wallMs);
        desk.Advance(engine, wallMs, transitions, decisions);
        Write(wallMs, effects);
    }

    /// <summary>Fires ticket deadlines that the event clocks of their points have reached by <paramref name="wallMs"/>.</summary>
    public void FireDeadlines(long wallMs, Effects effects)
    {
        foreach (var (anchor, due) in tickets.AnchoredDeadlines)
        {
            // A point that the engine does not know has the wall clock.
            if ((engine.WallTimeOf(anchor, due) ?? due) > wallMs) continue;
            var now = Math.Max(due, engine.EventNow(anchor, wallMs));
            effects.Add(tx => tx.FireDeadlines(anchor, now));
        }
    }

    /// <inheritdoc cref="EngineRecovery.Differences" />
    public IReadOnlyList<AlarmTransition> DifferencesFromStore(long nowMs) => EngineRecovery.Differences(tickets, registry, engine, nowMs);

    private void FoldPublish(in LogRecord record, Effects effects)
    {
        if (MessageDecoder.IsForeign(record.Body.Span)) return;
        if (!PublishRecord.TryDecode(record.Body, out var publish))
        {
            Refuse(record, effects, "", null, new Refusal(RefusalReason.BadRecord, "The journal record is not a PUBLISH of a known format.", -1), record.Body);
            return;
        }
        // Recovering, the registry is ahead of the record.
        var message = decoder.Decode(publish, record.TimeMs, Recovering ? record.Position : null);
        if (message.Kind == MessageKind.NotOurs) return;
        var device = message.Site is null ? null : $"{message.Site}/{message.Device}";
        // A message that is refused as a whole registers nobody.
        var entry = message.Kind == MessageKind.Refused ? null : registry.GetOrAddDevice(message.Site!, message.Device!);
        RefuseAll(record, effects, publish, device, message.Refusals);
        if (entry is null) return;
        if (entry.LastSeenMs == 0) Save(entry, effects);
        entry.LastSeenMs = Math.Max(entry.LastSeenMs, record.TimeMs);
        seen.Add(entry);
        var position = record.Position;
        switch (message.Kind)
        {
            case MessageKind.Telemetry:
                foreach (var (reading, kind) in message.Readings) Apply(reading, kind, record.TimeMs, position, effects);
                metrics.Accepted(message.Readings.Count);
                break;
            case MessageKind.Status:
                FoldStatus(entry, message.Status!, publish, record, effects);
                metrics.Accepted(0);
                break;
            case MessageKind.ConfigReported:
                FoldReport(entry, message.Reported!, effects);
                metrics.Accepted(0);
                break;
            case MessageKind.Event:
                foreach (var cloudEvent in message.Events)
                {
                    var time = record.TimeMs;
                    effects.Add(tx => EventTable.Add(tx.Connection, device!, cloudEvent, time));
                    ApplyEvent(entry, cloudEvent, time, effects);
                    if (cloudEvent.Type == EdgeAlarm.EventType) ApplyEdge(entry, cloudEvent, publish, record, effects);
                }
                metrics.Accepted(0);
                break;
            default:
                metrics.Accepted(0);
                break;
        }
    }

    /// <summary>Devices heard of since the last snapshot: when they were last seen is saved with it, not with every message.</summary>
    public void SaveSeen(Effects effects)
    {
        foreach (var entry in seen) effects.Add(tx => RegistryTables.SaveSeen(tx.Connection, entry));
        seen.Clear();
    }

    private void FoldStatus(DeviceEntry entry, DeviceStatus status, PublishRecord publish, in LogRecord record, Effects effects)
    {
        var (arrivalMs, position) = (record.TimeMs, record.Position);
        var online = status.IsOnline;
        if (online != entry.Online || entry.SinceMs == 0) (entry.Online, entry.SinceMs) = (online, arrivalMs);
        // The will carries no more than the state: what the device announced while it was online stays.
        if (online || entry.StatusJson is null) entry.StatusJson = System.Text.Encoding.UTF8.GetString(publish.Payload.Span);
        Save(entry, effects);
        var refusals = new List<Refusal>();
        for (var i = 0; i < status.Points.Count; i++)
        {
            var announced = status.Points[i];
            var kind = announced.PointKind;
            var id = new PointId(entry.Site, entry.Device, announced.Name);
            var point = registry.FindPoint(id) ?? Register(id, kind, announced.Unit, ReadingType.None, arrivalMs, position, effects);
            if (point is null)
            {
                refusals.Add(decoder.NoRoom(id, i));
                continue;
            }
            if (Recovering && point.RegisteredAt == position) SetPoint(point, arrivalMs, effects);
            if (point.Patched) continue;
            var labels = announced.Labels ?? new Dictionary<string, string>();
            var asset = announced.Asset ?? point.Asset;
            if (point.Kind == kind && point.Asset == asset && point.SourceUnit == announced.Unit && Same(point.Labels, labels)) continue;
            Remember(point, position, effects);
            point.SourceUnit = announced.Unit;
            if (point.Type == ReadingType.None || point.Kind == PointKind.Value) (point.Kind, point.Unit) = (kind, PointKinds.CanonicalUnit(kind) ?? announced.Unit);
            (point.Asset, point.Labels) = (asset, labels);
            SetPoint(point, arrivalMs, effects);
        }
        RefuseAll(record, effects, publish, entry.Id, refusals);
    }

    private static bool Same(IReadOnlyDictionary<string, string> a, IReadOnlyDictionary<string, string> b) => a.Count == b.Count && a.All(pair => b.TryGetValue(pair.Key, out var value) && value == pair.Value);

    private void Save(DeviceEntry entry, Effects effects)
    {
        effects.Add(tx => RegistryTables.Save(tx.Connection, entry));
        effects.Devices.Add(entry.Id);
    }

    /// <summary>Before a point changes: readings before this record are decoded and stored as what it was.</summary>
    private void Remember(PointEntry point, long position, Effects effects)
    {
        var (id, past) = (point.Id, new PastPoint(position, point.Kind, point.Unit, point.SourceUnit));
        registry.History.Add(id, past);
        effects.Add(tx => RegistryTables.Save(tx.Connection, id, past));
    }

    /// <summary>Null when a cap refuses the point. Of readings the decoder has said so already.</summary>
    private PointEntry? Register(PointId id, PointKind kind, string? unit, ReadingType type, long arrivalMs, long position, Effects effects)
    {
        if (!decoder.HasRoomFor(id)) return null;
        var point = new PointEntry(id, kind, PointKinds.CanonicalUnit(kind) ?? unit, type) { RegisteredAt = position, SourceUnit = type == ReadingType.None ? unit : null };
        registry.Put(point);
        SetPoint(point, arrivalMs, effects);
        return point;
    }

    private void SetPoint(PointEntry point, long arrivalMs, Effects effects)
    {
        effects.Add(tx => RegistryTables.Save(tx.Connection, point));
        effects.Points.Add(point.Id);
        effects.ForceSnapshot = true;
        transitions.Clear();
        var context = TicketRouting.Context(point, registry, zone);
        engine.SetPoint(context, arrivalMs, transitions);
        engine.SetSubject(context, arrivalMs, transitions);
        Emit(transitions, arrivalMs, effects);
        desk.Moved(point.Id, arrivalMs, decisions);
        Write(arrivalMs, effects);
    }

    private void Apply(in Reading reading, PointKind kind, long arrivalMs, long position, Effects effects)
    {
        var point = registry.FindPoint(reading.Point) ?? Register(reading.Point, kind, reading.Unit, reading.Value.Type, arrivalMs, position, effects);
        if (point is null) return;
        if (Recovering && point.RegisteredAt == position) SetPoint(point, arrivalMs, effects);
        if (point.Type == ReadingType.None)
        {
            (point.Type, point.Unit) = (reading.Value.Type, point.Unit ?? reading.Unit);
            effects.Add(tx => RegistryTables.Save(tx.Connection, point));
        }
        if (point.Last is not { } last || reading.TimeMs >= last.TimeMs) point.Last = reading;
        live.Reading(reading);
        if (reading.Quality.HasFlag(Quality.FutureTime)) return;
        var id = reading.Point;
        var time = reading.TimeMs;
        transitions.Clear();
        engine.Apply(reading, arrivalMs, transitions);
        Emit(transitions, arrivalMs, effects);
        desk.OnReading(id, time, arrivalMs, decisions);
        if (decisions.Count > 0) Write(arrivalMs, effects);
        FireDeadlines(id, time, effects);
        for (var i = engine.AssetPointCount(id) - 1; i >= 0; i--)
        {
            var stand = engine.AssetPointOf(id, i);
            FireDeadlines(stand, engine.EventNow(stand, arrivalMs), effects);
        }
    }

    private void FireDeadlines(PointId id, long time, Effects effects)
    {
        if (effects.IsTouched(id) || tickets.EarliestDue(id) <= time) effects.Add(tx => tx.FireDeadlines(id, time));
    }

    private void ApplyEvent(DeviceEntry device, CloudEvent cloudEvent, long arrivalMs, Effects effects)
    {
        if (EventSubjects.Of(device, cloudEvent.Subject) is not { } id) return;
        transitions.Clear();
        engine.ApplyEvent(id, cloudEvent, ContextOf, arrivalMs, transitions);
        Emit(transitions, arrivalMs, effects);
        var now = engine.EventNow(id, arrivalMs);
        if (effects.IsTouched(id) || tickets.EarliestDue(id) <= now) effects.Add(tx => tx.FireDeadlines(id, now));
    }

    private PointContext ContextOf(PointId subject) => TicketRouting.Context(EventSubjects.Entry(subject, registry), registry, zone);

    private void FoldChange(in LogRecord record, Effects effects)
    {
        if (HubChange.Decode(record.Body.Span) is not { } change)
        {
            Refuse(record, effects, "", null, new Refusal(RefusalReason.BadRecord, "The journal record is not a change of a known format.", -1), record.Body);
            return;
        }
        if (change.Desk is { } act) FoldDesk(act, change.Actor, record, effects);
        // Recovering, the registry is ahead of the record; the desk is not.
        if (Recovering || change.Desk is not null) return;
        effects.ForceSnapshot = true;
        effects.Reconfigured |= change.Rules is { Count: > 0 } || change.Assets is { Count: > 0 };
        var outcomes = new List<RuleOutcome>();
        foreach (var rule in change.Rules ?? []) FoldRule(rule, change.Actor, record.TimeMs, effects, outcomes);
        Outcomes.Put(record.NextPosition, outcomes);
        if (change.Assets is { Count: > 0 } assets) FoldAssets(assets, record.TimeMs, effects);
        if (change.Point is { } patch && PointId.TryParse(patch.Id, out var id) && registry.FindPoint(id) is { } point)
        {
            Remember(point, record.Position, effects);
            if (patch.Kind is not null && PointKinds.TryParse(patch.Kind, out var kind) && kind != point.Kind) (point.Kind, point.Unit, point.SourceUnit) = (kind, PointKinds.CanonicalUnit(kind), null);
            if (patch.Unit is not null && PointKinds.CanonicalUnit(point.Kind) is null) point.Unit = patch.Unit;
            else point.SourceUnit = patch.Unit ?? point.SourceUnit;
            point.Asset = patch.Asset ?? point.Asset;
            point.Labels = patch.Labels ?? point.Labels;
            point.Patched = true;
            SetPoint(point, record.TimeMs, effects);
        }
    }

    private void FoldRule(RuleChange change, string actor, long atMs, Effects effects, List<RuleOutcome> outcomes)
    {
        var active = registry.FindRule(change.Id);
        if (active?.Yaml == change.Yaml) return;
        var version = lastVersions.GetValueOrDefault(change.Id) + 1;
        transitions.Clear();
        if (change.Yaml is null)
        {
            engine.RemoveRule(change.Id, atMs, transitions);
            Emit(transitions, atMs, effects);
            rules.Remove(change.Id);
            registry.RemoveRule(change.Id);
        }
        else
        {
            // Validated before it was journaled; a later hub that no longer accepts it keeps the version that runs.
            if (RuleParser.Parse(change.Yaml, change.Id).Rule is not { } parsed) return;
            var rule = parsed with { Version = version };
            var (choice, alarms) = (change.OpenAlarms ?? OpenAlarms.Close, new List<AlarmOutcome>());
            engine.SetRule(rule, choice, atMs, transitions, alarms);
            outcomes.AddRange(alarms.Select(alarm => new RuleOutcome(rule.Id, choice, alarm)));
            rules[rule.Id] = rule;
            Emit(transitions, atMs, effects);
            registry.Put(new StoredRule(rule.Id, version, change.Yaml, actor, change.Reason, atMs));
        }
        lastVersions[change.Id] = version;
        effects.Add(tx => RegistryTables.Save(tx.Connection, change.Id, version, change.Yaml, actor, change.Reason, atMs));
    }

    private void FoldAssets(IReadOnlyList<Asset> assets, long atMs, Effects effects)
    {
        foreach (var asset in assets)
        {
            registry.Put(asset);
            effects.Add(tx => RegistryTables.Save(tx.Connection, asset));
        }
        var changed = assets.Select(a => a.Id).ToHashSet();
        foreach (var point in registry.Points.Where(p => registry.PathOf(p).Any(a => changed.Contains(a.Id))).OrderBy(p => p.Id.ToString(), StringComparer.Ordinal).ToList())
        {
            SetPoint(point, atMs, effects);
        }
        foreach (var subject in engine.EventSubjects.Where(id => registry.FindPoint(id) is null && registry.PathOf(EventSubjects.Entry(id, registry)).Any(a => changed.Contains(a.Id))).OrderBy(id => id.ToString(), StringComparer.Ordinal).ToList())
        {
            transitions.Clear();
            engine.SetSubject(ContextOf(subject), atMs, transitions);
            Emit(transitions, atMs, effects);
        }
    }

    /// <summary>Every refusal is counted; of one message at most <see cref="LettersPerMessage"/> are kept, and not each with a copy of a large payload, so that one message cannot fill the disk.</summary>
    private void RefuseAll(in LogRecord record, Effects effects, PublishRecord publish, string? device, IReadOnlyList<Refusal> refusals)
    {
        for (var i = 0; i < refusals.Count; i++)
        {
            if (i >= LettersPerMessage)
            {
                metrics.Refused(refusals[i].Reason);
                continue;
            }
            var last = i == LettersPerMessage - 1 && refusals.Count > LettersPerMessage ? $" {refusals.Count - LettersPerMessage} more of this message are counted only." : "";
            var payload = i == 0 || publish.Payload.Length <= SmallPayload ? publish.Payload : ReadOnlyMemory<byte>.Empty;
            Refuse(record, effects, publish.Topic, device, refusals[i] with { Message = refusals[i].Message + last }, payload);
        }
    }

    private void Refuse(in LogRecord record, Effects effects, string topic, string? device, Refusal refusal, ReadOnlyMemory<byte> payload)
    {
        metrics.Refused(refusal.Reason);
        if (device is not null && registry.FindDevice(device) is { } entry)
        {
            entry.Refused(refusal.Reason);
            effects.Devices.Add(device);
        }
        var letter = DeadLetters.Create(record.Position, record.TimeMs, topic, device, refusal.Reason, refusal.Message, refusal.Index, payload);
        effects.Add(tx => DeadLetters.Add(tx.Connection, letter));
    }
}
