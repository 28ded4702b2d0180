using System.Buffers;

namespace CityEdge.Mqtt;

/// <summary>
/// Cuts control packets out of a byte stream: fixed header (5.0 §2.1, flags of §2.1.3) and Remaining Length (§2.1.4). Never throws on input.
/// </summary>
public static class PacketFraming
{
    /// <summary>Type of the packet whose first byte is given.</summary>
    public static PacketType TypeOf(byte header) => (PacketType)(header >> 4);

    /// <summary>
    /// Takes one packet off the front. On <see cref="FrameStatus.Frame"/> <paramref name="buffer"/> starts after it, else it is unchanged.
    /// <paramref name="maxPacketSize"/> counts the whole packet, header included (5.0 §3.1.2.11.4).
    /// </summary>
    public static FrameStatus TryReadFrame(
        ref ReadOnlySequence<byte> buffer, int maxPacketSize, out byte header, out ReadOnlySequence<byte> body, out MqttProtocolError? error)
    {
        body = default;
        Span<byte> copy = stackalloc byte[5];
        scoped var first = buffer.FirstSpan;
        if (first.Length < 5 && !buffer.IsSingleSegment)
        {
            var head = buffer.Slice(0, Math.Min(5, buffer.Length));
            head.CopyTo(copy);
            first = copy[..(int)head.Length];
        }
        var status = ReadHead(first, buffer.Length, maxPacketSize, out header, out var bodyStart, out var bodyLength, out error);
        if (status != FrameStatus.Frame) return status;
        body = buffer.Slice(bodyStart, bodyLength);
        buffer = buffer.Slice(bodyStart + bodyLength);
        return status;
    }

    /// <summary>As the other overload over contiguous bytes; <paramref name="consumed"/> is the packet's length (0 unless a frame), the body its last bytes.</summary>
    public static FrameStatus TryReadFrame(
        ReadOnlySpan<byte> buffer, int maxPacketSize, out byte header, out ReadOnlySpan<byte> body, out int consumed, out MqttProtocolError? error)
    {
        body = default;
        consumed = 0;
        var status = ReadHead(buffer, buffer.Length, maxPacketSize, out header, out var bodyStart, out var bodyLength, out error);
        if (status != FrameStatus.Frame) return status;
        body = buffer.Slice(bodyStart, bodyLength);
        consumed = bodyStart + bodyLength;
        return status;
    }

    private static FrameStatus ReadHead(
        scoped ReadOnlySpan<byte> start, long available, int maxPacketSize, out byte header, out int bodyStart, out int bodyLength, out MqttProtocolError? error)
    {
        (header, bodyStart, bodyLength, error) = (0, 0, 0, null);
        if (start.IsEmpty) return FrameStatus.NeedMore;
        header = start[0];
        if (!AreFlagsValid(header))
        {
            error = new(ReasonCode.MalformedPacket, $"first byte 0x{header:X2} has a packet type or flags that the standard reserves (5.0 §2.1.3)");
            return FrameStatus.Malformed;
        }
        var read = VariableByteInteger.Read(start[1..], out var remaining);
        if (read < 0)
        {
            error = new(ReasonCode.MalformedPacket, $"{TypeOf(header)}: Remaining Length is over four bytes or not in its shortest form (5.0 §2.1.4)");
            return FrameStatus.Malformed;
        }
        if (read == 0) return FrameStatus.NeedMore;
        if (1L + read + remaining > maxPacketSize)
        {
            error = new(ReasonCode.PacketTooLarge, $"{TypeOf(header)} of {1L + read + remaining} bytes is over the limit of {maxPacketSize} bytes");
            return FrameStatus.TooLarge;
        }
        (bodyStart, bodyLength) = (1 + read, (int)remaining);
        return available < bodyStart + bodyLength ? FrameStatus.NeedMore : FrameStatus.Frame;
    }

    private static bool AreFlagsValid(byte header)
    {
        var flags = header & 0x0F;
        return TypeOf(header) switch
        {
            0 => false,
            // QoS 3 does not exist (§3.3.1.2); DUP on QoS 0 is forbidden (MQTT-3.3.1-2).
            PacketType.Publish => (flags & 0x06) != 0x06 && (flags & 0x0E) != 0x08,
            PacketType.PubRel or PacketType.Subscribe or PacketType.Unsubscribe => flags == 0x02,
            _ => flags == 0,
        };
    }
}
