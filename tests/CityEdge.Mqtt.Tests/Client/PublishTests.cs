using System.Text;

namespace CityEdge.Mqtt.Tests.Client;

public class PublishTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MqttMessage Message(int number, QoS qos = QoS.AtLeastOnce) => new("t/" + number, Encoding.UTF8.GetBytes("m" + number), qos);

    private static MqttClientOptions Options(FakeServer server, MqttVersion version = MqttVersion.V500) => new()
    {
        Url = server.Url, Version = version, ClientId = "c", InitialBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(30),
    };

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task Each_quality_of_service_completes_with_its_own_handshake(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version));
        var peer = await server.WelcomeAsync(Stop);
        Assert.Equal(version, peer.Connect.Version);

        var zero = link.Client.PublishAsync(Message(0, QoS.AtMostOnce), Stop);
        Assert.Equal(new PublishPacket("t/0", default), (await peer.ReadAsync<PublishPacket>()) with { Payload = default });
        Assert.True((await zero.Within("QoS 0")).IsSuccess);

        var one = link.Client.PublishAsync(Message(1) with { Retain = true }, Stop);
        var publish = await peer.ReadAsync<PublishPacket>();
        Assert.Equal(("t/1", "m1", QoS.AtLeastOnce, true, false), (publish.Topic, Encoding.UTF8.GetString(publish.Payload.Span), publish.QoS, publish.Retain, publish.Dup));
        Assert.False(one.IsCompleted);
        await peer.SendAsync(new AckPacket(PacketType.PubAck, publish.PacketId));
        Assert.True((await one.Within("PUBACK")).IsSuccess);

        var two = link.Client.PublishAsync(Message(2, QoS.ExactlyOnce), Stop);
        publish = await peer.ReadAsync<PublishPacket>();
        await peer.SendAsync(new AckPacket(PacketType.PubRec, publish.PacketId));
        Assert.Equal(new AckPacket(PacketType.PubRel, publish.PacketId), await peer.ReadAsync<AckPacket>());
        Assert.False(two.IsCompleted);
        await peer.SendAsync(new AckPacket(PacketType.PubComp, publish.PacketId));
        Assert.True((await two.Within("PUBCOMP")).IsSuccess);
        Assert.Equal(2, link.Client.Statistics.Acknowledged);
    }

    [Theory]
    [InlineData(3, 65_535, 3)]
    [InlineData(20, 2, 2)]
    public async Task The_window_bounds_what_is_under_way_and_order_is_kept(int maxInflight, int receiveMaximum, int window)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { MaxInflight = maxInflight });
        var peer = await server.WelcomeAsync(Stop, properties: new() { ReceiveMaximum = (ushort)receiveMaximum });
        await link.ConnectedAsync();
        var all = Enumerable.Range(0, 10).Select(i => link.Client.PublishAsync(Message(i), Stop)).ToArray();
        Assert.Equal((window, 10 - window), (link.Client.Statistics.Inflight, link.Client.Statistics.Waiting));
        var sent = new Queue<PublishPacket>();
        for (var i = 0; i < 10; i++)
        {
            while (sent.Count < window && sent.Count + i < 10)
            {
                sent.Enqueue(await peer.ReadAsync<PublishPacket>());
                Assert.Equal("t/" + (i + sent.Count - 1), sent.Last().Topic);
            }
            await peer.SendAsync(new AckPacket(PacketType.PubAck, sent.Dequeue().PacketId));
            await all[i].Within($"publish {i}");
        }
        Assert.False(peer.HasUnread);
    }

    [Fact]
    public async Task Refusals_of_the_server_are_results()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        var peer = await server.WelcomeAsync(Stop, properties: new() { MaximumPacketSize = 100, RetainAvailable = false, MaximumQoS = QoS.AtLeastOnce });
        await link.ConnectedAsync();
        var refused = link.Client.PublishAsync(Message(1), Stop);
        await peer.SendAsync(new AckPacket(PacketType.PubAck, (await peer.ReadAsync<PublishPacket>()).PacketId, ReasonCode.NotAuthorized, new() { ReasonString = "not yours" }));
        Assert.Equal(new PublishResult(ReasonCode.NotAuthorized, "not yours"), await refused.Within("PUBACK"));

        // What the server has said it does not take is not sent at all.
        Assert.Equal(ReasonCode.PacketTooLarge, (await link.Client.PublishAsync(new("t", new byte[100]), Stop)).Code);
        Assert.Equal(ReasonCode.RetainNotSupported, (await link.Client.PublishAsync(new("t", default, Retain: true), Stop)).Code);
        Assert.Equal(ReasonCode.QoSNotSupported, (await link.Client.PublishAsync(Message(1, QoS.ExactlyOnce), Stop)).Code);
        Assert.Equal(0, link.Client.Statistics.Inflight);
        Assert.False(peer.HasUnread);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task With_the_session_present_the_same_identifiers_go_out_again_with_dup(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version) with { MaxInflight = 3 });
        var peer = await server.WelcomeAsync(Stop);
        var all = new[] { Message(0), Message(1, QoS.ExactlyOnce), Message(2, QoS.ExactlyOnce), Message(3) }.Select(m => link.Client.PublishAsync(m, Stop)).ToArray();
        var first = new List<PublishPacket>();
        for (var i = 0; i < 3; i++) first.Add(await peer.ReadAsync<PublishPacket>());
        await peer.SendAsync(new AckPacket(PacketType.PubRec, first[1].PacketId));
        await peer.ReadAsync<AckPacket>();
        peer.Dispose();

        peer = await server.WelcomeAsync(Stop, sessionPresent: true);
        Assert.False(peer.Connect.CleanStart);
        var again = await peer.ReadAsync<PublishPacket>();
        Assert.Equal(("t/0", first[0].PacketId, true), (again.Topic, again.PacketId, again.Dup));
        Assert.Equal(new AckPacket(PacketType.PubRel, first[1].PacketId), await peer.ReadAsync<AckPacket>());
        again = await peer.ReadAsync<PublishPacket>();
        Assert.Equal(("t/2", first[2].PacketId, true), (again.Topic, again.PacketId, again.Dup));
        await peer.SendAsync(new AckPacket(PacketType.PubAck, first[0].PacketId));
        var fresh = await peer.ReadAsync<PublishPacket>();
        Assert.Equal(("t/3", false), (fresh.Topic, fresh.Dup));
        await peer.SendAsync(new AckPacket(PacketType.PubComp, first[1].PacketId));
        await peer.SendAsync(new AckPacket(PacketType.PubRec, first[2].PacketId));
        await peer.ReadAsync<AckPacket>();
        await peer.SendAsync(new AckPacket(PacketType.PubComp, first[2].PacketId));
        await peer.SendAsync(new AckPacket(PacketType.PubAck, fresh.PacketId));
        Assert.All(await Task.WhenAll(all).Within("all publishes"), r => Assert.True(r.IsSuccess));
    }

    [Fact]
    public async Task Without_the_session_messages_go_out_as_new_and_subscriptions_are_made_again()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server));
        var peer = await server.WelcomeAsync(Stop);
        var subscribed = link.Client.SubscribeAsync([new("a/#", QoS.ExactlyOnce), new("secret")], Stop);
        var subscribe = await peer.ReadAsync<SubscribePacket>();
        await peer.SendAsync(new SubAckPacket(subscribe.PacketId, [ReasonCode.GrantedQoS2, ReasonCode.NotAuthorized]));
        Assert.Equal([ReasonCode.GrantedQoS2, ReasonCode.NotAuthorized], await subscribed.Within("SUBACK"));
        var one = link.Client.PublishAsync(Message(1), Stop);
        var two = link.Client.PublishAsync(Message(2, QoS.ExactlyOnce), Stop);
        await peer.ReadAsync<PublishPacket>();
        var second = await peer.ReadAsync<PublishPacket>();
        await peer.SendAsync(new AckPacket(PacketType.PubRec, second.PacketId));
        await peer.ReadAsync<AckPacket>();
        peer.Dispose();

        peer = await server.WelcomeAsync(Stop);
        subscribe = await peer.ReadAsync<SubscribePacket>();
        Assert.Equal([new Subscription("a/#", QoS.ExactlyOnce)], subscribe.Subscriptions);
        var refused = new TaskCompletionSource<(string, ReasonCode)>();
        link.Client.SubscriptionRefused += (filter, code) => refused.TrySetResult((filter, code));
        await peer.SendAsync(new SubAckPacket(subscribe.PacketId, [ReasonCode.QuotaExceeded]));
        Assert.Equal(("a/#", ReasonCode.QuotaExceeded), await refused.Task.Within("SubscriptionRefused"));
        foreach (var topic in new[] { "t/1", "t/2" })
        {
            var again = await peer.ReadAsync<PublishPacket>();
            Assert.Equal((topic, false), (again.Topic, again.Dup));
            await peer.SendAsync(new AckPacket(again.QoS == QoS.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, again.PacketId));
            if (again.QoS == QoS.ExactlyOnce) await peer.SendAsync(new AckPacket(PacketType.PubComp, (await peer.ReadAsync<AckPacket>()).PacketId));
        }
        await Task.WhenAll(one, two).Within("both publishes");
    }

    [Fact]
    public async Task Cancelling_withdraws_what_waits_and_only_abandons_what_is_under_way()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { MaxInflight = 1 });
        var peer = await server.WelcomeAsync(Stop);
        using var cancel = new CancellationTokenSource();
        var underWay = link.Client.PublishAsync(Message(1), cancel.Token);
        var waiting = link.Client.PublishAsync(Message(2), cancel.Token);
        var last = link.Client.PublishAsync(Message(3), Stop);
        var first = await peer.ReadAsync<PublishPacket>();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => underWay);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await peer.SendAsync(new AckPacket(PacketType.PubAck, first.PacketId));
        var third = await peer.ReadAsync<PublishPacket>();
        Assert.Equal("t/3", third.Topic);
        await peer.SendAsync(new AckPacket(PacketType.PubAck, third.PacketId));
        await last.Within("third publish");
        Assert.Equal(2, link.Client.Statistics.Acknowledged);
    }

    [Fact]
    public async Task Messages_wait_for_the_connection_in_order_and_fail_when_the_link_ends()
    {
        await using var server = new FakeServer();
        var link = await ClientHarness.StartAsync(Options(server));
        var one = link.Client.PublishAsync(Message(1), Stop);
        var zero = link.Client.PublishAsync(Message(2, QoS.AtMostOnce), Stop);
        var peer = await server.WelcomeAsync(Stop);
        Assert.Equal("t/1", (await peer.ReadAsync<PublishPacket>()).Topic);
        Assert.Equal("t/2", (await peer.ReadAsync<PublishPacket>()).Topic);
        Assert.True((await zero.Within("QoS 0")).IsSuccess);
        await link.DisposeAsync();
        await peer.ReadAsync<DisconnectPacket>();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => one);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => link.Client.PublishAsync(Message(3), Stop));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => link.Client.WaitConnectedAsync(Stop));
        Assert.Equal(MqttLinkState.Stopped, link.Client.State);
    }

    [Fact]
    public async Task What_cannot_be_sent_is_refused_at_the_call()
    {
        await using var server = new FakeServer();
        await using var link = new ClientHarness(Options(server));
        foreach (var topic in new[] { "", "a/+", "#", "a\0", new string('x', 65_536) })
            await Assert.ThrowsAsync<ArgumentException>(() => link.Client.PublishAsync(new(topic, default), Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.PublishAsync(new("t", default, Properties: new() { TopicAlias = 1 }), Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.PublishAsync(new("t", default, Properties: new() { ReceiveMaximum = 1 }), Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.SubscribeAsync([new("a/#/b")], Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.SubscribeAsync([], Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.UnsubscribeAsync(["a+"], Stop));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task No_message_is_lost_and_none_overtakes_whatever_the_connection_does(int seed)
    {
        const int Count = 300;
        var random = new Random(seed);
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server) with { MaxInflight = 7, Random = new Random(seed), RefusedBackoff = TimeSpan.FromMilliseconds(1) });
        var all = Enumerable.Range(0, Count).Select(i => link.Client.PublishAsync(Message(i, i % 3 == 0 ? QoS.ExactlyOnce : QoS.AtLeastOnce), Stop)).ToArray();
        var done = Task.WhenAll(all);
        var firsts = new List<string>();
        var breaks = 0;
        while (!done.IsCompleted)
        {
            var peer = await server.WelcomeAsync(Stop, sessionPresent: random.Next(2) == 0);
            var mishaps = breaks++ < 12;
            var skipped = false;
            for (var life = mishaps ? random.Next(1, 60) : int.MaxValue; life > 0; life--)
            {
                var reading = peer.ReadAnyAsync();
                if (await Task.WhenAny(reading, done) == done) break;
                var packet = await reading;
                if (packet is PublishPacket publish)
                {
                    if (!firsts.Contains(publish.Topic)) firsts.Add(publish.Topic);
                    if (mishaps && random.Next(8) == 0) skipped = true;
                    else await peer.SendAsync(new AckPacket(publish.QoS == QoS.AtLeastOnce ? PacketType.PubAck : PacketType.PubRec, publish.PacketId));
                }
                else if (packet is AckPacket { Type: PacketType.PubRel } release)
                {
                    await peer.SendAsync(new AckPacket(PacketType.PubComp, release.PacketId));
                }
                // The window may be full of what was not answered: only a reconnect brings it again.
                if (skipped && !peer.HasUnread) break;
            }
            peer.Dispose();
        }
        Assert.All(await done, r => Assert.True(r.IsSuccess));
        Assert.Equal(Enumerable.Range(0, Count).Select(i => "t/" + i), firsts);
    }
}
