using System.Runtime.CompilerServices;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>The outgoing half: what waits, what is in flight, what is sent again.</summary>
internal sealed partial class Session
{
    private InFlightTable _inFlight;
    private uint _order;
    private long _onlineFrom = long.MaxValue;
    private bool _held;

    /// <summary>Deliveries may be written: CONNACK is out.</summary>
    public bool Online { get; private set; }

    public int InFlightCount => _inFlight.Count;

    private int Window => Math.Min(Connection!.ClientReceiveMaximum, Core.Options.MaxInFlight);

    private bool WindowOpen => _inFlight.Count - ResendCount < Window && _inFlight.Count < ushort.MaxValue && !HeldFull;

    protected override bool WantsMore => Online && ReadyCount <= Core.Options.MaxReadyMessages / 2 && _readyBytes <= Core.Options.MaxReadyBytes / 2;

    /// <summary>The router's hand-over of a message that matches. Takes the gate.</summary>
    public void Offer(JournalMessage message, in DeliveryPlan plan)
    {
        lock (Gate)
        {
            if (Ended || message.Position < Position) return;
            var qos = plan.QoSOf(message);
            if (qos == QoS.AtMostOnce && !Online)
            {
                Core.Counters.Dropped(DropReason.Offline);
                return;
            }
            if (Behind || !Online || ReadyFull)
            {
                Queue(message);
                return;
            }
            if (!CanSendNow(qos) || !Send(Connection!, message, plan.Note, qos, plan.RetainOf(message))) AddReady(message, plan);
            Position = message.NextPosition;
        }
    }

    /// <summary>Something waits for the window: counted once for as long as anything does, and only where the limit is ours. Under the gate.</summary>
    private void Held()
    {
        if (!_held && Core.Options.MaxInFlight < Connection!.ClientReceiveMaximum) Core.Counters.Bitten(BrokerLimit.MaxInFlight);
        _held = true;
    }

    /// <summary>Nothing is ahead, and both the window and the output have room. Under the gate.</summary>
    private bool CanSendNow(QoS qos) => ReadyCount == 0 && RetainedCount == 0 && ResendCount == 0 && !Connection!.Congested && (qos == QoS.AtMostOnce || WindowOpen);

    /// <summary>Sends what the router's batch wrote. Not under any gate.</summary>
    public void KickOutput() => Connection?.Kick();

    protected override bool Replay(JournalMessage message)
    {
        var plan = default(DeliveryPlan);
        foreach (var subscription in Subscriptions.Values)
        {
            if (!subscription.IsShared && TopicFilter.Matches(subscription.InnerUtf8, message.Topic) && !(subscription.NoLocal && message.IsBy(this))) plan.Merge(subscription);
        }
        if (!plan.Matched) return true;
        if (_once?.BoundBefore is { } bound && bound.Contains(message.Position))
        {
            // Given its packet id before a crash: in flight under that id, or done with.
            Dequeued(message);
            return true;
        }
        var qos = plan.QoSOf(message);
        // QoS 0 is not kept for who was away; what came since it is here only waits its turn.
        if (qos == QoS.AtMostOnce && message.Position < _onlineFrom) return true;
        if (ReadyFull) return false;
        Dequeued(message);
        if (!Online || !CanSendNow(qos) || !Send(Connection!, message, plan.Note, qos, plan.RetainOf(message))) AddReady(message, plan);
        return true;
    }

    protected override void AfterChunk()
    {
        Dirty = true;
        Drain();
        Connection?.KickLater();
    }

    /// <summary>A shared group's message: taken only if it can be sent at once. Takes the gate.</summary>
    public bool TryTake(JournalMessage message, SubscriptionEntry subscription, DeliveryNote note)
    {
        lock (Gate)
        {
            if (!Online || Ended || ReadyCount > 0 || ResendCount > 0 || Connection!.Congested || !WindowOpen) return false;
            var qos = (QoS)Math.Min((byte)subscription.QoS, (byte)message.QoS);
            // A shared subscription has no No Local (MQTT-3.8.3-4).
            return Send(Connection!, message, note, qos, message.Retain && subscription.RetainAsPublished);
        }
    }

    /// <summary>Retained messages for a new subscription; they go out ahead of what is waiting. False when too many wait already. Under the gate.</summary>
    public bool SendRetained(List<JournalMessage> messages, SubscriptionEntry subscription, int stored)
    {
        if (!Online) return true;
        if (RetainedCount > 1000 + 4 * stored) return false;
        _retained ??= new Queue<Waiting>();
        foreach (var message in messages)
        {
            var qos = (QoS)Math.Min((byte)subscription.QoS, (byte)message.QoS);
            _retained.Enqueue(new Waiting(message, subscription.Note, qos, true, true));
        }
        Drain();
        return true;
    }

