using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker;

/// <summary>The outgoing half: what waits, what is in flight, what is sent again.</summary>
internal sealed partial class Session
{
    private readonly record struct Waiting(JournalMessage Message, QoS QoS, bool Retain, uint[] Ids, bool FromStore = false);

    private readonly Queue<Waiting> _ready = new();
    private readonly Queue<Waiting> _retained = new();
    private readonly Queue<ushort> _resend = new();
    private readonly Dictionary<ushort, InFlight> _inFlight = [];
    private int _readyBytes;
    private ushort _lastPacketId;
    private long _order;
    private long _onlineFrom = long.MaxValue;

    /// <summary>Deliveries may be written: CONNACK is out.</summary>
    public bool Online { get; private set; }

    public int InFlightCount => _inFlight.Count;

    private int Window => Math.Min(Connection!.ClientReceiveMaximum, Core.Options.MaxInFlight);

    private bool WindowOpen => _inFlight.Count - _resend.Count < Window && _inFlight.Count < ushort.MaxValue;

    private bool ReadyFull => _ready.Count >= Core.Options.MaxReadyMessages || _readyBytes >= Core.Options.MaxReadyBytes;

    protected override bool WantsMore => Online && _ready.Count <= Core.Options.MaxReadyMessages / 2 && _readyBytes <= Core.Options.MaxReadyBytes / 2;

    /// <summary>The router's hand-over of a message that matches. Takes the gate.</summary>
    public void Offer(JournalMessage message, in DeliveryMatch match)
    {
        lock (Gate)
        {
            if (Ended || message.Position < Position) return;
            if (match.QoS == QoS.AtMostOnce && !Online)
            {
                Core.Counters.Dropped(DropReason.Offline);
                return;
            }
            if (Behind || !Online || ReadyFull)
            {
                Queue(message);
                return;
            }
            if (Connection!.Congested || !WindowOpen || _ready.Count > 0) message.Detach();
            _ready.Enqueue(new Waiting(message, match.QoS, match.Retain, match.Ids));
            _readyBytes += message.Size;
            Position = message.NextPosition;
            Drain();
        }
    }

    /// <summary>Sends what the router's batch wrote. Not under any gate.</summary>
    public void KickOutput() => Connection?.Kick();

    protected override bool Replay(JournalMessage message)
    {
        var match = default(DeliveryMatch);
        foreach (var subscription in Subscriptions.Values)
        {
            if (!subscription.IsShared && TopicFilter.Matches(subscription.Inner, message.Record.Topic)) match.Merge(subscription, message.Record, Owns(message.Record));
        }
        if (!match.Matched) return true;
        // QoS 0 is not kept for who was away; what came since it is here only waits its turn.
        if (match.QoS == QoS.AtMostOnce && message.Position < _onlineFrom) return true;
        if (ReadyFull) return false;
        Dequeued(message);
        message.Detach();
        _ready.Enqueue(new Waiting(message, match.QoS, match.Retain, match.Ids));
        _readyBytes += message.Size;
        return true;
    }

    protected override void AfterChunk()
    {
        Dirty = true;
        Drain();
        Connection?.KickLater();
    }

    /// <summary>A shared group's message: taken only if it can be sent at once. Takes the gate.</summary>
    public bool TryTake(JournalMessage message, SubscriptionEntry subscription, SharedGroup group)
    {
        lock (Gate)
        {
            if (!Online || Ended || _ready.Count > 0 || _resend.Count > 0 || Connection!.Congested || !WindowOpen) return false;
            var match = default(DeliveryMatch);
            match.Merge(subscription, message.Record, false);
            Send(new Waiting(message, match.QoS, match.Retain, match.Ids), group);
            return true;
        }
    }

    /// <summary>Retained messages for a new subscription; they go out ahead of what is waiting. False when too many wait already. Under the gate.</summary>
    public bool SendRetained(List<JournalMessage> messages, SubscriptionEntry subscription, int stored)
    {
        if (!Online) return true;
        if (_retained.Count > 1000 + 4 * stored) return false;
        foreach (var message in messages)
        {
            var qos = (QoS)Math.Min((byte)subscription.QoS, (byte)message.Record.QoS);
            _retained.Enqueue(new Waiting(message, qos, true, subscription.Id == 0 ? [] : [subscription.Id], true));
        }
        Drain();
        return true;
    }

    /// <summary>Writes what the window and the output allow. Under the gate.</summary>
    private void Drain()
    {
        if (!Online) return;
        var output = Connection!;
        while (!output.Congested && _resend.Count > 0 && WindowOpen) Resend(_resend.Dequeue());
        while (!output.Congested && _resend.Count == 0)
        {
            var queue = _retained.Count > 0 ? _retained : _ready;
            if (!queue.TryPeek(out var next) || next.QoS > QoS.AtMostOnce && !WindowOpen) break;
            queue.Dequeue();
            if (queue == _ready) _readyBytes -= next.Message.Size;
            Send(next, null);
        }
        if (Behind && WantsMore) Wake();
    }

