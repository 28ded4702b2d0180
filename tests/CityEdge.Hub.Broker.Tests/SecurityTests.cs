using CityEdge.Contracts;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Nobody in where they don't belong; nothing a client sends breaks the broker.</summary>
public sealed class SecurityTests
{
    private static readonly ClientIdentity Device = ClientIdentity.OfDevice("s1", "d1");

    [Theory]
    [InlineData("cityedge/v1/s1/d1/telemetry", true)]
    [InlineData("cityedge/v1/s1/d1/event", true)]
    [InlineData("cityedge/v1/s1/d1/status", true)]
    [InlineData("cityedge/v1/s1/d1/config/reported", true)]
    [InlineData("cityedge/v1/s1/d1/command/42/reply", true)]
    [InlineData("cityedge/v1/s1/d1/command/42", false)]
    [InlineData("cityedge/v1/s1/d1/command//reply", false)]
    [InlineData("cityedge/v1/s1/d1/command/reply", false)]
    [InlineData("cityedge/v1/s1/d1/command/4/2/reply", false)]
    [InlineData("cityedge/v1/s1/d1/config", false)]
    [InlineData("cityedge/v1/s1/d1", false)]
    [InlineData("cityedge/v1/s1/d10/telemetry", false)]
    [InlineData("cityedge/v1/s1/d2/telemetry", false)]
    [InlineData("cityedge/v1/s2/d1/telemetry", false)]
    [InlineData("cityedge/v1/s1/tickets/7", false)]
    [InlineData("other/topic", false)]
    public void A_device_publishes_only_its_own(string topic, bool may) => Assert.Equal(may, new TopicPolicy().MayPublish(Device, topic));

    [Theory]
    [InlineData("cityedge/v1/s1/d1/command/+", true)]
    [InlineData("cityedge/v1/s1/d1/config", true)]
    [InlineData("cityedge/v1/s1/tickets/#", true)]
    [InlineData("cityedge/v1/s1/tickets/+", true)]
    [InlineData("$share/g/cityedge/v1/s1/d1/command/+", true)]
    [InlineData("$share/g/#", false)]
    [InlineData("cityedge/v1/s1/d1/#", false)]
    [InlineData("cityedge/v1/s1/+/config", false)]
    [InlineData("cityedge/v1/s2/tickets/#", false)]
    [InlineData("#", false)]
    [InlineData("+/v1/s1/tickets/#", false)]
    public void A_device_subscribes_only_its_own(string filter, bool may) => Assert.Equal(may, new TopicPolicy().MaySubscribe(Device, filter));

