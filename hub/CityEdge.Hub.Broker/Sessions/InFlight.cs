using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>A QoS 1 or 2 message sent to a subscriber and not yet completed. The message itself stays in the journal, but for retained ones, whose record may be trimmed.</summary>
internal sealed class InFlight
{
    public required ushort PacketId { get; init; }

    /// <summary>Journal position; -1 for a message from the retained store.</summary>
    public required long Position { get; init; }

    public required QoS QoS { get; init; }

    public bool Retain { get; init; }

    public uint[] Ids { get; init; } = [];

    /// <summary>Order of first sending: re-delivery keeps it (MQTT 5.0 §4.6).</summary>
    public required long Order { get; init; }

    public JournalMessage? Kept { get; init; }

    public SharedGroup? Group { get; init; }

    /// <summary>PUBREC came: what is outstanding is PUBCOMP, and PUBREL is what is sent again.</summary>
    public bool Released { get; set; }
}
