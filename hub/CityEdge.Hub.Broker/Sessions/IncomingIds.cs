namespace CityEdge.Hub.Broker;

/// <summary>Packet ids of incoming QoS 2 messages, each with the position past its record. Most sessions have none, and then hold no memory for them. A struct: keep it in a field.</summary>
internal struct IncomingIds
{
    private Dictionary<ushort, long>? _ids;

    public readonly int Count => _ids?.Count ?? 0;

    public long this[ushort packetId]
    {
        set => (_ids ??= [])[packetId] = value;
    }

    public readonly bool ContainsKey(ushort packetId) => _ids is not null && _ids.ContainsKey(packetId);

    public readonly bool TryGetValue(ushort packetId, out long position)
    {
        position = 0;
        return _ids is not null && _ids.TryGetValue(packetId, out position);
    }

    public readonly void Remove(ushort packetId) => _ids?.Remove(packetId);

    /// <summary>Those whose record lies below a position.</summary>
    public readonly List<KeyValuePair<ushort, long>> UpTo(long position) => _ids is null ? [] : [.. _ids.Where(p => p.Value <= position)];
}
