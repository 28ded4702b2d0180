using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>
/// A reader of the journal on behalf of a session or a shared subscription. While it keeps up, the router hands it each message. When it cannot take one, it notes the
/// position and falls <see cref="Behind"/>: from there it reads the journal itself, so that a slow or absent subscriber costs disk and never memory.
/// </summary>
internal abstract class Feed : IThreadPoolWorkItem
{
    private const int LeastReach = 8 * 1024;
    private const int MostReach = 256 * 1024;
    private int _wakes;
    private int _reach = LeastReach;
    private bool _overflowReported;
    private FeedHaste? _haste;

    protected Feed(BrokerCore core) => Core = core;

    public BrokerCore Core { get; }

    /// <summary>Guards everything of the feed. Order: a group's gate before a session's; a session's before its connection's output.</summary>
    public Lock Gate { get; } = new();

    /// <summary>True while messages from <see cref="Position"/> on must be read from the journal.</summary>
    public bool Behind { get; protected set; }

    /// <summary>Everything below is done with or in flight. While not behind, the router's position is the true one.</summary>
    public long Position { get; protected set; }

    /// <summary>Position of the newest matching message that was left to the journal.</summary>
    protected long LastQueued { get; set; }

    /// <summary>Bytes of matching messages left to the journal.</summary>
    public long QueuedBytes { get; protected set; }

    public int QueuedMessages { get; protected set; }

    /// <summary>True while a chunk could be used at once. Called under the gate.</summary>
    protected abstract bool WantsMore { get; }

    /// <summary>Offers a message read back from the journal, a view good for this call only; false = no room, stop here. Called under the gate.</summary>
    protected abstract bool Replay(JournalMessage message);

    /// <summary>Runs after a chunk, under the gate.</summary>
    protected virtual void AfterChunk()
    {
    }

    /// <summary>Work beside the journal (returned messages of a group), under the gate.</summary>
    protected virtual void BeforeChunk()
    {
    }

    /// <summary>Leaves a message to the journal. Under the gate.</summary>
    protected void Queue(JournalMessage message)
    {
        if (!Behind)
        {
            Behind = true;
            Position = message.Position;
            Core.Counters.FellBehind();
        }
        LastQueued = message.Position;
        QueuedBytes += message.Size;
        QueuedMessages++;
        var over = IsOverCap(message.Position);
        if (over && !_overflowReported) Core.Overflowed(this);
        _overflowReported = over;
    }

    /// <summary>True when too much waits, or what waits is so old that it keeps too much of the journal. Under the gate.</summary>
    public bool IsOverCap(long routed) => Behind && (QueuedBytes > Core.Options.MaxQueuedBytesPerSession || routed - Position > Core.MaxPinnedBytes);

    /// <summary>Asks for a catch-up. Never loses a request made while one is ending.</summary>
    public void Wake()
    {
        if (Interlocked.Increment(ref _wakes) == 1) Core.Later(this);
    }

    public void Execute()
    {
        var seen = Volatile.Read(ref _wakes);
        bool more;
        try
        {
            more = CatchUp();
        }
        catch (Exception failure)
        {
            // On a pool thread: a fault here must not end the process. What waits stays in the journal and is tried at the next wake.
            Core.JournalReadFailed(failure);
            more = false;
        }
        if (more)
        {
            // One chunk a turn: thousands of sessions resuming together share the pool fairly.
            Core.Later(this);
            return;
        }
        if (Interlocked.CompareExchange(ref _wakes, 0, seen) != seen) Core.Later(this);
    }

    private bool CatchUp()
    {
        long from;
        lock (Gate)
        {
            BeforeChunk();
            if (!Behind || !WantsMore) return false;
            from = Position;
        }
        Core.EndPublishersWait();
        var reader = JournalReader.CatchUp;
        var records = Core.Journal.Read(from, reader.Chunk, _reach);
        lock (Gate)
        {
            if (!Behind || !WantsMore) return false;
            if (Position != from) return true;
            if (records == 0)
            {
                // The router publishes RoutingEnd before it offers a record, so nothing can slip between this test and live mode.
                if (Core.RoutingEnd > from) return true;
                CaughtUp();
                return false;
            }
            // A subscriber that takes little reads little: what it leaves is read again at its next turn.
            _reach = Math.Min(MostReach, _reach * 2);
            var waited = QueuedBytes;
            foreach (var log in reader.Chunk)
            {
                if (reader.Message.TryLoad(log) && !Replay(reader.Message))
                {
                    Position = log.Position;
                    _reach = (int)Math.Clamp(2 * (log.Position - from), LeastReach, MostReach);
                    break;
                }
                Position = log.NextPosition;
            }
            AfterChunk();
            if (QueuedBytes > Core.Options.MaxQueuedBytesPerSession / 2) (_haste ??= new FeedHaste(Core)).Took(waited - QueuedBytes);
            else _haste = null;
            return Behind && WantsMore;
        }
    }

    protected void Dequeued(JournalMessage message)
    {
        QueuedBytes = Math.Max(0, QueuedBytes - message.Size);
        if (QueuedMessages > 0) QueuedMessages--;
    }

    protected void CaughtUp()
    {
        Behind = false;
        QueuedBytes = 0;
        QueuedMessages = 0;
        _overflowReported = false;
    }

    /// <summary>Where this feed will go on after a restart. Under the gate.</summary>
    public virtual long ResumePosition(long routed) => Behind ? Position : Math.Max(Position, routed);

    /// <summary>Restores a recorded position. Under the gate; only while loading, when nobody is connected.</summary>
    public void Restore(long position)
    {
        Position = Math.Max(Position, position);
        if (Behind && LastQueued < position) CaughtUp();
    }
}
