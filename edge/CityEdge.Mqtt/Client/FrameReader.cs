namespace CityEdge.Mqtt;

/// <summary>Receive buffer of one connection: fills from the stream and gives whole packets; grows with the packets up to the limit.</summary>
internal sealed class FrameReader(Stream stream, int maxPacketSize)
{
    private byte[] buffer = new byte[16 * 1024];
    private int start;
    private int end;

    /// <summary>The next packet; its body is valid until the next call of <see cref="FillAsync"/>. Throws <see cref="MqttLinkException"/> when the bytes are not MQTT.</summary>
    public bool TryNext(out byte header, out ReadOnlyMemory<byte> body)
    {
        body = default;
        var status = PacketFraming.TryReadFrame(buffer.AsSpan(start, end - start), maxPacketSize, out header, out var span, out var consumed, out var error);
        if (error is not null) throw MqttLinkException.From(error);
        if (status != FrameStatus.Frame) return false;
        body = buffer.AsMemory(start + consumed - span.Length, span.Length);
        start += consumed;
        return true;
    }

    /// <summary>Waits for more bytes; throws when the other side has closed.</summary>
    public async ValueTask FillAsync(CancellationToken cancellation)
    {
        if (start > 0)
        {
            buffer.AsSpan(start, end - start).CopyTo(buffer);
            (start, end) = (0, end - start);
        }
        if (end == buffer.Length) Array.Resize(ref buffer, (int)Math.Min(buffer.Length * 2L, maxPacketSize + 5L));
        var read = await stream.ReadAsync(buffer.AsMemory(end), cancellation);
        if (read == 0) throw new MqttLinkException(null, "the server closed the connection");
        end += read;
    }
}
