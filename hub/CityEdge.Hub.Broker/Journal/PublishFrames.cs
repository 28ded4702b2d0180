using System.Buffers;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker;

/// <summary>
/// The PUBLISH packets of one message for receivers that differ in nothing but the packet id: encoded once a version, QoS and retain flag, then copied and patched. Used
/// again for the next message. The router's thread only.
/// </summary>
internal sealed class PublishFrames
{
    private const int Kinds = 16;
    private readonly Frame[] _frames = new Frame[Kinds];
    private int _valid;

    private struct Frame
    {
        public ArrayBufferWriter<byte>? Packet;
        public uint? SecondsLeft;
        public int PacketIdAt;
    }

    /// <summary>The next message.</summary>
    public void Clear() => _valid = 0;

    /// <summary>A whole packet; the big-endian packet id belongs at <paramref name="packetIdAt"/>, 0: it has none.</summary>
    public ReadOnlySpan<byte> Get(JournalMessage message, MqttVersion version, QoS qos, bool retain, uint? secondsLeft, out int packetIdAt)
    {
        var kind = (byte)qos | (retain ? 4 : 0) | (version == MqttVersion.V500 ? 8 : 0);
        ref var frame = ref _frames[kind];
        if ((_valid & 1 << kind) == 0 || frame.SecondsLeft != secondsLeft)
        {
            frame.Packet ??= new ArrayBufferWriter<byte>(512);
            frame.Packet.ResetWrittenCount();
            PacketEncoder.Write(frame.Packet, version, new RawPublish
            {
                Topic = message.Topic, Payload = message.Payload, QoS = qos, Retain = retain, Properties = message.Properties, MessageExpiryInterval = secondsLeft,
            });
            frame.SecondsLeft = secondsLeft;
            frame.PacketIdAt = qos == QoS.AtMostOnce ? 0 : LengthOfHeader(frame.Packet.WrittenSpan) + 2 + message.Topic.Length;
            _valid |= 1 << kind;
        }
        packetIdAt = frame.PacketIdAt;
        return frame.Packet!.WrittenSpan;
    }

    private static int LengthOfHeader(ReadOnlySpan<byte> packet)
    {
        var at = 1;
        while (packet[at++] >= 0x80)
        {
        }
        return at;
    }
}