    /// <summary>Writes what the window and the output allow. Under the gate.</summary>
    private void Drain()
    {
        if (!Online) return;
        var connection = Connection!;
        if (_once is { } once) SendBound(connection, once);
        while (ResendCount > 0 && !connection.Congested && WindowOpen && MayResend) Resend(connection, _resend!.Dequeue());
        while (ResendCount == 0 && ReadyCount + RetainedCount > 0 && !connection.Congested)
        {
            var queue = RetainedCount > 0 ? _retained! : _ready!;
            var next = queue.Peek();
            if (next.QoS > QoS.AtMostOnce && !WindowOpen)
            {
                Held();
                break;
            }
            // The journal may have forgotten the record of a retained message; the store has not.
            var note = next is { FromStore: true, QoS: > QoS.AtMostOnce } ? new DeliveryNote(next.Note?.Ids ?? DeliveryNote.NoIds, next.Message) : next.Note;
            if (!Send(connection, next.Message, note, next.QoS, next.Retain)) break;
            queue.Dequeue();
            if (queue == _ready) _readyBytes -= next.Message.Size;
        }
        if (ReadyCount + RetainedCount == 0) _held = false;
        if (Behind && WantsMore) Wake();
    }

    /// <summary>Sends a message, or gives it its packet id to be sent after the flush of that; false when the journal has no room for it.</summary>
    private bool Send(ISessionConnection connection, JournalMessage message, DeliveryNote? note, QoS qos, bool retain)
    {
        uint? left = null;
        if (message.Expires)
        {
            var seconds = message.SecondsLeft(Core.ArrivalMs);
            if (seconds <= 0)
            {
                Core.Counters.Dropped(DropReason.Expired);
                return true;
            }
            left = (uint)seconds;
        }
        if (qos == QoS.ExactlyOnce && Journaled) return Bind(connection, message, note, retain);
        ushort packetId = 0;
        if (qos > QoS.AtMostOnce)
        {
            packetId = _inFlight.NextPacketId();
            _inFlight.Set(new InFlight(packetId, note?.Kept is null ? message.Position : -1, qos, retain, _order++, note));
            Dirty = true;
        }
        if (!connection.WritePublish(message, qos, retain, false, packetId, left, note?.Ids ?? DeliveryNote.NoIds) && packetId != 0)
        {
            // Too large for this client (MQTT 5.0 §3.1.2.11.4): done with, as if acknowledged.
            _inFlight.Remove(packetId);
        }
        return true;
    }

    private void Resend(ISessionConnection connection, ushort packetId)
    {
        ref var flight = ref _inFlight.Find(packetId);
        if (Unsafe.IsNullRef(ref flight)) return;
        if (flight.Released)
        {
            connection.WriteAck(new AckPacket(PacketType.PubRel, packetId));
            return;
        }
        var message = flight.Note?.Kept ?? (flight.Position < 0 ? null : JournalReader.ReadOne(Core.Journal, flight.Position));
        uint? left = null;
        if (message is { Expires: true })
        {
            // An expired message whose first delivery began may be completed or dropped (§3.3.2.3.3); QoS 2 is completed, since the client may hold the id.
            var seconds = message.SecondsLeft(Core.ArrivalMs);
            if (seconds <= 0 && flight.QoS == QoS.AtLeastOnce)
            {
                Core.Counters.Dropped(DropReason.Expired);
                _inFlight.Remove(packetId);
                return;
            }
            left = (uint)Math.Max(1, seconds);
        }
        if (message is null)
        {
            Core.Counters.Dropped(DropReason.Trimmed);
            Drop(packetId, flight.QoS);
            return;
        }
        if (!connection.WritePublish(message, flight.QoS, flight.Retain, true, packetId, left, flight.Note?.Ids ?? DeliveryNote.NoIds)) Drop(packetId, flight.QoS);
    }

    private void Drop(ushort packetId, QoS qos)
    {
        _inFlight.Remove(packetId);
        if (qos == QoS.ExactlyOnce) RecordCompleted(packetId);
    }

    /// <summary>PUBACK, or PUBREC with a failure, or PUBCOMP: the message is done with. False for an unknown id.</summary>
    public bool Complete(ushort packetId, PacketType type)
    {
        lock (Gate)
        {
            ref var flight = ref _inFlight.Find(packetId);
            if (Unsafe.IsNullRef(ref flight)) return false;
            var fits = type switch
            {
                PacketType.PubAck => flight.QoS == QoS.AtLeastOnce,
                PacketType.PubRec => flight.QoS == QoS.ExactlyOnce && !flight.Released,
                _ => flight.Released,
            };
            if (!fits) return false;
            Drop(packetId, flight.QoS);
            Dirty = true;
            Drain();
        }
        WakeGroups();
        return true;
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
            _resend = _inFlight.Count == 0 ? null : new Queue<ushort>(_inFlight.InOrder().Select(static f => f.PacketId));
            HoldResend(connection);
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
        ReturnReady();
        DropWaiting();
        _inFlight.Trim();
        Dirty = true;
    }
}
