using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>One subscription of a session, or (with a group) the one entry of a shared subscription in the trie. Immutable: a re-subscription replaces it.</summary>
internal sealed record SubscriptionEntry(string Filter, QoS QoS, bool NoLocal, bool RetainAsPublished, RetainHandling RetainHandling, uint Id)
{
    /// <summary>The filter without <c>$share/group/</c>.</summary>
    public string Inner { get; } = TopicFilter.TryParseShared(Filter, out string _, out string inner) ? inner : Filter;

    private byte[]? _innerUtf8;

    /// <summary><see cref="Inner"/> in UTF-8, made when first asked for.</summary>
    public ReadOnlySpan<byte> InnerUtf8 => _innerUtf8 ??= Encoding.UTF8.GetBytes(Inner);

    /// <summary>The subscription identifier alone; null when there is none.</summary>
    public DeliveryNote? Note { get; } = Id == 0 ? null : new DeliveryNote([Id]);

    public bool IsShared => !ReferenceEquals(Inner, Filter);

    /// <summary>Who gets the messages; set once, by the router.</summary>
    public Feed? Owner { get; init; }

    public void Write(in RecordWriter writer)
    {
        writer.String(Filter);
        writer.Byte((byte)((byte)QoS | (NoLocal ? 4 : 0) | (RetainAsPublished ? 8 : 0) | (byte)RetainHandling << 4));
        writer.VarUInt(Id);
    }

    public static SubscriptionEntry Read(ref RecordReader reader)
    {
        var filter = reader.String();
        var flags = reader.Byte();
        return new SubscriptionEntry(filter, (QoS)(flags & 3), (flags & 4) != 0, (flags & 8) != 0, (RetainHandling)(flags >> 4 & 3), reader.VarUInt());
    }

    // The owner is not part of what a subscription is, and printing it would recurse.
    public bool Equals(SubscriptionEntry? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
