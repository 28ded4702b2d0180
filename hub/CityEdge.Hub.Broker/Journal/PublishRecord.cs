using System.Buffers;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// Journal body of <see cref="JournalKind.Publish"/>: a message as it arrived, with who sent it (design §4.3). Its arrival time is the journal record's.
/// Format 1: version, flags (bits 0-1 QoS, bit 2 retain, bit 3 expires), packet id, [expiry], topic, client id, identity, MQTT 5.0 properties, payload.
/// </summary>
/// <param name="Topic">Topic name, 1..65535 bytes of UTF-8, without wildcards.</param>
/// <param name="ClientId">The publisher's client id; empty for the hub itself.</param>
/// <param name="Identity"><c>site/device</c>, the user's name, empty for anonymous, or <c>hub</c>.</param>
/// <param name="QoS">As published.</param>
/// <param name="Retain">As published.</param>
/// <param name="Payload">Raw payload.</param>
/// <param name="Properties">The MQTT 5.0 properties that are forwarded unchanged, in their wire encoding, without the length; empty if none.</param>
public sealed record PublishRecord(string Topic, string ClientId, string Identity, QoS QoS, bool Retain, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> Properties)
{
    internal const byte Format = 1;

    /// <summary>Packet id of an incoming QoS 2 message of a persistent session; 0 otherwise. A second record with the same id before its release never exists.</summary>
    public ushort PacketId { get; init; }

    /// <summary>Message Expiry Interval, seconds after the journal record's time; null when it does not expire.</summary>
    public uint? ExpirySeconds { get; init; }

    /// <summary>Encodes a body.</summary>
    public static void Encode(
        IBufferWriter<byte> output, string topic, string clientId, string identity, QoS qos, bool retain, ushort packetId, uint? expirySeconds, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> properties)
    {
        var writer = new RecordWriter(output);
        writer.Byte(Format);
        writer.Byte((byte)((byte)qos | (retain ? 4 : 0) | (expirySeconds is null ? 0 : 8)));
        writer.UInt16(packetId);
        if (expirySeconds is { } expiry) writer.VarUInt(expiry);
        writer.String(topic);
        writer.String(clientId);
        writer.String(identity);
        writer.Bytes(properties);
        writer.Raw(payload);
    }

    /// <summary>Encodes this record.</summary>
    public static void Encode(IBufferWriter<byte> output, PublishRecord record) =>
        Encode(output, record.Topic, record.ClientId, record.Identity, record.QoS, record.Retain, record.PacketId, record.ExpirySeconds, record.Payload.Span, record.Properties.Span);

    /// <summary>Decodes a body; false for an unknown format or damage. Payload and properties are slices of <paramref name="body"/>, not copies. <see cref="StoredPublish"/> makes no strings.</summary>
    public static bool TryDecode(ReadOnlyMemory<byte> body, out PublishRecord record)
    {
        record = null!;
        var span = body.Span;
        if (!PublishLayout.TryRead(span, out var layout)) return false;
        record = new PublishRecord(
            PublishLayout.Text(span[layout.Topic]), PublishLayout.Text(span[layout.ClientId]), PublishLayout.Text(span[layout.Identity]), layout.QoS, layout.Retain, body[layout.Payload], body[layout.Properties])
        {
            PacketId = layout.PacketId,
            ExpirySeconds = layout.Expires ? layout.ExpirySeconds : null,
        };
        return true;
    }

    /// <summary>
    /// Whether a body of a known format has a topic outside <paramref name="prefix"/>: consumers skip such records without decoding them, and nothing is allocated. False for what
    /// <see cref="TryDecode"/> would refuse, so that damage is still told.
    /// </summary>
    public static bool IsOutside(ReadOnlySpan<byte> body, ReadOnlySpan<byte> prefix) => PublishLayout.TryRead(body, out var layout) && !body[layout.Topic].StartsWith(prefix);

    /// <summary>The topic alone, as UTF-8, without decoding the rest; false for an unknown format or damage.</summary>
    public static bool TryReadTopic(ReadOnlySpan<byte> body, out ReadOnlySpan<byte> topic)
    {
        var sound = PublishLayout.TryRead(body, out var layout);
        topic = sound ? body[layout.Topic] : default;
        return sound;
    }
}
