using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// One loop that follows the durable journal and hands each message to the retained store and to every matching subscriber. Everything that must happen "between two
/// messages" (a subscription taking effect, a snapshot) is an operation queued at a journal position, so its order is the journal's.
/// </summary>
internal sealed class Router(BrokerCore core, RetainedStore retained)
{
    private const int BatchBytes = 128 << 10;
    private const int BatchDeliveries = 4096;
    private const int ForgetRoutesEvery = 1024;

    private readonly SubscriptionTrie<SubscriptionEntry> _trie = new();
    private readonly ConcurrentQueue<(long At, Action Run)> _operations = new();
    private readonly List<SubscriptionEntry> _matches = [];
    private readonly List<RouteTarget> _targets = [];
    private readonly List<SharedGroup> _groups = [];
    private readonly List<Session> _touched = [];
    private readonly RouteCache _routes = new();
    private readonly JournalMessage _message = JournalMessage.View();
    private readonly LogChunk _chunk = new();
    private readonly AsyncSignal _signal = new();

    // The loop alone changes the trie, under this lock; so it reads without it, and others read under it.
    private readonly Lock _trieGate = new();
    private long _epoch;
    private int _subscriptions;
    private int _preparing;
    private int _trieVersion;
    private int _removals;
    private int _deliveries;

    public Dictionary<string, SharedGroup> Groups { get; } = new(StringComparer.Ordinal);

    /// <summary>Subscriptions of all sessions.</summary>
    public int Subscriptions => Volatile.Read(ref _subscriptions);

    /// <summary>Runs on the loop after each batch.</summary>
    public Action AfterBatch { get; set; } = static () => { };

    /// <summary>
    /// Tells whoever runs the turns that there may be work: called by any thread, also under a session's gate; must return at once. Null: wakes <see cref="RunAsync"/>.
    /// Set before the broker starts.
    /// </summary>
    public Action? Wake { get; set; }

    public void Signal()
    {
        if (Wake is { } wake) wake();
        else _signal.Set();
    }

    /// <summary>Runs <paramref name="run"/> on the loop once everything below <paramref name="at"/> is routed.</summary>
    public void Enqueue(long at, Action run)
    {
        _operations.Enqueue((at, run));
        Signal();
    }

    /// <summary>
    /// Held by whoever appends a record whose effect is an operation, until that is queued: meanwhile no snapshot is taken, for it might stand past the record and not yet
    /// contain its effect.
    /// </summary>
    public Preparation Prepare() => new(this);

    internal readonly ref struct Preparation
    {
        private readonly Router _router;

        public Preparation(Router router)
        {
            _router = router;
            Interlocked.Increment(ref router._preparing);
        }

        public void Dispose() => Interlocked.Decrement(ref _router._preparing);
    }

    /// <summary>True when the state contains the effect of every record routed. On the loop.</summary>
    public bool Settle()
    {
        if (Volatile.Read(ref _preparing) != 0) return false;
        RunOperations(core.RoutedEnd);
        return true;
    }

