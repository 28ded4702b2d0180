using System.Text;

namespace CityEdge.Bench.Mqtt.Net;

/// <summary>MQTT 3.1.1 bytes by hand: what the generator, the relay and the attacks need of it.</summary>
internal static class Wire
{
    public const byte Connect = 0x10;
    public const byte ConnAck = 0x20;
    public const byte Publish = 0x30;
    public const byte PubAck = 0x40;
    public const byte Subscribe = 0x82;
    public const byte SubAck = 0x90;
    public const byte PingReq = 0xC0;
    public const byte Disconnect = 0xE0;

    public static byte[] ConnectPacket(string clientId, bool clean, int keepAliveSeconds = 600)
    {
        var id = Encoding.UTF8.GetBytes(clientId);
        return Packet(Connect, [0, 4, (byte)'M', (byte)'Q', (byte)'T', (byte)'T', 4, (byte)(clean ? 2 : 0), (byte)(keepAliveSeconds >> 8), (byte)keepAliveSeconds, (byte)(id.Length >> 8), (byte)id.Length, .. id]);
    }

    public static byte[] SubscribePacket(int packetId, byte qos, params IEnumerable<string> filters)
    {
        var body = new List<byte> { (byte)(packetId >> 8), (byte)packetId };
        foreach (var filter in filters)
        {
            var text = Encoding.UTF8.GetBytes(filter);
            body.AddRange([(byte)(text.Length >> 8), (byte)text.Length, .. text, qos]);
        }
        return Packet(Subscribe, [.. body]);
    }

    public static byte[] PublishPacket(string topic, byte qos, ReadOnlySpan<byte> payload)
    {
        var text = Encoding.UTF8.GetBytes(topic);
        return Packet((byte)(Publish | (qos << 1)), [(byte)(text.Length >> 8), (byte)text.Length, .. text, .. qos > 0 ? (byte[])[0, 1] : [], .. payload]);
    }

    private static byte[] Packet(byte first, ReadOnlySpan<byte> body)
    {
        var length = new List<byte>();
        var left = body.Length;
        do
        {
            var digit = left & 0x7F;
            left >>= 7;
            length.Add((byte)(left > 0 ? digit | 0x80 : digit));
        }
        while (left > 0);
        return [first, .. length, .. body];
    }

    /// <summary>The first packet in the bytes: where its body begins and where it ends. False when it is not complete; <paramref name="end"/> is then -1 if it can never be.</summary>
    public static bool TryFrame(ReadOnlySpan<byte> data, out int body, out int end)
    {
        (body, end) = (0, 0);
        var length = 0;
        for (var i = 1; i <= 4; i++)
        {
            if (i >= data.Length) return false;
            length |= (data[i] & 0x7F) << (7 * (i - 1));
            if (data[i] >= 0x80) continue;
            (body, end) = (i + 1, i + 1 + length);
            return end <= data.Length;
        }
        end = -1;
        return false;
    }
}
