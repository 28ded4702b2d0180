using System.Diagnostics;
using System.Globalization;

namespace CityEdge.Mqtt.Tests.Codec;

/// <summary>
/// The codec under input that nobody meant, all packet types, both versions, both directions. Two seconds a test, a minute under CITYEDGE_LONG=1; the seed is printed, and
/// CITYEDGE_SEED repeats it.
/// </summary>
public class FuzzTests(ITestOutputHelper output)
{
    private static readonly TimeSpan Time = Environment.GetEnvironmentVariable("CITYEDGE_LONG") == "1" ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1.7);

    // What each type and version came to: a fuzzer that never gets past the first check finds nothing.
    private readonly Dictionary<(PacketType, MqttVersion, bool Accepted), int> reached = [];

    [Fact]
    public void Random_bytes_never_throw_and_never_decide_without_a_reason()
    {
        Run(random =>
        {
            var body = new byte[random.Next(48)];
            random.NextBytes(body);
            if (random.Next(2) == 0) Shrink(body, random);
            var header = (byte)random.Next(0x10, 0x100);
            if (Frames(header)) Try(header, body, random);
        });
        AllReached(accepted: false);
    }

    [Fact]
    public void Mutated_packets_never_throw_and_read_nothing_outside_the_body()
    {
        Run(random =>
        {
            var (version, packet) = new Packets(random.Next()).Next();
            var bytes = AnyPacket.Encode(version, packet);
            for (var m = random.Next(1, 4); m > 0; m--)
            {
                switch (random.Next(5))
                {
                    case 0: bytes[random.Next(bytes.Length)] = (byte)random.Next(256); break;
                    case 1: bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8)); break;
                    case 2: bytes = bytes[..random.Next(1, bytes.Length + 1)]; break;
                    case 3: bytes = [.. bytes, (byte)random.Next(256)]; break;
                    default:
                        // A piece of another packet in its midst.
                        var (other, piece) = new Packets(random.Next()).Next();
                        var donor = AnyPacket.Encode(other, piece);
                        var at = random.Next(bytes.Length);
                        bytes = [.. bytes[..at], .. donor[random.Next(donor.Length)..], .. bytes[at..]];
                        break;
                }
            }
            var status = PacketFraming.TryReadFrame(bytes, 1 << 20, out var header, out var body, out var consumed, out var error);
            Assert.Equal(status is FrameStatus.Malformed or FrameStatus.TooLarge, error is not null);
            Assert.InRange(consumed, 0, bytes.Length);
            if (status == FrameStatus.Frame) Try(header, body.ToArray(), random);
            // The body itself with another length than its header says.
            if (bytes.Length > 2 && Frames(bytes[0])) Try(bytes[0], bytes[2..], random);
        });
        AllReached(accepted: false);
        AllReached(accepted: true);
    }

    [Fact]
    public void Whatever_a_caller_asks_to_be_written_is_refused_or_can_be_read_back()
    {
        Run(random =>
        {
            var (version, packet) = new Packets(random.Next()).Next();
            var wrong = Wrong(packet, random);
            byte[] bytes;
            try
            {
                bytes = AnyPacket.Encode(version, wrong);
            }
            catch (ArgumentException)
            {
                return;
            }
            var status = PacketFraming.TryReadFrame(bytes, VariableByteInteger.Max, out _, out _, out var consumed, out var error);
            Assert.True(status == FrameStatus.Frame && consumed == bytes.Length, $"{AnyPacket.Describe(wrong)} was written as {Convert.ToHexString(bytes)}: {error}");
        });
    }

    private void Run(Action<Random> one)
    {
        var fixedSeed = Environment.GetEnvironmentVariable("CITYEDGE_SEED") is { Length: > 0 } text ? int.Parse(text, CultureInfo.InvariantCulture) : (int?)null;
        var first = fixedSeed ?? Environment.TickCount;
        var clock = Stopwatch.StartNew();
        var seed = first;
        do
        {
            try
            {
                one(new Random(seed));
            }
            catch (Exception failure)
            {
                throw new InvalidOperationException($"seed {seed} (CITYEDGE_SEED={seed} repeats it): {failure.Message}", failure);
            }
            seed++;
        }
        while (fixedSeed is null && clock.Elapsed < Time);
        output.WriteLine($"seeds {first} to {seed - 1}");
    }

    /// <summary>Properties that do not belong there, codes of other packets, identifiers of 0.</summary>
    private static object Wrong(object packet, Random random)
    {
        var (_, other) = new Packets(random.Next()).Next();
        var properties = other switch
        {
            ConnectPacket p => p.Properties, ConnAckPacket p => p.Properties, PublishPacket p => p.Properties, AckPacket p => p.Properties, SubscribePacket p => p.Properties, _ => null,
        };
        var code = (ReasonCode)random.Next(256);
        var id = random.Next(3) == 0 ? (ushort)0 : (ushort)random.Next(65_536);
        return packet switch
        {
            ConnAckPacket p => p with { Code = code, Properties = properties },
            PublishPacket p => p with { PacketId = id, Properties = properties },
            AckPacket p => p with { PacketId = id, Code = code, Properties = properties },
            SubscribePacket p => p with { PacketId = id, Properties = properties },
            SubAckPacket p => p with { PacketId = id, Codes = [code], Properties = properties },
            UnsubscribePacket p => p with { PacketId = id, Properties = properties },
            UnsubAckPacket p => p with { PacketId = id, Codes = [code], Properties = properties },
            DisconnectPacket p => p with { Code = code, Properties = properties },
            AuthPacket p => p with { Code = code, Properties = properties },
            _ => packet,
        };
    }

    private static bool Frames(byte header) => PacketFraming.TryReadFrame([header, 0], 10, out _, out _, out _, out _) == FrameStatus.Frame;

    private static void Shrink(byte[] body, Random random)
    {
        for (var i = 0; i < body.Length; i++) body[i] = random.Next(3) == 0 ? (byte)random.Next(0x2B) : (byte)random.Next(4);
    }

    // The same body between different neighbours must decode alike: nothing beyond it is looked at.
    private void Try(byte header, byte[] body, Random random)
    {
        foreach (var version in Enum.GetValues<MqttVersion>())
        {
            var packet = AnyPacket.DecodeBody(version, header, body, out var error);
            var key = (PacketFraming.TypeOf(header), version, packet is not null);
            reached[key] = reached.GetValueOrDefault(key) + 1;
            Assert.True(packet is null ? error is { Message.Length: > 0 } && ReasonCodes.IsFailure(error.Code) : error is null);
            var guarded = new byte[body.Length + 16];
            random.NextBytes(guarded);
            body.CopyTo(guarded, 8);
            var again = AnyPacket.DecodeBody(version, header, guarded.AsMemory(8, body.Length), out var errorAgain);
            Assert.Equal(error, errorAgain);
            if (packet is null) continue;
            Assert.Equal(AnyPacket.Describe(packet), AnyPacket.Describe(again!));
            // What is accepted is well-formed enough to be written again, and then means the same.
            var spoken = packet is ConnectPacket connect ? connect.Version : version;
            var rewritten = AnyPacket.Decode(spoken, AnyPacket.Encode(spoken, packet), out var fault);
            Assert.True(rewritten is not null, $"{AnyPacket.Describe(packet)} written again: {fault}");
            Assert.Equal(AnyPacket.Describe(packet), AnyPacket.Describe(rewritten!));
        }
    }

    private void AllReached(bool accepted)
    {
        foreach (var type in Enum.GetValues<PacketType>())
        {
            foreach (var version in Enum.GetValues<MqttVersion>())
            {
                // 3.1.1 has no AUTH.
                if (accepted && type == PacketType.Auth && version == MqttVersion.V311) continue;
                Assert.True(reached.ContainsKey((type, version, accepted)), $"{type} of {version} was never {(accepted ? "accepted" : "refused")}");
            }
        }
    }
}
