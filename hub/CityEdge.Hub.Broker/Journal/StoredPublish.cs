using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// A published message seen in its journal body, without a copy: what <see cref="PublishRecord"/> holds, for readers that must not allocate. Text is UTF-8; good as long as
/// the body is.
/// </summary>
public readonly ref struct StoredPublish
{
    private readonly ReadOnlySpan<byte> _body;
    private readonly PublishLayout _layout;

    private StoredPublish(ReadOnlySpan<byte> body, PublishLayout layout)
    {
        _body = body;
        _layout = layout;
    }

    public ReadOnlySpan<byte> Topic => _body[_layout.Topic];

    /// <summary>The publisher's client id; empty for the hub itself.</summary>
    public ReadOnlySpan<byte> ClientId => _body[_layout.ClientId];

    /// <summary>As <see cref="PublishRecord.Identity"/>.</summary>
    public ReadOnlySpan<byte> Identity => _body[_layout.Identity];

    public ReadOnlySpan<byte> Payload => _body[_layout.Payload];

    /// <summary>As <see cref="PublishRecord.Properties"/>.</summary>
    public ReadOnlySpan<byte> Properties => _body[_layout.Properties];

    public QoS QoS => _layout.QoS;

    public bool Retain => _layout.Retain;

    public ushort PacketId => _layout.PacketId;

    /// <summary>Seconds after the journal record's time; null when it does not expire.</summary>
    public uint? ExpirySeconds => _layout.Expires ? _layout.ExpirySeconds : null;

    /// <summary>Reads the body of a <see cref="JournalKind.Publish"/> record; false for an unknown format or damage.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out StoredPublish publish)
    {
        var read = PublishLayout.TryRead(body, out var layout);
        publish = read ? new StoredPublish(body, layout) : default;
        return read;
    }
}
