using CityEdge.Contracts;

namespace CityEdge.Rules;

public sealed partial class RuleEngine
{
    /// <summary>Most (subject, type) of one device that event rules follow; events of others are counted in <see cref="UnheardEvents"/>.</summary>
    public const int MaxSubjectsPerDevice = 200;

    private const long MostAheadMs = 300_000;

    private readonly Dictionary<PointId, List<PointState>> subjects = [];
    private readonly Dictionary<(string Site, string Device), int> subjectsOfDevice = [];

    /// <summary>Events of a type and subject that rules follow which they did not hear: sent twice, more than 2 min older than the newest of their subject, more than 5 min ahead, or of one subject too many.</summary>
    public long UnheardEvents { get; private set; }

    /// <summary>Subjects that event rules follow.</summary>
    public IReadOnlyCollection<PointId> EventSubjects => subjects.Keys;

    private IEnumerable<PointState> Subjects => subjects.Values.SelectMany(types => types);

    /// <summary>
    /// Applies an event that arrived at <paramref name="arrivalMs"/> to the rules on its type, after everything that was due before. <paramref name="subject"/> is what it is about, and what the alarm
    /// carries as its point; it need not be one. An event without a time happened when it arrived. Events of one subject that come in another order than they happened, each at most 2 min late, end in the
    /// same alarms.
    /// </summary>
    /// <param name="subject">Device and what of it the event is about.</param>
    /// <param name="cloudEvent">The event; the same source and id again is the same event.</param>
    /// <param name="contextOf">What rules may know of a subject, asked when it is first heard of.</param>
    /// <param name="arrivalMs">Wall time.</param>
    /// <param name="output">Takes what happens.</param>
    public void ApplyEvent(PointId subject, CloudEvent cloudEvent, Func<PointId, PointContext> contextOf, long arrivalMs, List<AlarmTransition> output)
    {
        if (queue.FirstKey < arrivalMs) Advance(arrivalMs, output);
        wallMs = Math.Max(wallMs, arrivalMs);
        var time = cloudEvent.TimeMs ?? arrivalMs;
        if ((FindSubject(subject, cloudEvent.Type) ?? Begin(subject, cloudEvent.Type, contextOf, time, arrivalMs)) is not { } state) return;
        var heard = false;
        if (time <= arrivalMs + MostAheadMs)
        {
            var hash = Identity(cloudEvent);
            foreach (var alarm in state.Alarms) heard |= alarm.Hear(time, hash, cloudEvent.Data, arrivalMs, output);
        }
        if (!heard)
        {
            UnheardEvents++;
            return;
        }
        if (!state.HasReading || time >= state.LastEventMs) (state.HasReading, state.LastEventMs, state.LastArrivalMs) = (true, time, arrivalMs);
        var due = state.NextDue();
        if (due != long.MaxValue) queue.Lower(state, state.WallOf(due));
    }

    /// <summary>Changes what rules know of a subject that they follow; of another nothing.</summary>
    public void SetSubject(PointContext subject, long nowMs, List<AlarmTransition> output)
    {
        if (!subjects.TryGetValue(subject.Id, out var types)) return;
        Advance(nowMs, output);
        foreach (var state in types.ToList())
        {
            if (state.Context.SameAs(subject)) continue;
            state.Context = subject;
            Rematch(state, nowMs, output);
            if (state.Alarms.Count == 0) Forget(state);
        }
    }

    private PointState? Find(PointId id) => points.TryGetValue(id, out var state) ? state : subjects.TryGetValue(id, out var types) ? types[0] : null;

    private List<PointState> SubjectsOf(PointId id) => subjects.TryGetValue(id, out var types) ? types : [];

    private PointState? FindSubject(PointId id, string type)
    {
        if (!subjects.TryGetValue(id, out var types)) return null;
        foreach (var state in types)
        {
            if (state.EventType == type) return state;
        }
        return null;
    }

    /// <summary>A subject heard of for the first time; null when no rule listens, or not to it.</summary>
    private PointState? Begin(PointId id, string type, Func<PointId, PointContext> contextOf, long timeMs, long arrivalMs)
    {
        if (!rules.Values.Any(rule => rule.Definition.EventType == type)) return null;
        var state = new PointState(contextOf(id), arrivalMs, type) { LastEventMs = timeMs };
        var listening = rules.Values.Where(rule => rule.Matches(state.Context, type)).ToList();
        if (listening.Count == 0) return null;
        if (timeMs > arrivalMs + MostAheadMs || !Follow(state))
        {
            UnheardEvents++;
            return null;
        }
        foreach (var rule in listening) Attach(rule, state, arrivalMs);
        return state;
    }

    private bool Follow(PointState state)
    {
        var id = state.Context.Id;
        var count = subjectsOfDevice.GetValueOrDefault((id.Site, id.Device));
        if (count >= MaxSubjectsPerDevice) return false;
        subjectsOfDevice[(id.Site, id.Device)] = count + 1;
        if (!subjects.TryGetValue(id, out var types)) subjects[id] = types = [];
        types.Add(state);
        types.Sort((a, b) => string.CompareOrdinal(a.EventType, b.EventType));
        return true;
    }

    private void Forget(PointState state)
    {
        var id = state.Context.Id;
        queue.Remove(state);
        if (subjects[id].Remove(state) && subjects[id].Count == 0) subjects.Remove(id);
        if (--subjectsOfDevice[(id.Site, id.Device)] == 0) subjectsOfDevice.Remove((id.Site, id.Device));
    }

    /// <summary>FNV-1a over source and id: the same on every run, as a snapshot needs.</summary>
    private static ulong Identity(CloudEvent cloudEvent)
    {
        var hash = 14695981039346656037;
        foreach (var c in cloudEvent.Source) hash = (hash ^ c) * 1099511628211;
        hash = (hash ^ 0x1_0000) * 1099511628211;
        foreach (var c in cloudEvent.Id) hash = (hash ^ c) * 1099511628211;
        return hash;
    }
}
