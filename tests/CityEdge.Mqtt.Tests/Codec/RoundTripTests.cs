using System.Buffers;
using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Mqtt.Tests.Codec;

public class RoundTripTests
{
    private static readonly Arbitrary<int> Seeds = Gen.Choose(0, int.MaxValue).ToArbitrary();

    [Fact]
    public void Every_packet_decodes_to_what_was_encoded() =>
        Prop.ForAll(Seeds, seed =>
        {
            var (version, packet) = new Packets(seed).Next();
            var bytes = AnyPacket.Encode(version, packet);
            var decoded = AnyPacket.Decode(version, bytes, out var error);
            Assert.True(error is null, error?.Message);
            Assert.Equal(AnyPacket.Describe(packet), AnyPacket.Describe(decoded!));
            Assert.Equal(bytes, AnyPacket.Encode(version, decoded!));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    [Fact]
    public void Framing_finds_the_same_packets_however_the_bytes_are_cut() =>
        Prop.ForAll(Seeds, seed =>
        {
            var packets = new Packets(seed);
            var frames = Enumerable.Range(0, 4).Select(_ => packets.Next()).Select(p => AnyPacket.Encode(p.Version, p.Packet)).ToArray();
            var sequence = Segments.Cut([.. frames.SelectMany(f => f)], new Random(seed));
            foreach (var frame in frames)
            {
                Assert.Equal(FrameStatus.Frame, PacketFraming.TryReadFrame(ref sequence, VariableByteInteger.Max, out var header, out var body, out var error));
                Assert.Null(error);
                Assert.Equal(frame[0], header);
                Assert.True(frame.AsSpan().EndsWith(body.ToArray()));
            }
            Assert.Equal(0, sequence.Length);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void An_incomplete_packet_asks_for_more_and_consumes_nothing() =>
        Prop.ForAll(Seeds, seed =>
        {
            var (version, packet) = new Packets(seed).Next();
            var bytes = AnyPacket.Encode(version, packet);
            var part = bytes.AsSpan(0, new Random(seed).Next(bytes.Length));
            Assert.Equal(FrameStatus.NeedMore, PacketFraming.TryReadFrame(part, VariableByteInteger.Max, out _, out _, out var consumed, out var error));
            Assert.Equal(0, consumed);
            Assert.Null(error);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [Fact]
    public void A_server_forwards_a_publish_with_its_own_expiry_and_identifiers() =>
        Prop.ForAll(Seeds, seed =>
        {
            var original = (PublishPacket)new Packets(seed).Next(MqttVersion.V500, PacketType.Publish);
            var bytes = AnyPacket.Encode(MqttVersion.V500, original);
            PacketFraming.TryReadFrame(bytes, VariableByteInteger.Max, out var header, out var body, out _, out _);
            Assert.True(PacketDecoder.TryViewPublish(header, body, MqttVersion.V500, out var view, out _));
            Assert.Equal(original.Topic, Encoding.UTF8.GetString(view.Topic));
            Assert.Equal(original.Payload.ToArray(), view.Payload.ToArray());
            Assert.True(body[view.PayloadOffset..].SequenceEqual(view.Payload));
            Assert.Equal(original.Properties?.TopicAlias ?? 0, view.TopicAlias);
            Assert.Equal(original.Properties?.MessageExpiryInterval, view.MessageExpiryInterval);
            Assert.Equal(original.Properties?.SubscriptionIdentifiers.Count > 0, view.HasSubscriptionIdentifier);

            Span<byte> kept = new byte[view.RawProperties.Length];
            kept = kept[..ForwardedProperties.Copy(view.RawProperties, kept)];
            var output = new ArrayBufferWriter<byte>();
            var raw = new RawPublish
            {
                Topic = "out"u8, Payload = view.Payload, QoS = QoS.AtLeastOnce, PacketId = 7, Properties = kept, MessageExpiryInterval = 5, SubscriptionIdentifiers = [1, 300],
            };
            PacketEncoder.Write(output, MqttVersion.V500, raw);
            Assert.Equal(output.WrittenCount, PacketEncoder.Measure(MqttVersion.V500, raw));

            var properties = original.Properties ?? new MqttProperties();
            properties.TopicAlias = null;
            properties.MessageExpiryInterval = 5;
            properties.SubscriptionIdentifiers = [1, 300];
            var expected = new PublishPacket("out", original.Payload, QoS.AtLeastOnce, PacketId: 7, Properties: properties);
            Assert.Equal(AnyPacket.Describe(expected), AnyPacket.Describe(AnyPacket.Decode(MqttVersion.V500, output.WrittenMemory, out _)!));
            Assert.Equal(AnyPacket.Encode(MqttVersion.V500, expected).Length, PacketEncoder.Measure(MqttVersion.V500, expected));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(127, 1)]
    [InlineData(128, 2)]
    [InlineData(16_383, 2)]
    [InlineData(16_384, 3)]
    [InlineData(2_097_151, 3)]
    [InlineData(2_097_152, 4)]
    [InlineData(268_435_455, 4)]
    public void Variable_byte_integers_keep_their_value_and_length(uint value, int length)
    {
        var bytes = new byte[4];
        Assert.Equal(length, VariableByteInteger.Length(value));
        Assert.Equal(length, VariableByteInteger.Write(bytes, value));
        Assert.Equal(length, VariableByteInteger.Read(bytes, out var read));
        Assert.Equal(value, read);
        Assert.Equal(0, VariableByteInteger.Read(bytes.AsSpan(0, length - 1), out _));
    }

    [Fact]
    public void Looking_at_a_publish_allocates_nothing()
    {
        var bytes = AnyPacket.Encode(MqttVersion.V500, new PublishPacket("city/a/b", new byte[100], QoS.AtLeastOnce, PacketId: 9, Properties: new() { UserProperties = [new("a", "b")], TopicAlias = 4 }));
        var output = new ArrayBufferWriter<byte>(1024);
        long Run(int count)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < count; i++)
            {
                PacketFraming.TryReadFrame(bytes, 1024, out var header, out var body, out _, out _);
                PacketDecoder.TryViewPublish(header, body, MqttVersion.V500, out var view, out _);
                PacketEncoder.Write(output, MqttVersion.V500, new RawPublish { Topic = view.Topic, Payload = view.Payload, QoS = view.QoS, PacketId = 1, Properties = view.RawProperties });
                PacketEncoder.Write(output, MqttVersion.V500, new AckPacket(PacketType.PubAck, view.PacketId));
                output.ResetWrittenCount();
            }
            return GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Run(10);
        Assert.Equal(0, Run(1000));
    }
}
