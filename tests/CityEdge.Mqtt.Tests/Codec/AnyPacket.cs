using System.Buffers;
using System.Text.Json;

namespace CityEdge.Mqtt.Tests.Codec;

/// <summary>Encodes and decodes a packet of any type, so that tests can treat all fifteen alike. PINGREQ and PINGRESP are their <see cref="PacketType"/>.</summary>
internal static class AnyPacket
{
    public static byte[] Encode(MqttVersion version, object packet)
    {
        var output = new ArrayBufferWriter<byte>();
        switch (packet)
        {
            case ConnectPacket p: PacketEncoder.Write(output, p); break;
            case ConnAckPacket p: PacketEncoder.Write(output, version, p); break;
            case PublishPacket p: PacketEncoder.Write(output, version, p); break;
            case AckPacket p: PacketEncoder.Write(output, version, p); break;
            case SubscribePacket p: PacketEncoder.Write(output, version, p); break;
            case SubAckPacket p: PacketEncoder.Write(output, version, p); break;
            case UnsubscribePacket p: PacketEncoder.Write(output, version, p); break;
            case UnsubAckPacket p: PacketEncoder.Write(output, version, p); break;
            case DisconnectPacket p: PacketEncoder.Write(output, version, p); break;
            case AuthPacket p: PacketEncoder.Write(output, version, p); break;
            case PacketType.PingReq: PacketEncoder.WritePingReq(output); break;
            case PacketType.PingResp: PacketEncoder.WritePingResp(output); break;
            default: throw new ArgumentException($"{packet} is not a packet");
        }
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Frames and decodes; the error is that of framing or decoding. An incomplete frame gives neither packet nor error.</summary>
    public static object? Decode(MqttVersion version, ReadOnlyMemory<byte> bytes, out MqttProtocolError? error)
    {
        if (PacketFraming.TryReadFrame(bytes.Span, VariableByteInteger.Max, out var header, out var body, out var consumed, out error) != FrameStatus.Frame) return null;
        return DecodeBody(version, header, bytes[(consumed - body.Length)..consumed], out error);
    }

    public static object? DecodeBody(MqttVersion version, byte header, ReadOnlyMemory<byte> memory, out MqttProtocolError? error)
    {
        var body = memory.Span;
        var type = PacketFraming.TypeOf(header);
        switch (type)
        {
            case PacketType.Connect: return PacketDecoder.TryDecodeConnect(body, out var connect, out error) ? connect : null;
            case PacketType.ConnAck: return PacketDecoder.TryDecodeConnAck(body, version, out var connAck, out error) ? connAck : null;
            case PacketType.Publish: return PacketDecoder.TryDecodePublish(header, memory, version, out var publish, out error) ? publish : null;
            case PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp:
                return PacketDecoder.TryDecodeAck(type, body, version, out var ack, out error) ? ack : null;
            case PacketType.Subscribe: return PacketDecoder.TryDecodeSubscribe(body, version, out var subscribe, out error) ? subscribe : null;
            case PacketType.SubAck: return PacketDecoder.TryDecodeSubAck(body, version, out var subAck, out error) ? subAck : null;
            case PacketType.Unsubscribe: return PacketDecoder.TryDecodeUnsubscribe(body, version, out var unsubscribe, out error) ? unsubscribe : null;
            case PacketType.UnsubAck: return PacketDecoder.TryDecodeUnsubAck(body, version, out var unsubAck, out error) ? unsubAck : null;
            case PacketType.PingReq or PacketType.PingResp: return PacketDecoder.TryDecodePing(type, body, out error) ? type : null;
            case PacketType.Disconnect: return PacketDecoder.TryDecodeDisconnect(body, version, out var disconnect, out error) ? disconnect : null;
            case PacketType.Auth: return PacketDecoder.TryDecodeAuth(body, version, out var auth, out error) ? auth : null;
            default: throw new ArgumentException($"framing let packet type {type} through");
        }
    }

    /// <summary>All fields as text: packets hold lists and memory, whose equality is by reference.</summary>
    public static string Describe(object packet) => packet.GetType().Name + JsonSerializer.Serialize(packet, packet.GetType());
}
