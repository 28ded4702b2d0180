using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary>
/// The PUBLISH of every publisher, built once; sending one copies it and patches digits. The checked payload is
/// <c>{"t":"19 digits of nanoseconds","d":"6 digits of device","s":"10 digits of sequence","v":21.5,"p":"…"}</c>, padded to its size.
/// </summary>
internal sealed unsafe class Telegrams
{
    /// <summary>Bytes that the checked payload needs.</summary>
    public const int LeastPayload = 80;

    private const int TimeAt = 6, TimeDigits = 19, DeviceAt = TimeAt + TimeDigits + 7, DeviceDigits = 6, SequenceAt = DeviceAt + DeviceDigits + 7, SequenceDigits = 10;
    private readonly byte[] bytes;
    private readonly int stride;
    private readonly int[] packetIdAt;
    private readonly int[] lengths;
    private readonly byte[][] topics;
    private readonly SenmlPatch? senml;
    private readonly int qos;

    public Telegrams(LoadSettings settings)
    {
        qos = settings.Qos;
        Payload = settings.Payload;
        senml = settings.Readings > 0 ? new SenmlPatch(settings.Readings) : null;
        var count = settings.Publishers;
        (packetIdAt, lengths, topics) = (new int[count], new int[count], new byte[count][]);
        var packets = new byte[count][];
        for (var i = 0; i < count; i++)
        {
            var topic = Name(settings.Topic, i);
            topics[i] = Encoding.UTF8.GetBytes(topic);
            var payload = senml is null ? CheckedPayload(i) : senml.Template();
            packets[i] = Wire.PublishPacket(topic, (byte)qos, payload);
            lengths[i] = packets[i].Length;
            packetIdAt[i] = packets[i].Length - payload.Length - 2;
        }
        stride = lengths.DefaultIfEmpty().Max();
        bytes = GC.AllocateUninitializedArray<byte>(stride * Math.Max(1, count), pinned: true);
        for (var i = 0; i < count; i++) packets[i].CopyTo(bytes, i * stride);
    }

    /// <summary>Bytes of the checked payload.</summary>
    public int Payload { get; }

    /// <summary>Largest packet, bytes.</summary>
    public int Largest => stride;

    /// <summary>A topic, filter or client identifier of a number.</summary>
    public static string Name(string pattern, int number) => pattern.Replace("{s}", (number % 50).ToString(CultureInfo.InvariantCulture)).Replace("{i}", number.ToString(CultureInfo.InvariantCulture));

    /// <summary>Writes the next message of a publisher; returns its bytes.</summary>
    public int Write(int publisher, byte* to, int packetId, long now, long sequence)
    {
        var length = lengths[publisher];
        new ReadOnlySpan<byte>(bytes, publisher * stride, length).CopyTo(new Span<byte>(to, length));
        var idAt = packetIdAt[publisher];
        var payload = to + idAt + 2;
        if (qos > 0) BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(to + idAt, 2), (ushort)packetId);
        if (senml is not null) senml.Write(payload, publisher, sequence);
        else
        {
            Digits(payload + TimeAt, TimeDigits, now);
            Digits(payload + SequenceAt, SequenceDigits, sequence);
        }
        return length;
    }

    /// <summary>What a delivered PUBLISH says of itself; false when it is none of ours or damaged.</summary>
    public bool TryRead(ReadOnlySpan<byte> packet, int body, out Delivered delivered)
    {
        delivered = default;
        if (packet.Length < body + 2) return false;
        var topicLength = BinaryPrimitives.ReadUInt16BigEndian(packet[body..]);
        var at = body + 2 + topicLength;
        var deliveredQos = (packet[0] >> 1) & 3;
        if (packet.Length < at + (deliveredQos > 0 ? 2 : 0)) return false;
        var topic = packet.Slice(body + 2, topicLength);
        var packetId = 0;
        if (deliveredQos > 0)
        {
            packetId = BinaryPrimitives.ReadUInt16BigEndian(packet[at..]);
            at += 2;
        }
        delivered = new Delivered(packetId, -1, 0, 0);
        if (senml is not null) return true;
        var payload = packet[at..];
        if (payload.Length != Payload || payload[^1] != (byte)'}') return false;
        var device = (int)Number(payload.Slice(DeviceAt, DeviceDigits));
        if (device < 0 || device >= topics.Length || !topic.SequenceEqual(topics[device])) return false;
        delivered = new Delivered(packetId, device, Number(payload.Slice(SequenceAt, SequenceDigits)), Number(payload.Slice(TimeAt, TimeDigits)));
        return true;
    }

    private byte[] CheckedPayload(int device)
    {
        var begin = $"{{\"t\":\"{new string('0', TimeDigits)}\",\"d\":\"{device.ToString("D6", CultureInfo.InvariantCulture)}\",\"s\":\"{new string('0', SequenceDigits)}\",\"v\":21.5,\"p\":\"";
        return Encoding.ASCII.GetBytes(begin + new string('x', Payload - begin.Length - 2) + "\"}");
    }

    internal static void Digits(byte* to, int count, long value)
    {
        for (var i = count - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, 10);
            to[i] = (byte)('0' + digit);
        }
    }

    private static long Number(ReadOnlySpan<byte> digits)
    {
        long value = 0;
        foreach (var digit in digits) value = (value * 10) + (digit - '0');
        return value;
    }

    /// <summary>A delivered message; <c>Device</c> is -1 where the payload is not checked.</summary>
    internal readonly record struct Delivered(int PacketId, int Device, long Sequence, long SentAt);
}
