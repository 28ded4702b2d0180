namespace CityEdge.Mqtt;

/// <summary>One SUBSCRIBE or UNSUBSCRIBE from call to acknowledgement.</summary>
internal sealed class SubscriptionRequest(IReadOnlyList<Subscription>? subscriptions, IReadOnlyList<string>? filters, bool restoring = false)
{
    public IReadOnlyList<Subscription>? Subscriptions => subscriptions;

    public IReadOnlyList<string>? Filters => filters;

    /// <summary>Made by the client itself after a session was lost.</summary>
    public bool Restoring => restoring;

    public TaskCompletionSource<IReadOnlyList<ReasonCode>> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>Remembers the subscriptions and makes them again when the session is lost. All under the client's gate.</summary>
internal sealed class SubscriptionBook(MqttVersion version, PacketIds ids)
{
    private const int FiltersPerPacket = 100;

    private readonly Dictionary<string, Subscription> remembered = [];
    private readonly SortedList<long, (ushort Id, SubscriptionRequest Request)> sent = [];
    private readonly Queue<SubscriptionRequest> unsent = new();
    private MqttWire? wire;
    private long sequence;

    public void Add(SubscriptionRequest request)
    {
        foreach (var subscription in request.Subscriptions ?? []) remembered[subscription.Filter] = subscription;
        foreach (var filter in request.Filters ?? []) remembered.Remove(filter);
        unsent.Enqueue(request);
        Pump();
    }

    public void Attach(MqttWire newWire, bool sessionPresent)
    {
        wire = newWire;
        if (!sessionPresent)
        {
            var underWay = unsent.SelectMany(r => r.Subscriptions ?? []).Select(s => s.Filter).ToHashSet();
            foreach (var chunk in remembered.Values.Where(s => !underWay.Contains(s.Filter)).Chunk(FiltersPerPacket)) unsent.Enqueue(new(chunk, null, restoring: true));
        }
        Pump();
    }

    public void Detach()
    {
        wire = null;
        var again = sent.Values.Select(s => s.Request).Concat(unsent).ToArray();
        foreach (var (id, _) in sent.Values) ids.Return(id);
        sent.Clear();
        unsent.Clear();
        foreach (var request in again) unsent.Enqueue(request);
    }

    /// <summary>Completes the request; gives the filters that the server refused to restore.</summary>
    public IEnumerable<(string Filter, ReasonCode Code)> OnAck(ushort id, IReadOnlyList<ReasonCode> codes, PacketType type)
    {
        var entry = sent.FirstOrDefault(s => s.Value.Id == id);
        if (entry.Value.Request is not { } request) return [];
        var expected = request.Subscriptions?.Count ?? request.Filters!.Count;
        var fits = request.Subscriptions is not null == (type == PacketType.SubAck) && (codes.Count == expected || (type == PacketType.UnsubAck && version == MqttVersion.V311));
        if (!fits) throw new MqttLinkException(ReasonCode.ProtocolError, $"{type} for packet {id} does not answer what was asked: {codes.Count} codes for {expected} filters");
        sent.Remove(entry.Key);
        ids.Return(id);
        var refused = new List<(string, ReasonCode)>();
        for (var i = 0; request.Subscriptions is { } list && i < list.Count; i++)
        {
            if (!ReasonCodes.IsFailure(codes[i])) continue;
            remembered.Remove(list[i].Filter);
            if (request.Restoring) refused.Add((list[i].Filter, codes[i]));
        }
        request.Done.TrySetResult(codes);
        return refused;
    }

    public void Fail(Exception error)
    {
        foreach (var request in sent.Values.Select(s => s.Request).Concat(unsent)) request.Done.TrySetException(error);
        sent.Clear();
        unsent.Clear();
    }

    private void Pump()
    {
        while (wire is not null && !ids.IsExhausted && unsent.TryDequeue(out var request))
        {
            var id = ids.Take();
            sent.Add(sequence++, (id, request));
            if (request.Subscriptions is { } subscriptions) PacketEncoder.Write(wire.Output, version, new SubscribePacket(id, subscriptions));
            else PacketEncoder.Write(wire.Output, version, new UnsubscribePacket(id, request.Filters!));
            wire.Wake();
        }
    }
}