    /// <summary>Turns until cancelled, waiting for <see cref="Signal"/> between them. Not for a broker whose <see cref="Wake"/> is another loop's.</summary>
    public async Task RunAsync(CancellationToken ct)
    {
        while (!ct.IsCancellationRequested)
        {
            if (!RunTurn()) await _signal.WaitAsync(ct).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// One bounded batch: durable records, the operations at their positions, what subscribers are sent, <see cref="AfterBatch"/>. True when more is ready: call again. One
    /// thread at a time; a throw leaves <see cref="BrokerCore.RoutedEnd"/> past what was routed, so that the next turn goes on there.
    /// </summary>
    public bool RunTurn()
    {
        var records = core.Journal.Read(core.RoutedEnd, _chunk, BatchBytes);
        _deliveries = 0;
        foreach (var log in _chunk)
        {
            RunOperations(log.Position);
            Route(log);
            core.RoutedEnd = log.NextPosition;
            if (_deliveries >= BatchDeliveries) break;
        }
        RunOperations(core.RoutedEnd);
        foreach (var session in _touched)
        {
            session.Touched = false;
            session.KickOutput();
        }
        _touched.Clear();
        AfterBatch();
        return records > 0 || Ready();
    }

    private bool Ready() => _operations.TryPeek(out var head) && head.At <= core.RoutedEnd;

    private void RunOperations(long position)
    {
        while (_operations.TryPeek(out var head) && head.At <= position)
        {
            // Dequeued after it has run: whoever finds the queue empty sees its effect.
            head.Run();
            _operations.TryDequeue(out _);
        }
    }

    /// <summary>Hands out one record; state records mean nothing here, their effect came with their operation (or, while loading, from the fold).</summary>
    public void Route(in LogRecord log)
    {
        core.RoutingEnd = log.NextPosition;
        if (log.Kind != JournalKind.Publish) return;
        var message = _message;
        if (!message.TryLoad(log))
        {
            BrokerLog.RecordSkipped(core.Logger, log.Position, log.Kind);
            return;
        }
        var route = RouteOf(message);
        message.SetTopicText(route.Topic);
        if (message.Retain && retained.Apply(message) is { } full)
        {
            core.Counters.Dropped(DropReason.RetainedFull);
            core.Counters.Bitten(full);
        }
        foreach (var group in route.Groups) group.Offer(message);
        var targets = route.Targets;
        message.Many = targets.Length > 1;
        _deliveries += targets.Length;
        foreach (ref readonly var target in targets)
        {
            var plan = target.PlanFor(message);
            if (!plan.Matched) continue;
            var session = target.Session;
            session.Offer(message, plan);
            if (session.Touched) continue;
            session.Touched = true;
            _touched.Add(session);
        }
    }

    private TopicRoute RouteOf(JournalMessage message)
    {
        var route = _routes.Find(message.Topic);
        if (route is null)
        {
            route = new TopicRoute(message.TopicText);
            WorkOut(route);
            _routes.Keep(route);
        }
        else if (route.Version != _trieVersion)
        {
            var before = route.Cost;
            WorkOut(route);
            _routes.Refit(route, before);
        }
        return route;
    }

    private void WorkOut(TopicRoute route)
    {
        _matches.Clear();
        _targets.Clear();
        _groups.Clear();
        _trie.Match(route.Topic, _matches);
        _epoch++;
        foreach (var entry in _matches)
        {
            if (entry.Owner is SharedGroup group)
            {
                _groups.Add(group);
            }
            else if (entry.Owner is Session session)
            {
                if (session.MatchEpoch != _epoch)
                {
                    session.MatchEpoch = _epoch;
                    session.MatchIndex = _targets.Count;
                    _targets.Add(new RouteTarget(session));
                }
                CollectionsMarshal.AsSpan(_targets)[session.MatchIndex].Merge(entry);
            }
        }
        route.Set(_trieVersion, CollectionsMarshal.AsSpan(_targets), _groups);
    }

    /// <summary>Adds or replaces a subscription; true when the filter is new to the session. On the loop, or while loading.</summary>
    public bool Subscribe(Session session, SubscriptionEntry subscription)
    {
        var entry = subscription with { Owner = session };
        bool isNew;
        lock (session.Gate)
        {
            var old = session.Put(entry);
            isNew = old is null;
            if (old is not null && !old.IsShared) Remove(old);
        }
        if (isNew) Interlocked.Increment(ref _subscriptions);
        if (!entry.IsShared)
        {
            Add(entry);
            return isNew;
        }
        if (!Groups.TryGetValue(entry.Filter, out var group))
        {
            Groups[entry.Filter] = group = new SharedGroup(core, entry.Filter, entry.Inner);
            group.Entry = entry with { Owner = group };
            Add(group.Entry);
        }
        if (isNew) session.Groups = [.. session.Groups, group];
        group.Join(session, entry);
        return isNew;
    }

    /// <summary>Removes a subscription; false when there was none. On the loop, or while loading.</summary>
    public bool Unsubscribe(Session session, string filter)
    {
        SubscriptionEntry? old;
        lock (session.Gate) old = session.Take(filter);
        if (old is null) return false;
        Interlocked.Decrement(ref _subscriptions);
        if (!old.IsShared)
        {
            Remove(old);
        }
        else if (Groups.TryGetValue(filter, out var group))
        {
            group.Leave(session);
            session.Groups = [.. session.Groups.Where(g => g != group)];
            if (group.MemberCount == 0)
            {
                Groups.Remove(filter);
                if (group.Entry is { } entry) Remove(entry);
            }
        }
        return true;
    }

    private void Add(SubscriptionEntry entry)
    {
        lock (_trieGate)
        {
            _trie.Add(entry.Inner, entry);
            _trieVersion++;
        }
    }

    private void Remove(SubscriptionEntry entry)
    {
        lock (_trieGate)
        {
            _trie.Remove(entry.Inner, entry);
            _trieVersion++;
        }
        // A route that nobody asks for any more would keep sessions in memory that have ended.
        if (++_removals % ForgetRoutesEvery == 0) _routes.Clear();
    }

    /// <summary>
    /// True when it is sure that no subscription matches a message appended before this call, for reason code 0x10; false also when a subscription is only on its way.
    /// Any thread. <paramref name="version"/> and <paramref name="none"/> are the caller's memory for one topic; a new topic begins with version -1.
    /// </summary>
    public bool NobodyMatches(string topic, ref int version, ref bool none)
    {
        if (Volatile.Read(ref _preparing) != 0 || !_operations.IsEmpty) return false;
        if (Volatile.Read(ref _trieVersion) == version) return none;
        lock (_trieGate)
        {
            (version, none) = (_trieVersion, !_trie.Any(topic));
        }
        return none;
    }

    /// <summary>Whether anyone subscribes to a topic. On the loop.</summary>
    public bool IsWanted(string topic) => _trie.Any(topic);

    /// <summary>Removes all of an ended session's subscriptions and hands its unacknowledged shared messages on. On the loop, or while loading.</summary>
    public void Forget(Session session)
    {
        List<InFlight> shared;
        lock (session.Gate) shared = session.TakeShared();
        foreach (var filter in session.Subscriptions.Keys.ToList()) Unsubscribe(session, filter);
        foreach (var byGroup in shared.GroupBy(f => f.Group!))
        {
            if (Groups.ContainsValue(byGroup.Key)) byGroup.Key.Return(byGroup.Select(f => f.Position));
        }
    }
}
