using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>Where the fields of a publish record lie in its journal body (<see cref="PublishRecord"/>), so that it can be used in place.</summary>
internal readonly struct PublishLayout
{
    private readonly int _topicAt, _topicLength, _clientAt, _clientLength, _identityAt, _identityLength, _propertiesAt, _propertiesLength;

    private PublishLayout(
        byte flags, ushort packetId, uint expirySeconds, (int At, int Length) topic, (int At, int Length) client, (int At, int Length) identity, (int At, int Length) properties)
    {
        (Flags, PacketId, ExpirySeconds) = (flags, packetId, expirySeconds);
        (_topicAt, _topicLength) = topic;
        (_clientAt, _clientLength) = client;
        (_identityAt, _identityLength) = identity;
        (_propertiesAt, _propertiesLength) = properties;
    }

    public byte Flags { get; }

    public ushort PacketId { get; }

    /// <summary>Meaningless unless <see cref="Expires"/>.</summary>
    public uint ExpirySeconds { get; }

    public QoS QoS => (QoS)(Flags & 3);

    public bool Retain => (Flags & 4) != 0;

    public bool Expires => (Flags & 8) != 0;

    public Range Topic => new(_topicAt, _topicAt + _topicLength);

    public Range ClientId => new(_clientAt, _clientAt + _clientLength);

    public Range Identity => new(_identityAt, _identityAt + _identityLength);

    public Range Properties => new(_propertiesAt, _propertiesAt + _propertiesLength);

    public Range Payload => new(_propertiesAt + _propertiesLength, Index.End);

    /// <summary>False for an unknown format or damage.</summary>
    public static bool TryRead(ReadOnlySpan<byte> body, out PublishLayout layout)
    {
        layout = default;
        if (body.Length < 4 || body[0] != PublishRecord.Format || (body[1] & 3) == 3) return false;
        var at = 4;
        var expiry = 0u;
        if ((body[1] & 8) != 0 && !TryVarUInt(body, ref at, out expiry)) return false;
        if (!TrySlice(body, ref at, out var topic) || !TrySlice(body, ref at, out var client) || !TrySlice(body, ref at, out var identity) || !TrySlice(body, ref at, out var properties)) return false;
        layout = new PublishLayout(body[1], (ushort)(body[2] | body[3] << 8), expiry, topic, client, identity, properties);
        return true;
    }

    public static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    private static bool TrySlice(ReadOnlySpan<byte> body, ref int at, out (int At, int Length) slice)
    {
        slice = default;
        if (!TryVarUInt(body, ref at, out var length) || length > body.Length - at) return false;
        slice = (at, (int)length);
        at += (int)length;
        return true;
    }

    private static bool TryVarUInt(ReadOnlySpan<byte> body, ref int at, out uint value)
    {
        value = 0;
        for (var shift = 0; shift <= 28; shift += 7)
        {
            if (at >= body.Length) return false;
            var next = body[at++];
            value |= (uint)(next & 0x7f) << shift;
            if (next < 0x80) return true;
        }
        return false;
    }
}
