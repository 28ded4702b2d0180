namespace CityEdge.Mqtt;

/// <summary>Remembers the subscriptions and makes them again when the session is lost. All under the client's gate.</summary>
internal sealed class SubscriptionBook(MqttVersion version, PacketIds ids)
{
    private const int FiltersPerPacket = 100;

    private readonly Dictionary<string, (Subscription Subscription, MqttProperties? Properties)> remembered = [];
    private readonly SortedList<long, (ushort Id, SubscriptionRequest Request)> sent = [];
    private readonly Queue<SubscriptionRequest> unsent = new();
    private MqttWire? wire;
    private ServerLimits limits = new(null);
    private long sequence;

    public void Add(SubscriptionRequest request)
    {
        foreach (var subscription in request.Subscriptions ?? []) remembered[subscription.Filter] = (subscription, request.Properties);
        foreach (var filter in request.Filters ?? []) remembered.Remove(filter);
        unsent.Enqueue(request);
        Pump();
    }

    /// <summary>Gives the remembered filters that this server does not offer.</summary>
    public IReadOnlyList<(string Filter, ReasonCode Code)> Attach(MqttWire newWire, ServerLimits newLimits, bool sessionPresent)
    {
        (wire, limits) = (newWire, newLimits);
        if (!sessionPresent)
        {
            var underWay = unsent.SelectMany(r => r.Subscriptions ?? []).Select(s => s.Filter).ToHashSet();
            var lost = remembered.Values.Where(s => !underWay.Contains(s.Subscription.Filter)).GroupBy(s => s.Properties);
            foreach (var alike in lost)
            {
                foreach (var chunk in alike.Select(s => s.Subscription).Chunk(FiltersPerPacket)) unsent.Enqueue(new(chunk, null, restoring: true, alike.Key));
            }
        }
        return Pump();
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
    public IReadOnlyList<(string Filter, ReasonCode Code)> OnAck(ushort id, IReadOnlyList<ReasonCode> codes, MqttProperties? properties, PacketType type)
    {
        var entry = sent.FirstOrDefault(s => s.Value.Id == id);
        if (entry.Value.Request is not { } request) return [];
        var asked = request.Subscriptions is not null;
        var all = asked ? request.Merge(codes) : codes.Count == request.Filters!.Count || version == MqttVersion.V311 ? codes : null;
        if (asked != (type == PacketType.SubAck) || all is null)
            throw new MqttLinkException(ReasonCode.ProtocolError, $"{type} for packet {id} does not answer what was asked: {codes.Count} codes for {request.Subscriptions?.Count ?? request.Filters!.Count} filters");
        sent.Remove(entry.Key);
        ids.Return(id);
        return Complete(request, all, properties?.ReasonString);
    }

    public void Fail(Exception error)
    {
        foreach (var request in sent.Values.Select(s => s.Request).Concat(unsent)) request.Done.TrySetException(error);
        sent.Clear();
        unsent.Clear();
    }

    private List<(string Filter, ReasonCode Code)> Complete(SubscriptionRequest request, IReadOnlyList<ReasonCode> codes, string? reason)
    {
        var refused = new List<(string, ReasonCode)>();
        for (var i = 0; request.Subscriptions is { } list && i < list.Count; i++)
        {
            if (!ReasonCodes.IsFailure(codes[i])) continue;
            remembered.Remove(list[i].Filter);
            if (request.Restoring) refused.Add((list[i].Filter, codes[i]));
        }
        request.Done.TrySetResult(new(codes, reason));
        return refused;
    }

    private List<(string Filter, ReasonCode Code)> Pump()
    {
        var refused = new List<(string Filter, ReasonCode Code)>();
        while (wire is not null && !ids.IsExhausted && unsent.TryDequeue(out var request))
        {
            var offered = request.Subscriptions is null ? null : request.Offer(limits);
            if (offered is { Count: 0 })
            {
                refused.AddRange(Complete(request, request.Merge([])!, "the server said in CONNACK that it does not offer this"));
                continue;
            }
            var id = ids.Take();
            sent.Add(sequence++, (id, request));
            if (offered is not null) PacketEncoder.Write(wire.Output, version, new SubscribePacket(id, offered, request.Properties));
            else PacketEncoder.Write(wire.Output, version, new UnsubscribePacket(id, request.Filters!));
            wire.Wake();
        }
        return refused;
    }
}
