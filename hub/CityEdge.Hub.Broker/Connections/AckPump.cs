namespace CityEdge.Hub.Broker;

/// <summary>After each journal flush, sends the acknowledgements that it allows: one send per connection and flush, whatever the number of messages. Turns run on the broker's loop.</summary>
internal sealed class AckPump(BrokerCore core, BrokerLoop loop)
{
    private readonly Lock _gate = new();
    private List<ClientConnection> _waiting = new(64);
    private List<ClientConnection> _turn = new(64);
    private long _released = -1;
    private bool _again;

    /// <summary>Called by a connection when its first acknowledgement begins to wait, with the position that this needs. Any thread.</summary>
    public void Add(ClientConnection connection, long position)
    {
        lock (_gate) _waiting.Add(connection);
        Interlocked.MemoryBarrier();
        if (core.AcknowledgeEnd < position) return;
        // Its flush came between the connection's own look at the journal's end and now; the turn of that flush may not have seen it.
        Volatile.Write(ref _again, true);
        loop.Signal();
    }

    /// <summary>Releases what the flushes since the last turn allow; nothing to do without one. On the loop.</summary>
    public void RunTurn()
    {
        var again = Interlocked.Exchange(ref _again, false);
        var durable = core.AcknowledgeEnd;
        if (durable == _released && !again) return;
        _released = durable;
        lock (_gate) (_turn, _waiting) = (_waiting, _turn);
        var kept = 0;
        for (var i = 0; i < _turn.Count; i++)
        {
            if (_turn[i].ReleaseAcks(durable)) _turn[kept++] = _turn[i];
        }
        if (kept > 0)
        {
            lock (_gate) _waiting.AddRange(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_turn)[..kept]);
        }
        _turn.Clear();
    }
}
