using System.Collections.Concurrent;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// One loop that follows the durable journal and hands each message to the retained store and to every matching subscriber. Everything that must happen "between two
/// messages" (a subscription taking effect, a snapshot) is an operation queued at a journal position, so its order is the journal's.
/// </summary>
internal sealed class Router(BrokerCore core, RetainedStore retained)
{
    private const int BatchRecords = 512;
    private const int BatchBytes = 1 << 20;

    private readonly SubscriptionTrie<SubscriptionEntry> _trie = new();
    private readonly ConcurrentQueue<(long At, Action Run)> _operations = new();
    private readonly List<SubscriptionEntry> _matches = [];
    private readonly List<Session> _targets = [];
    private readonly HashSet<Session> _touched = [];
    private readonly List<LogRecord> _records = new(BatchRecords);
    private readonly AsyncSignal _signal = new();

    // The loop alone changes the trie, under this lock; so it reads without it, and others read under it.
    private readonly Lock _trieGate = new();
    private long _epoch;
    private int _subscriptions;
    private int _preparing;
    private int _trieVersion;

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
        _records.Clear();
        core.Journal.Read(core.RoutedEnd, _records, BatchRecords, BatchBytes);
        foreach (var log in _records)
        {
            RunOperations(log.Position);
            Route(log);
            core.RoutedEnd = log.NextPosition;
        }
        RunOperations(core.RoutedEnd);
        foreach (var session in _touched) session.KickOutput();
        _touched.Clear();
        AfterBatch();
        return _records.Count > 0 || Ready();
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
        if (JournalMessage.From(log) is not { } message)
        {
            BrokerLog.RecordSkipped(core.Logger, log.Position, log.Kind);
            return;
        }
        if (message.Record.Retain && !retained.Apply(message)) core.Counters.Dropped(DropReason.RetainedFull);
        _matches.Clear();
        _trie.Match(message.Record.Topic, _matches);
        if (_matches.Count == 0) return;
        _targets.Clear();
        _epoch++;
        foreach (var entry in _matches)
        {
            if (entry.Owner is SharedGroup group)
            {
                group.Offer(message);
            }
            else if (entry.Owner is Session session)
            {
                if (session.MatchEpoch != _epoch)
                {
                    session.MatchEpoch = _epoch;
                    session.Match = default;
                    _targets.Add(session);
                }
                session.Match.Merge(entry, message.Record, session.Owns(message.Record));
            }
        }
        foreach (var session in _targets)
        {
            if (!session.Match.Matched) continue;
            session.Offer(message, session.Match);
            _touched.Add(session);
        }
    }

    /// <summary>Adds or replaces a subscription; true when the filter is new to the session. On the loop, or while loading.</summary>
    public bool Subscribe(Session session, SubscriptionEntry subscription)
    {
        var entry = subscription with { Owner = session };
        bool isNew;
        lock (session.Gate)
        {
            isNew = !session.Subscriptions.Remove(subscription.Filter, out var old);
            session.Subscriptions[subscription.Filter] = entry;
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
        lock (session.Gate)
        {
            if (!session.Subscriptions.Remove(filter, out old)) return false;
        }
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
            var matches = new List<SubscriptionEntry>();
            _trie.Match(topic, matches);
            (version, none) = (_trieVersion, matches.Count == 0);
        }
        return none;
    }

    /// <summary>Whether anyone subscribes to a topic. On the loop.</summary>
    public bool IsWanted(string topic)
    {
        var matches = new List<SubscriptionEntry>();
        _trie.Match(topic, matches);
        return matches.Count > 0;
    }

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
