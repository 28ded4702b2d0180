namespace CityEdge.Mqtt;

/// <summary>Place of one delivery in the order of acknowledgements of one connection; for QoS 2 it lives on over connections.</summary>
internal sealed class AckSlot(ushort id, QoS qos)
{
    public ushort Id => id;

    public QoS QoS => qos;

    /// <summary>The application has acknowledged.</summary>
    public bool IsDone { get; set; }

    public ReasonCode Code { get; set; }

    /// <summary>PUBACK or PUBREC went out, on whatever connection.</summary>
    public bool IsSent { get; set; }

    /// <summary>It stands in the order of the present connection.</summary>
    public bool IsQueued { get; set; }
}

/// <summary>
/// Receiving side of the session: queue to the handler, acknowledgements in order of arrival (5.0 §4.6), exactly-once by remembering QoS 2 identifiers until PUBREL (§4.3.3 method
/// A), and the quota that this side announced (§4.9). All under the client's gate.
/// </summary>
internal sealed class InboundFlow(MqttClientOptions options)
{
    /// <summary>QoS 0 messages beyond this are dropped, and counted.</summary>
    public const int MaxUnacknowledgeable = 1024;

    private readonly Queue<AckSlot> order = new();
    private readonly Dictionary<ushort, AckSlot> exactlyOnce = [];
    private Queue<MqttIncoming> queue = new();
    private MqttWire? wire;
    private int recorded;
    private int unacknowledgeable;
    private TaskCompletionSource arrival = NewSignal();
    private TaskCompletionSource room = NewSignal();

    public long Received { get; private set; }

    public long Dropped { get; private set; }

    // A full window of this connection, what an earlier one left behind, and the QoS 0 messages.
    private int MaxQueued => (2 * options.ReceiveMaximum) + MaxUnacknowledgeable;

    public bool HasRoom => queue.Count < MaxQueued;

    public void Attach(MqttWire newWire, bool sessionPresent)
    {
        wire = newWire;
        order.Clear();
        if (sessionPresent)
        {
            // The server delivers these again; what the handler has not begun is better taken from there than twice.
            queue = new(queue.Where(m => m.QoS != QoS.AtLeastOnce));
            room.TrySetResult();
            foreach (var slot in exactlyOnce.Values) slot.IsQueued = false;
        }
        else
        {
            exactlyOnce.Clear();
        }
        recorded = exactlyOnce.Values.Count(s => s.IsSent);
    }

    public void Detach()
    {
        wire = null;
        foreach (var slot in order) slot.IsQueued = false;
        order.Clear();
    }

    public void OnPublish(PublishPacket packet, Action<MqttIncoming, ReasonCode> acknowledge)
    {
        AckSlot? slot = null;
        if (packet.QoS == QoS.ExactlyOnce && exactlyOnce.TryGetValue(packet.PacketId, out var known))
        {
            OnRepeat(known);
            return;
        }
        if (packet.QoS == QoS.AtMostOnce)
        {
            if (options.Handler is null || unacknowledgeable >= MaxUnacknowledgeable)
            {
                Dropped++;
                return;
            }
            unacknowledgeable++;
        }
        else
        {
            slot = new AckSlot(packet.PacketId, packet.QoS);
            if (packet.QoS == QoS.ExactlyOnce) exactlyOnce.Add(packet.PacketId, slot);
            Enqueue(slot);
        }
        if (options.Handler is null)
        {
            Dropped++;
            Acknowledge(slot!, ReasonCode.Success);
            return;
        }
        Received++;
        queue.Enqueue(new MqttIncoming(packet with { Payload = packet.Payload.ToArray() }, acknowledge) { Slot = slot });
        arrival.TrySetResult();
    }

    public void OnPubRel(in AckPacket release)
    {
        var found = exactlyOnce.TryGetValue(release.PacketId, out var slot) && slot.IsSent;
        if (found)
        {
            exactlyOnce.Remove(release.PacketId);
            recorded--;
        }
        Write(new(PacketType.PubComp, release.PacketId, found ? ReasonCode.Success : ReasonCode.PacketIdentifierNotFound));
    }

    /// <summary>The application is done with a message; sends what has become due.</summary>
    public void Acknowledge(AckSlot slot, ReasonCode code)
    {
        (slot.IsDone, slot.Code) = (true, code);
        SendDue();
    }

    /// <summary>Next message for the handler; false with a task to wait for.</summary>
    public bool TryTake(out MqttIncoming? message, out Task wait)
    {
        if (queue.TryDequeue(out message))
        {
            if (message.QoS == QoS.AtMostOnce) unacknowledgeable--;
            room.TrySetResult();
            wait = Task.CompletedTask;
            return true;
        }
        if (arrival.Task.IsCompleted) arrival = NewSignal();
        wait = arrival.Task;
        return false;
    }

    /// <summary>Completes when something was taken from the queue.</summary>
    public Task WaitForRoom()
    {
        if (HasRoom) return Task.CompletedTask;
        if (room.Task.IsCompleted) room = NewSignal();
        return room.Task;
    }

    private void OnRepeat(AckSlot known)
    {
        if (known.IsQueued) return;
        if (!known.IsSent)
        {
            Enqueue(known);
            SendDue();
            return;
        }
        Write(new(PacketType.PubRec, known.Id));
    }

    private void Enqueue(AckSlot slot)
    {
        slot.IsQueued = true;
        order.Enqueue(slot);
        if (options.Version == MqttVersion.V500 && options.EnforceReceiveMaximum && order.Count + recorded > options.ReceiveMaximum)
            throw new MqttLinkException(ReasonCode.ReceiveMaximumExceeded, $"the server has over {options.ReceiveMaximum} deliveries under way, which is the Receive Maximum given to it");
    }

    private void SendDue()
    {
        while (order.TryPeek(out var slot) && slot.IsDone)
        {
            order.Dequeue();
            slot.IsQueued = false;
            slot.IsSent = true;
            Write(new(slot.QoS == QoS.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, slot.Id, slot.Code));
            if (slot.QoS != QoS.ExactlyOnce) continue;
            if (ReasonCodes.IsFailure(slot.Code) && options.Version == MqttVersion.V500) exactlyOnce.Remove(slot.Id);
            else recorded++;
        }
    }

    private void Write(in AckPacket ack)
    {
        if (wire is null) return;
        PacketEncoder.Write(wire.Output, options.Version, ack);
        wire.Wake();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
