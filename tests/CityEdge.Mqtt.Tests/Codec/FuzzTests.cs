using System.Diagnostics;

namespace CityEdge.Mqtt.Tests.Codec;

public class FuzzTests
{
    [Fact]
    public void Random_bytes_never_throw_and_never_decide_without_a_reason()
    {
        var random = new Random(20261121);
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < 400_000 && clock.ElapsedMilliseconds < 1000; i++)
        {
            var body = new byte[random.Next(48)];
            random.NextBytes(body);
            if (random.Next(2) == 0) Shrink(body, random);
            var header = (byte)random.Next(0x10, 0x100);
            if (!Frames(header)) continue;
            Try(header, body, random);
        }
    }

    [Fact]
    public void Mutated_packets_never_throw_and_read_nothing_outside_the_body()
    {
        var random = new Random(20261122);
        var clock = Stopwatch.StartNew();
        for (var seed = 0; seed < 100_000 && clock.ElapsedMilliseconds < 1500; seed++)
        {
            var (version, packet) = new Packets(seed).Next();
            var bytes = AnyPacket.Encode(version, packet);
            for (var m = random.Next(1, 4); m > 0; m--)
            {
                switch (random.Next(4))
                {
                    case 0: bytes[random.Next(bytes.Length)] = (byte)random.Next(256); break;
                    case 1: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
                    case 2: bytes = bytes[..random.Next(1, bytes.Length + 1)]; break;
                    default: bytes = [.. bytes, (byte)random.Next(256)]; break;
                }
            }
            var status = PacketFraming.TryReadFrame(bytes, 1 << 20, out var header, out var body, out var consumed, out var error);
            Assert.Equal(status is FrameStatus.Malformed or FrameStatus.TooLarge, error is not null);
            Assert.InRange(consumed, 0, bytes.Length);
            if (status == FrameStatus.Frame) Try(header, body.ToArray(), random);
            // The body itself with another length than its header says.
            if (bytes.Length > 2 && Frames(bytes[0])) Try(bytes[0], bytes[2..], random);
        }
    }

    private static bool Frames(byte header) => PacketFraming.TryReadFrame([header, 0], 10, out _, out _, out _, out _) == FrameStatus.Frame;

    private static void Shrink(byte[] body, Random random)
    {
        for (var i = 0; i < body.Length; i++) body[i] = random.Next(3) == 0 ? (byte)random.Next(0x2B) : (byte)random.Next(4);
    }

    // The same body between different neighbours must decode alike: nothing beyond it is looked at.
    private static void Try(byte header, byte[] body, Random random)
    {
        foreach (var version in Enum.GetValues<MqttVersion>())
        {
            var packet = AnyPacket.DecodeBody(version, header, body, out var error);
            Assert.True(packet is null ? error is { Message.Length: > 0 } && ReasonCodes.IsFailure(error.Code) : error is null);
            var guarded = new byte[body.Length + 16];
            random.NextBytes(guarded);
            body.CopyTo(guarded, 8);
            var again = AnyPacket.DecodeBody(version, header, guarded.AsMemory(8, body.Length), out var errorAgain);
            Assert.Equal(error, errorAgain);
            if (packet is null) continue;
            Assert.Equal(AnyPacket.Describe(packet), AnyPacket.Describe(again!));
            // What is accepted is well-formed enough to be written again.
            AnyPacket.Encode(packet is ConnectPacket connect ? connect.Version : version, packet);
        }
    }
}
