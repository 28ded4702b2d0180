using System.Text;

namespace CityEdge.Mqtt.Tests.Client;

public class ReceiveTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MqttClientOptions Options(FakeServer server, MqttVersion version = MqttVersion.V500) => new()
    {
        Url = server.Url, Version = version, ClientId = "c", InitialBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(30),
        RefusedBackoff = TimeSpan.FromMilliseconds(1),
    };

    private static PublishPacket Publish(ushort id, QoS qos = QoS.AtLeastOnce, bool dup = false) => new("t/" + id, Encoding.UTF8.GetBytes("m" + id), qos, Dup: dup, PacketId: id);

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task Messages_are_acknowledged_when_the_handler_has_returned(MqttVersion version)
    {
        var handled = new TaskCompletionSource();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version) with { Handler = async (_, stop) => await handled.Task.WaitAsync(stop) });
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(Publish(1));
        await peer.SendAsync(Publish(2, QoS.ExactlyOnce));
        // Answered although the handler is busy: the reader does not wait for it. And nothing is acknowledged before.
        await link.ConnectedAsync();
        var probe = link.Client.PublishAsync(new("probe", default, QoS.AtMostOnce), Stop);
        Assert.Equal("probe", (await peer.ReadAsync<PublishPacket>()).Topic);
        await probe.Within("probe");
        handled.SetResult();
        Assert.Equal(new AckPacket(PacketType.PubAck, 1), await peer.ReadAsync<AckPacket>());
        Assert.Equal(new AckPacket(PacketType.PubRec, 2), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(new AckPacket(PacketType.PubRel, 2));
        Assert.Equal(new AckPacket(PacketType.PubComp, 2), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(new AckPacket(PacketType.PubRel, 9));
        Assert.Equal(new AckPacket(PacketType.PubComp, 9, version == MqttVersion.V500 ? ReasonCode.PacketIdentifierNotFound : 0), await peer.ReadAsync<AckPacket>());
    }

    [Fact]
    public async Task Manual_acknowledgements_leave_in_order_of_arrival()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { ManualAcknowledgement = true });
        var peer = await server.WelcomeAsync(Stop);
        for (ushort id = 1; id <= 3; id++) await peer.SendAsync(Publish(id));
        var messages = new[] { await link.IncomingAsync(), await link.IncomingAsync(), await link.IncomingAsync() };
        Assert.Equal("m2", Encoding.UTF8.GetString(messages[1].Payload.Span));
        await messages[2].AcknowledgeAsync();
        await messages[1].AcknowledgeAsync(ReasonCode.QuotaExceeded);
        await messages[1].AcknowledgeAsync();
        await link.Client.PublishAsync(new("probe", default, QoS.AtMostOnce), Stop);
        await peer.ReadAsync<PublishPacket>();
        Assert.False(peer.HasUnread);
        await messages[0].AcknowledgeAsync();
        Assert.Equal(new AckPacket(PacketType.PubAck, 1), await peer.ReadAsync<AckPacket>());
        Assert.Equal(new AckPacket(PacketType.PubAck, 2, ReasonCode.QuotaExceeded), await peer.ReadAsync<AckPacket>());
        Assert.Equal(new AckPacket(PacketType.PubAck, 3), await peer.ReadAsync<AckPacket>());
    }

    [Fact]
    public async Task Exactly_once_holds_over_a_reconnect_and_late_acknowledgements_of_qos_1_are_dropped()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { ManualAcknowledgement = true });
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(Publish(1, QoS.ExactlyOnce));
        await peer.SendAsync(Publish(2, QoS.ExactlyOnce));
        await peer.SendAsync(Publish(3));
        var (first, second, third) = (await link.IncomingAsync(), await link.IncomingAsync(), await link.IncomingAsync());
        await first.AcknowledgeAsync();
        Assert.Equal(new AckPacket(PacketType.PubRec, 1), await peer.ReadAsync<AckPacket>());
        peer.Dispose();
        await link.DisconnectedAsync();
        await third.AcknowledgeAsync();

        peer = await server.WelcomeAsync(Stop, sessionPresent: true);
        await peer.SendAsync(Publish(1, QoS.ExactlyOnce, dup: true));
        Assert.Equal(new AckPacket(PacketType.PubRec, 1), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(new AckPacket(PacketType.PubRel, 1));
        Assert.Equal(new AckPacket(PacketType.PubComp, 1), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(Publish(2, QoS.ExactlyOnce, dup: true));
        await peer.SendAsync(Publish(3, QoS.AtLeastOnce, dup: true));
        var again = await link.IncomingAsync();
        Assert.Equal(("t/3", true), (again.Topic, again.Dup));
        Assert.False(link.HasIncoming);
        await again.AcknowledgeAsync();
        await second.AcknowledgeAsync();
        Assert.Equal(new AckPacket(PacketType.PubRec, 2), await peer.ReadAsync<AckPacket>());
        Assert.Equal(new AckPacket(PacketType.PubAck, 3), await peer.ReadAsync<AckPacket>());

        // A new session may use the identifier for another message.
        peer.Dispose();
        peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(Publish(2, QoS.ExactlyOnce));
        Assert.Equal("t/2", (await link.IncomingAsync()).Topic);
    }

    [Fact]
    public async Task A_handler_that_throws_is_reported_and_does_not_stop_the_next_message()
    {
        var failures = new TaskCompletionSource<Exception>();
        await using var server = new FakeServer();
        await using var link = new ClientHarness(Options(server) with { Handler = (m, _) => m.Topic == "t/1" ? throw new FormatException("bad") : ValueTask.CompletedTask });
        link.Client.HandlerFailed += e => failures.TrySetResult(e);
        await link.Client.StartAsync(Stop);
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(Publish(1));
        await peer.SendAsync(Publish(2));
        Assert.Equal(new AckPacket(PacketType.PubAck, 1, ReasonCode.ImplementationSpecificError), await peer.ReadAsync<AckPacket>());
        Assert.Equal(new AckPacket(PacketType.PubAck, 2), await peer.ReadAsync<AckPacket>());
        Assert.IsType<FormatException>(await failures.Task.Within("HandlerFailed"));
    }

    [Fact]
    public async Task A_server_that_breaks_the_rules_is_told_and_left()
    {
        var cases = new (byte[] Bytes, ReasonCode Code)[]
        {
            (Convert.FromHexString("3600"), ReasonCode.MalformedPacket),
            (Convert.FromHexString("300700017403230001"), ReasonCode.TopicAliasInvalid),
            (Convert.FromHexString("C000"), ReasonCode.ProtocolError),
            (Convert.FromHexString("9003000A00"), ReasonCode.ProtocolError),
            (Convert.FromHexString("30FFFF7F"), ReasonCode.PacketTooLarge),
        };
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        foreach (var (bytes, code) in cases)
        {
            var peer = await server.WelcomeAsync(Stop);
            await peer.SendRawAsync(bytes);
            Assert.Equal(code, (await peer.ReadAsync<DisconnectPacket>()).Code);
            await peer.WaitClosedAsync();
            Assert.Equal((code, false), await link.DisconnectedAsync() is var e ? (e.Code!.Value, e.ByServer) : default);
        }
    }

    [Fact]
    public async Task More_deliveries_than_the_receive_maximum_end_the_connection()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { ReceiveMaximum = 2, ManualAcknowledgement = true });
        var peer = await server.WelcomeAsync(Stop);
        Assert.Equal((ushort)2, peer.Connect.Properties!.ReceiveMaximum);
        Assert.Null(peer.Connect.Properties.TopicAliasMaximum);
        for (ushort id = 1; id <= 3; id++) await peer.SendAsync(Publish(id, id == 1 ? QoS.ExactlyOnce : QoS.AtLeastOnce));
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, (await peer.ReadAsync<DisconnectPacket>()).Code);
    }

    [Fact]
    public async Task A_slow_handler_costs_qos_0_messages_and_no_others_and_each_is_counted()
    {
        var handled = new TaskCompletionSource();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, MqttVersion.V311) with { ReceiveMaximum = 10, Handler = async (_, stop) => await handled.Task.WaitAsync(stop) });
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(Publish(1));
        // One in the handler; 1024 of these queue, the rest is dropped.
        for (var i = 0; i < 1100; i++) await peer.SendAsync(new PublishPacket("zero", default));
        // 3.1.1 has no Receive Maximum: what is beyond the queue stays in the socket and is read later.
        for (ushort id = 2; id <= 200; id++) await peer.SendAsync(Publish(id));
        handled.SetResult();
        for (ushort id = 1; id <= 200; id++) Assert.Equal(new AckPacket(PacketType.PubAck, id), await peer.ReadAsync<AckPacket>());
        var statistics = link.Client.Statistics;
        Assert.InRange(statistics.Dropped, 0, 76);
        Assert.Equal(1300, statistics.Received + statistics.Dropped);
    }

    [Fact]
    public async Task Subscribing_needs_a_handler_and_unsubscribing_forgets()
    {
        await using var server = new FakeServer();
        await using (var bare = new MqttClient(Options(server)))
            await Assert.ThrowsAsync<InvalidOperationException>(() => bare.SubscribeAsync([new("a")], Stop));
        await using var link = await ClientHarness.StartAsync(Options(server));
        var peer = await server.WelcomeAsync(Stop);
        var subscribed = link.Client.SubscribeAsync([new("a"), new("b")], Stop);
        await peer.SendAsync(new SubAckPacket((await peer.ReadAsync<SubscribePacket>()).PacketId, [ReasonCode.GrantedQoS1, ReasonCode.GrantedQoS1]));
        await subscribed.Within("SUBACK");
        var unsubscribed = link.Client.UnsubscribeAsync(["a"], Stop);
        var request = await peer.ReadAsync<UnsubscribePacket>();
        Assert.Equal(["a"], request.Filters);
        // Cut off before the answer: asked again, and only "b" is restored.
        peer.Dispose();
        peer = await server.WelcomeAsync(Stop);
        request = await peer.ReadAsync<UnsubscribePacket>();
        await peer.SendAsync(new UnsubAckPacket(request.PacketId, [ReasonCode.NoSubscriptionExisted]));
        Assert.Equal([ReasonCode.NoSubscriptionExisted], await unsubscribed.Within("UNSUBACK"));
        Assert.Equal("b", Assert.Single((await peer.ReadAsync<SubscribePacket>()).Subscriptions).Filter);
    }
}