    private void Send(in Waiting next, SharedGroup? group)
    {
        var now = Core.ArrivalMs;
        var left = next.Message.SecondsLeft(now);
        if (left <= 0)
        {
            Core.Counters.Dropped(DropReason.Expired);
            return;
        }
        ushort packetId = 0;
        if (next.QoS > QoS.AtMostOnce)
        {
            packetId = NextPacketId();
            // The journal may have forgotten the record of a retained message; the store has not.
            var kept = next.FromStore;
            _inFlight[packetId] = new InFlight
            {
                PacketId = packetId,
                Position = kept ? -1 : next.Message.Position,
                QoS = next.QoS,
                Retain = next.Retain,
                Ids = next.Ids,
                Order = _order++,
                Kept = kept ? next.Message : null,
                Group = group,
            };
            Dirty = true;
        }
        if (!Connection!.WritePublish(next.Message, next.QoS, next.Retain, false, packetId, left, next.Ids) && packetId != 0)
        {
            // Too large for this client (MQTT 5.0 §3.1.2.11.4): done with, as if acknowledged.
            _inFlight.Remove(packetId);
        }
    }

    private ushort NextPacketId()
    {
        do
        {
            _lastPacketId = _lastPacketId == ushort.MaxValue ? (ushort)1 : (ushort)(_lastPacketId + 1);
        }
        while (_inFlight.ContainsKey(_lastPacketId));
        return _lastPacketId;
    }

    private void Resend(ushort packetId)
    {
        if (!_inFlight.TryGetValue(packetId, out var flight)) return;
        if (flight.Released)
        {
            Connection!.WriteAck(new AckPacket(PacketType.PubRel, packetId));
            return;
        }
        var message = flight.Kept ?? ReadBack(flight.Position);
        var left = message?.SecondsLeft(Core.ArrivalMs);
        // An expired message whose first delivery began may be completed or dropped (§3.3.2.3.3); QoS 2 is completed, since the client may hold the id.
        if (message is null || left <= 0 && flight.QoS == QoS.AtLeastOnce)
        {
            Core.Counters.Dropped(message is null ? DropReason.Trimmed : DropReason.Expired);
            _inFlight.Remove(packetId);
            return;
        }
        if (!Connection!.WritePublish(message, flight.QoS, flight.Retain, true, packetId, left is { } seconds ? Math.Max(1, seconds) : null, flight.Ids)) _inFlight.Remove(packetId);
    }

    private JournalMessage? ReadBack(long position)
    {
        var records = new List<LogRecord>(1);
        Core.Journal.Read(position, records, 1, 1);
        return records.Count == 1 && records[0].Position == position ? JournalMessage.From(records[0]) : null;
    }

    /// <summary>PUBACK, or PUBREC with a failure, or PUBCOMP: the message is done with. False for an unknown id.</summary>
    public bool Complete(ushort packetId, PacketType type)
    {
        lock (Gate)
        {
            if (!_inFlight.TryGetValue(packetId, out var flight)) return false;
            var fits = type switch
            {
                PacketType.PubAck => flight.QoS == QoS.AtLeastOnce,
                PacketType.PubRec => flight.QoS == QoS.ExactlyOnce && !flight.Released,
                _ => flight.Released,
            };
            if (!fits) return false;
            _inFlight.Remove(packetId);
            Dirty = true;
            Drain();
        }
        WakeGroups();
        return true;
    }

    /// <summary>PUBREC: from now on PUBREL is what is outstanding. False for an unknown id.</summary>
    public bool Received(ushort packetId)
    {
        lock (Gate)
        {
            if (!_inFlight.TryGetValue(packetId, out var flight) || flight.QoS != QoS.ExactlyOnce) return false;
            flight.Released = true;
            Dirty = true;
            return true;
        }
    }

    /// <summary>The connection's output has room again. Takes the gate.</summary>
    public void Writable()
    {
        lock (Gate) Drain();
        WakeGroups();
    }

    private void WakeGroups()
    {
        foreach (var group in Groups) group.WakeIfWaiting();
    }

    /// <summary>CONNACK is out: first what was in flight, in its order, then what waits in the journal. Takes the gate.</summary>
    public void GoOnline(ISessionConnection connection)
    {
        lock (Gate)
        {
            if (Connection != connection || Ended) return;
            Online = true;
            _onlineFrom = Core.RoutingEnd;
            _resend.Clear();
            foreach (var flight in _inFlight.Values.OrderBy(f => f.Order)) _resend.Enqueue(flight.PacketId);
            Drain();
            if (Behind) Wake();
        }
        WakeGroups();
        connection.Kick();
    }

    /// <summary>The connection is gone: what was not sent goes back to the journal. Under the gate.</summary>
    public void GoOffline()
    {
        Online = false;
        _onlineFrom = long.MaxValue;
        _resend.Clear();
        _retained.Clear();
        var keep = Persistent && _ready.Any(w => w.QoS > QoS.AtMostOnce);
        if (keep)
        {
            var first = _ready.First(w => w.QoS > QoS.AtMostOnce).Message.Position;
            if (!Behind) LastQueued = first;
            Behind = true;
            Position = first;
            foreach (var waiting in _ready)
            {
                if (waiting.QoS == QoS.AtMostOnce) continue;
                QueuedBytes += waiting.Message.Size;
                QueuedMessages++;
                LastQueued = Math.Max(LastQueued, waiting.Message.Position);
            }
        }
        _ready.Clear();
        _readyBytes = 0;
        Dirty = true;
    }
}
