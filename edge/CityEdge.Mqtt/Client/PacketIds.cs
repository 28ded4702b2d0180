namespace CityEdge.Mqtt;

/// <summary>Packet identifiers of one client, shared by publishes and subscriptions (5.0 §2.2.1): 1 to 65 535, none twice at a time.</summary>
internal sealed class PacketIds
{
    private readonly HashSet<ushort> used = [];
    private ushort last;

    public ushort Take()
    {
        do last = last == ushort.MaxValue ? (ushort)1 : (ushort)(last + 1);
        while (!used.Add(last));
        return last;
    }

    public void Return(ushort id) => used.Remove(id);

    /// <summary>The window of publishes ends well below, and few subscriptions are under way at a time.</summary>
    public bool IsExhausted => used.Count >= ushort.MaxValue - 1;
}
