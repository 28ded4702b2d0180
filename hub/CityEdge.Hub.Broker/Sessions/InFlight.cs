using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>A QoS 1 or 2 message sent to a subscriber and not yet completed. The message itself stays in the journal, but for retained ones, whose record may be trimmed.</summary>
internal struct InFlight
{
    private const byte RetainFlag = 4;
    private const byte ReleasedFlag = 8;
    private readonly byte _sent;
    private bool _released;

    public InFlight(ushort packetId, long position, QoS qos, bool retain, uint order, DeliveryNote? note)
    {
        (PacketId, Position, Order, Note) = (packetId, position, order, note);
        _sent = (byte)((byte)qos | (retain ? RetainFlag : 0));
    }

    /// <summary>0: a free slot.</summary>
    public ushort PacketId { get; }

    /// <summary>Order of first sending, modulo 2^32: re-delivery keeps it (MQTT 5.0 §4.6).</summary>
    public uint Order { get; }

    /// <summary>Journal position; -1 for a message from the retained store.</summary>
    public long Position { get; }

    public DeliveryNote? Note { get; }

    public readonly QoS QoS => (QoS)(_sent & 3);

    public readonly bool Retain => (_sent & RetainFlag) != 0;

    public readonly SharedGroup? Group => Note?.Group;

    /// <summary>PUBREC came: what is outstanding is PUBCOMP, and PUBREL is what is sent again.</summary>
    public bool Released
    {
        readonly get => _released;
        set => _released = value;
    }

    /// <summary>As progress records keep it.</summary>
    public readonly byte Flags => (byte)(_sent | (_released ? ReleasedFlag : 0));

    public static InFlight Of(byte flags, ushort packetId, long position, uint order, DeliveryNote? note) =>
        new(packetId, position, (QoS)(flags & 3), (flags & RetainFlag) != 0, order, note) { Released = (flags & ReleasedFlag) != 0 };
}
