namespace CityEdge.Mqtt;

/// <summary>
/// What a server hands on unchanged of the properties of a PUBLISH (5.0 §3.3.2.3): all but Topic Alias and Subscription Identifier, which belong to one connection, and
/// Message Expiry Interval, which counts down.
/// </summary>
public static class ForwardedProperties
{
    /// <summary>Copies them in order; returns the bytes written. The destination needs at most the length of <paramref name="raw"/>, which must be checked already.</summary>
    public static int Copy(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        var written = 0;
        var reader = new PropertyReader(raw, PacketType.Publish);
        while (reader.MoveNext())
        {
            if (reader.Id is PropertyId.TopicAlias or PropertyId.SubscriptionIdentifier or PropertyId.MessageExpiryInterval) continue;
            reader.Raw.CopyTo(destination[written..]);
            written += reader.Raw.Length;
        }
        return written;
    }

    /// <summary>The same of decoded properties; empty for none.</summary>
    /// <exception cref="ArgumentException">A property is not one of PUBLISH.</exception>
    public static byte[] Encode(MqttProperties? properties)
    {
        if (properties is null) return [];
        var forwarded = properties.Clone();
        (forwarded.TopicAlias, forwarded.MessageExpiryInterval, forwarded.SubscriptionIdentifiers) = (null, null, []);
        return PropertyCodec.ToBytes(forwarded, (int)PacketType.Publish);
    }

    /// <summary>Reads what <see cref="Copy"/> or <see cref="Encode"/> left; null for none, and for bytes that are not properties of PUBLISH.</summary>
    public static MqttProperties? Decode(ReadOnlySpan<byte> raw) => raw.IsEmpty ? null : PropertyCodec.Decode(raw, (int)PacketType.Publish, out _);
}