    [Fact]
    public async Task A_forbidden_publish_is_refused_counted_and_reported()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var v5 = await fixture.ConnectAsync("a", user: "s1/d1");
        await v5.PublishAsync("cityedge/v1/s1/d2/telemetry", "[]", QoS.AtLeastOnce, 1);
        Assert.Equal(ReasonCode.NotAuthorized, (await v5.ReceiveAckAsync(PacketType.PubAck, 1)).Code);
        await v5.PublishAsync("x", "[]", QoS.ExactlyOnce, 2);
        Assert.Equal(ReasonCode.NotAuthorized, (await v5.ReceiveAckAsync(PacketType.PubRec, 2)).Code);
        Assert.Equal([ReasonCode.NotAuthorized], (await v5.SubscribeAsync("#")).Codes);
        var v3 = await fixture.ConnectAsync("b", MqttVersion.V311, user: "s1/d1");
        await v3.PublishAsync("x", "[]", QoS.AtLeastOnce, 3);
        await v3.ReceiveAckAsync(PacketType.PubAck, 3);
        Assert.Equal(3, fixture.Refusals.Count);
        Assert.All(fixture.Refusals, r => Assert.Equal((RefusalReason.ForbiddenTopic, "s1/d1"), (r.Reason, r.Identity)));
        Assert.Equal(3, fixture.Broker.Stats.Refused[RefusalReason.ForbiddenTopic]);
        Assert.Equal(0, fixture.Broker.Stats.MessagesIn.Sum());
        var will = await fixture.ConnectAsync("c", user: "s1/d1", will: new WillMessage("cityedge/v1/s1/d2/status", default));
        Assert.Equal(ReasonCode.NotAuthorized, will.ConnAck!.Code);
    }

    [Fact]
    public async Task A_wrong_password_is_answered_late_and_a_revoked_device_is_put_out()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var bad = fixture.Open();
        var answer = bad.ConnectAsync(new ConnectPacket(MqttVersion.V500, "x", UserName: "bad"));
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.AuthenticationFailures == 1, "the failure is counted");
        Assert.False(answer.IsCompleted);
        await BrokerFixture.UntilAsync(() =>
        {
            fixture.Protocol.Advance(TimeSpan.FromSeconds(1));
            return answer.IsCompleted;
        }, "the answer comes");
        Assert.Equal(ReasonCode.BadUserNameOrPassword, (await answer)!.Code);
        Assert.Null(await bad.ReceiveAsync());
        var device = await fixture.ConnectAsync("d", clean: false, expiry: 600, user: "s1/d1");
        await fixture.Broker.DisconnectAsync("s1/d1");
        Assert.Equal(ReasonCode.AdministrativeAction, Assert.IsType<DisconnectPacket>(await device.ReceiveAsync()).Code);
        Assert.Empty(fixture.Broker.Sessions);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_device_that_is_revoked_while_it_connects_does_not_get_in(bool another)
    {
        await using var fixture = await BrokerFixture.StartAsync();
        fixture.LetIn = async _ =>
        {
            fixture.LetIn = null;
            var revoked = another ? "s1/d2" : "s1/d1";
            fixture.Revoked.Add(revoked);
            await fixture.Broker.DisconnectAsync(revoked);
        };
        var device = await fixture.ConnectAsync("d", clean: false, expiry: 600, user: "s1/d1", will: new WillMessage("cityedge/v1/s1/d1/status", default));
        Assert.Equal(another ? ReasonCode.Success : ReasonCode.NotAuthorized, device.ConnAck!.Code);
        Assert.Equal(another ? 1 : 0, fixture.Broker.Sessions.Count);
        if (!another) Assert.Null(await device.ReceiveAsync());
    }

    [Fact]
    public async Task A_packet_that_is_too_large_ends_the_connection_and_is_reported()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c");
        Assert.Equal(262_144u, client.ConnAck!.Properties!.MaximumPacketSize);
        await client.PublishAsync("t", new string('x', 262_144), QoS.AtLeastOnce, 1);
        Assert.Equal(ReasonCode.PacketTooLarge, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
        Assert.Equal(RefusalReason.TooLarge, Assert.Single(fixture.Refusals).Reason);
        var fits = await fixture.ConnectAsync("c");
        await fits.PublishAsync("t", new string('x', 262_100), QoS.AtLeastOnce, 1);
        await fits.ReceiveAckAsync(PacketType.PubAck, 1);
    }

    [Fact]
    public async Task First_packets_and_client_ids()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var assigned = await fixture.ConnectAsync("");
        Assert.StartsWith("auto-", assigned.ConnAck!.Properties!.AssignedClientIdentifier);
        Assert.Equal(ReasonCode.Success, (await fixture.ConnectAsync("", MqttVersion.V311)).ConnAck!.Code);
        Assert.Equal(ReasonCode.ClientIdentifierNotValid, (await fixture.ConnectAsync("", MqttVersion.V311, clean: false)).ConnAck!.Code);
        var early = fixture.Open();
        await early.PingAsync();
        Assert.Null(await early.ReceiveAsync());
        var twice = await fixture.ConnectAsync("t");
        await twice.SendAsync(o => PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V500, "t")));
        Assert.Equal(ReasonCode.ProtocolError, Assert.IsType<DisconnectPacket>(await twice.ReceiveAsync()).Code);
    }

    [Fact]
    public async Task Random_bytes_and_mutated_packets_never_hurt_it()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxQueuedBytesPerSession = 1 << 20 });
        var random = new Random(20261121);
        var samples = Samples();
        var began = TimeProvider.System.GetTimestamp();
        var rounds = 0;
        while (TimeProvider.System.GetElapsedTime(began) < TimeSpan.FromSeconds(2))
        {
            rounds++;
            var client = random.Next(4) == 0 ? fixture.Open() : await fixture.ConnectAsync("f" + random.Next(5), random.Next(2) == 0 ? MqttVersion.V311 : MqttVersion.V500, clean: random.Next(2) == 0, expiry: (uint)random.Next(2) * 60);
            for (var i = random.Next(12); i > 0; i--)
            {
                var bytes = (byte[])samples[random.Next(samples.Count)].Clone();
                for (var k = random.Next(3); k > 0; k--) bytes[random.Next(bytes.Length)] = (byte)random.Next(256);
                if (random.Next(10) == 0) random.NextBytes(bytes);
                await client.SendAsync(bytes);
            }
            await client.DropAsync();
        }
        Assert.True(rounds > 20, $"only {rounds} rounds");
        Assert.Equal(0, fixture.Broker.Stats.Connections);
        Assert.DoesNotContain(ReasonCode.ImplementationSpecificError, fixture.Broker.Stats.Closed.Keys);
        var sane = await fixture.ConnectAsync("sane");
        await sane.SubscribeAsync("sane");
        await sane.PublishAsync("sane", "x");
        Assert.Equal("sane", (await sane.ReceivePublishAsync()).Topic);
        await fixture.RestartAsync();
    }

    private static List<byte[]> Samples()
    {
        var samples = new List<byte[]>();
        foreach (var version in new[] { MqttVersion.V311, MqttVersion.V500 })
        {
            Add(o => PacketEncoder.Write(o, new ConnectPacket(version, "f1", Will: new WillMessage("w", "x"u8.ToArray()))));
            foreach (var qos in new[] { QoS.AtMostOnce, QoS.AtLeastOnce, QoS.ExactlyOnce }) Add(o => PacketEncoder.Write(o, version, new PublishPacket("a/b", "payload"u8.ToArray(), qos, true, PacketId: 3)));
            Add(o => PacketEncoder.Write(o, version, new SubscribePacket(4, [new Subscription("a/+"), new Subscription("$share/g/a/#")])));
            Add(o => PacketEncoder.Write(o, version, new UnsubscribePacket(5, ["a/+"])));
            foreach (var type in new[] { PacketType.PubAck, PacketType.PubRec, PacketType.PubRel, PacketType.PubComp }) Add(o => PacketEncoder.Write(o, version, new AckPacket(type, 3)));
            Add(o => PacketEncoder.Write(o, version, new DisconnectPacket()));
            Add(o => PacketEncoder.WritePingReq(o));
        }
        return samples;

        void Add(Action<System.Buffers.IBufferWriter<byte>> write)
        {
            var buffer = new System.Buffers.ArrayBufferWriter<byte>();
            write(buffer);
            samples.Add(buffer.WrittenSpan.ToArray());
        }
    }
}
