using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// A shared subscription (MQTT 5.0 §4.8.2): one queue, many members, each message to one of them. The queue belongs to the group: a member that is away or full holds
/// nothing up, and what an ended session had not acknowledged goes to another.
/// </summary>
internal sealed class SharedGroup(BrokerCore core, string key, string filter) : Feed(core)
{
    private readonly List<(Session Session, SubscriptionEntry Subscription, DeliveryNote Note)> _members = [];
    private readonly SortedSet<long> _returned = [];
    private const int MostBound = 65_536;
    private readonly SortedSet<long> _bound = [];
    private readonly byte[] _filterUtf8 = Encoding.UTF8.GetBytes(filter);
    private int _next;
    private bool _stuck;
    private volatile bool _waiting;

    /// <summary><c>$share/group/filter</c>.</summary>
    public string Key { get; } = key;

    public string Filter { get; } = filter;

    /// <summary>The trie's entry, once added.</summary>
    public SubscriptionEntry? Entry { get; set; }

    /// <summary>Progress since the last progress record.</summary>
    public bool Dirty { get; set; }

    public int MemberCount
    {
        get
        {
            lock (Gate) return _members.Count;
        }
    }

    protected override bool WantsMore => !_stuck && _members.Exists(m => m.Session.Online);

    public void Join(Session session, SubscriptionEntry subscription)
    {
        lock (Gate)
        {
            _members.RemoveAll(m => m.Session == session);
            _members.Add((session, subscription, new DeliveryNote(subscription.Note?.Ids ?? DeliveryNote.NoIds, Group: this)));
        }
        WakeIfWaiting();
    }

    public void Leave(Session session)
    {
        lock (Gate) _members.RemoveAll(m => m.Session == session);
    }

    /// <summary>Takes back what an ended session had not acknowledged.</summary>
    public void Return(IEnumerable<long> positions)
    {
        lock (Gate)
        {
            foreach (var position in positions) _returned.Add(position);
            _waiting = true;
        }
        Wake();
    }

    public void WakeIfWaiting()
    {
        if (_waiting) Wake();
    }

    /// <summary>The router's hand-over. Takes the gate.</summary>
    public void Offer(JournalMessage message)
    {
        lock (Gate)
        {
            if (message.Position < Position) return;
            if (!Behind && Dispatch(message))
            {
                Position = message.NextPosition;
                return;
            }
            var qos = _members.Count == 0 ? QoS.AtMostOnce : (QoS)Math.Min((byte)message.QoS, _members.Max(m => (byte)m.Subscription.QoS));
            if (!Behind && qos == QoS.AtMostOnce && !_members.Exists(m => m.Session.Online))
            {
                Core.Counters.Dropped(DropReason.Offline);
                return;
            }
            _waiting = true;
            Queue(message);
            // A member may have become free between the refusal and the flag.
            if (_members.Exists(m => m.Session.Online)) Wake();
        }
    }

    protected override bool Replay(JournalMessage message)
    {
        if (!TopicFilter.Matches(_filterUtf8, message.Topic)) return true;
        if (_bound.Contains(message.Position))
        {
            // A member got it before a crash, and it is that member's alone (MQTT-4.8.2-5).
            Dequeued(message);
            return true;
        }
        if (!Dispatch(message))
        {
            _stuck = true;
            return false;
        }
        Dequeued(message);
        return true;
    }

    protected override void BeforeChunk()
    {
        _stuck = false;
        while (_returned.Count > 0)
        {
            var position = _returned.Min;
            if (JournalReader.ReadOne(Core.Journal, position) is { } message && !Dispatch(message)) return;
            _returned.Remove(position);
        }
        if (!Behind) _waiting = false;
    }

    private bool Dispatch(JournalMessage message)
    {
        for (var i = 0; i < _members.Count; i++)
        {
            _next = (_next + 1) % _members.Count;
            var (session, subscription, note) = _members[_next];
            if (!session.TryTake(message, subscription, note)) continue;
            Dirty = true;
            session.Connection?.KickLater();
            return true;
        }
        return false;
    }

    /// <summary>A journaled member has a QoS 2 message under a packet id. Under the gate, or while loading.</summary>
    public void Bind(long position)
    {
        _bound.Add(position);
        // Only where a member without a lasting session holds an older message and never acknowledges it.
        if (_bound.Count > MostBound) _bound.Remove(_bound.Min);
    }

    /// <summary>Snapshot only. Takes the gate.</summary>
    public void WriteBound(in RecordWriter writer)
    {
        lock (Gate) Session.WritePositions(writer, _bound);
    }

    /// <summary>The backlog is over its cap: dropped and counted, since no one session of the group owns it.</summary>
    public void DropBacklog(long routed)
    {
        lock (Gate)
        {
            if (!Behind) return;
            Core.Counters.Bitten(QueuedBytes > Core.Options.MaxQueuedBytesPerSession ? BrokerLimit.QueuedBytesPerSession : BrokerLimit.PinnedJournalBytes);
            Core.Counters.Dropped(DropReason.QueueFull, QueuedMessages);
            Position = routed;
            CaughtUp();
        }
    }

    /// <summary>A snapshot's position: what is below the snapshot and above it is read from the journal once a member is there. Only while loading.</summary>
    public void Resume(long position, long snapshot)
    {
        Position = position;
        Behind = _waiting = position < snapshot;
        LastQueued = Behind ? snapshot : position;
    }

    /// <summary>Lowest position needed: what waits, and what a member that ends with its connection has not acknowledged. Takes the gate, then the members'.</summary>
    public long NeededFrom(long routed)
    {
        lock (Gate)
        {
            var lowest = _returned.Count > 0 ? Math.Min(_returned.Min, ResumePosition(routed)) : ResumePosition(routed);
            foreach (var (session, _, _) in _members) lowest = Math.Min(lowest, session.LowestInFlight(this));
            OutgoingOnce.Trim(_bound, lowest);
            return lowest;
        }
    }
}
