namespace CityEdge.Mqtt;

/// <summary>A publish from call to completion.</summary>
internal sealed class Outgoing(MqttMessage message)
{
    public MqttMessage Message => message;

    // Continuations run elsewhere: completing happens under the client's lock.
    public TaskCompletionSource<PublishResult> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public ushort Id { get; set; }

    public bool Dup { get; set; }

    /// <summary>QoS 2: PUBREC has come, PUBREL is what gets repeated.</summary>
    public bool Released { get; set; }

    public bool IsSent { get; set; }

    /// <summary>Set while it waits for a place in the window.</summary>
    public LinkedListNode<Outgoing>? Waiting { get; set; }
}

/// <summary>
/// Sending side of the session (5.0 §4.3, §4.4, §4.6, §4.9): one queue for order, a window of un-acknowledged messages, repeats after a reconnect in the first order. All under the
/// client's gate.
/// </summary>
internal sealed class OutboundFlow
{
    // Enough for a full socket; beyond, messages wait in the queue instead of the buffer.
    private const int MaxBacklog = 256 * 1024;

    private readonly LinkedList<Outgoing> waiting = new();
    private readonly Dictionary<ushort, Outgoing> inflight = [];
    private readonly LinkedList<Outgoing> order = new();
    private readonly Queue<Outgoing> resend = new();
    private List<Outgoing> unflushed = [];
    private List<Outgoing> flushing = [];
    private MqttWire? wire;
    private ServerLimits limits = new(null);
    private TopicAliases aliases = TopicAliases.None;
    private int sent;

    private readonly MqttClientOptions options;
    private readonly PacketIds ids;
    private readonly Func<PublishPacket, bool> fits;

    public OutboundFlow(MqttClientOptions options, PacketIds ids) => (this.options, this.ids, fits) = (options, ids, packet => limits.Fits(options.Version, packet));

    public int Inflight => inflight.Count;

    public int Waiting => waiting.Count;

    public long Published { get; private set; }

    public long Acknowledged { get; private set; }

    public void Add(Outgoing publish)
    {
        publish.Waiting = waiting.AddLast(publish);
        Pump();
    }

    /// <summary>Takes back a message that has not been given a place in the window.</summary>
    public void Withdraw(Outgoing publish)
    {
        if (publish.Waiting is null) return;
        waiting.Remove(publish.Waiting);
        publish.Waiting = null;
    }

    public void Attach(MqttWire newWire, ServerLimits newLimits, TopicAliases newAliases, bool sessionPresent)
    {
        (wire, limits, aliases, sent) = (newWire, newLimits, newAliases, 0);
        resend.Clear();
        foreach (var publish in order)
        {
            publish.IsSent = false;
            if (!sessionPresent) publish.Dup = publish.Released = false;
            resend.Enqueue(publish);
        }
        Pump();
    }

    public void Detach()
    {
        wire = null;
        foreach (var publish in flushing.Concat(unflushed)) publish.Done.TrySetResult(new(ReasonCode.ServerUnavailable, "the connection broke before the message was written"));
        flushing.Clear();
        unflushed.Clear();
    }

    /// <summary>What is written from now on belongs to the next send.</summary>
    public void Flushing() => (flushing, unflushed) = (unflushed, flushing);

    public void Flushed()
    {
        foreach (var publish in flushing) publish.Done.TrySetResult(new(ReasonCode.Success));
        flushing.Clear();
        Pump();
    }

    public void Fail(Exception error)
    {
        foreach (var publish in waiting.Concat(order)) publish.Done.TrySetException(error);
        waiting.Clear();
        inflight.Clear();
        order.Clear();
        resend.Clear();
    }

    public void OnAck(in AckPacket ack)
    {
        var known = inflight.TryGetValue(ack.PacketId, out var publish) && publish.IsSent;
        switch (ack.Type)
        {
            case PacketType.PubAck when known && publish!.Message.QoS == QoS.AtLeastOnce:
            case PacketType.PubComp when known && publish!.Released:
                Complete(publish, ack);
                break;
            case PacketType.PubRec when known && publish!.Message.QoS == QoS.ExactlyOnce:
                if (ReasonCodes.IsFailure(ack.Code))
                {
                    Complete(publish, ack);
                    break;
                }
                publish.Released = true;
                Write(new AckPacket(PacketType.PubRel, ack.PacketId));
                break;
            case PacketType.PubRec when !known:
                if (!ReasonCodes.IsFailure(ack.Code)) Write(new AckPacket(PacketType.PubRel, ack.PacketId, ReasonCode.PacketIdentifierNotFound));
                break;
            default:
                // An acknowledgement of something that is no longer there is harmless; one of the wrong kind is not.
                if (known) throw new MqttLinkException(ReasonCode.ProtocolError, $"{ack.Type} for packet {ack.PacketId}, which was sent with {publish!.Message.QoS}");
                break;
        }
    }

    public void Pump()
    {
        while (wire is not null && wire.Backlog < MaxBacklog && SendNext())
        {
        }
        if (wire?.Backlog > 0) wire.Wake();
    }

    private bool SendNext()
    {
        var quota = Math.Min(options.MaxInflight, limits.ReceiveMaximum);
        if (resend.TryPeek(out var again))
        {
            if (sent >= quota) return false;
            resend.Dequeue();
            if (Refuse(again)) return true;
            Send(again);
            return true;
        }
        if (waiting.First is not { Value: var publish }) return false;
        if (publish.Message.QoS == QoS.AtMostOnce)
        {
            Withdraw(publish);
            if (Refuse(publish)) return true;
            WritePublish(publish);
            unflushed.Add(publish);
            return true;
        }
        if (sent >= quota || inflight.Count >= options.MaxInflight || ids.IsExhausted) return false;
        Withdraw(publish);
        if (Refuse(publish)) return true;
        publish.Id = ids.Take();
        inflight.Add(publish.Id, publish);
        order.AddLast(publish);
        Send(publish);
        return true;
    }

    private void Send(Outgoing publish)
    {
        sent++;
        publish.IsSent = true;
        if (publish.Released) Write(new AckPacket(PacketType.PubRel, publish.Id));
        else WritePublish(publish);
        publish.Dup = true;
    }

    private void WritePublish(Outgoing publish)
    {
        PacketEncoder.Write(wire!.Output, options.Version, aliases.Outgoing(Packet(publish), fits));
        Published++;
    }

    private void Write(in AckPacket ack)
    {
        if (wire is not null) PacketEncoder.Write(wire.Output, options.Version, ack);
    }

    private static PublishPacket Packet(Outgoing publish)
    {
        var m = publish.Message;
        return new(m.Topic, m.Payload, m.QoS, m.Retain, publish.Dup && m.QoS != QoS.AtMostOnce, publish.Id, m.Properties);
    }

    /// <summary>Completes with a failure what this server has said it does not take (5.0 §3.2.2.3).</summary>
    private bool Refuse(Outgoing publish)
    {
        if (limits.Check(options.Version, Packet(publish)) is not { } refusal) return false;
        Remove(publish);
        publish.Done.TrySetResult(refusal);
        return true;
    }

    private void Complete(Outgoing publish, in AckPacket ack)
    {
        sent--;
        Acknowledged++;
        Remove(publish);
        publish.Done.TrySetResult(new(ack.Code, ack.Properties?.ReasonString));
    }

    private void Remove(Outgoing publish)
    {
        if (publish.Id == 0 || !inflight.Remove(publish.Id)) return;
        order.Remove(publish);
        ids.Return(publish.Id);
    }
}
