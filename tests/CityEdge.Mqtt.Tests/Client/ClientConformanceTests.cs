using System.Text;

namespace CityEdge.Mqtt.Tests.Client;

/// <summary>Statements of both standards that bind a client, against a scripted server; which test shows which is in the broker suite's <c>statements-*.json</c>.</summary>
public class ClientConformanceTests
{
    private const MqttVersion V3 = MqttVersion.V311, V5 = MqttVersion.V500;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MqttClientOptions Options(FakeServer server, MqttVersion version) => new()
    {
        Url = server.Url, Version = version, ClientId = "c", InitialBackoff = TimeSpan.FromMilliseconds(1), MaxBackoff = TimeSpan.FromMilliseconds(30),
        RefusedBackoff = TimeSpan.FromMilliseconds(1),
    };

    private static PublishPacket Down(ushort id, QoS qos, string payload = "x", bool dup = false) => new("down", Encoding.UTF8.GetBytes(payload), qos, Dup: dup, PacketId: id);

    private static string Text(MqttIncoming message) => Encoding.UTF8.GetString(message.Payload.Span);

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task Connect_comes_first_and_holds_what_its_flags_say(MqttVersion version)
    {
        await using var server = new FakeServer();
        // The scripted server reads strictly: a field without its flag, or the reverse, would not decode.
        await using (var bare = await ClientHarness.StartAsync(Options(server, version) with { ClientId = "" }))
        {
            var connect = (await server.WelcomeAsync(Stop)).Connect;
            Assert.True(connect is { Will: null, UserName: null, Password: null, ClientId.Length: > 0 } && connect.Version == version);
            await bare.ConnectedAsync();
        }
        await using (await ClientHarness.StartAsync(Options(server, version) with
        {
            UserName = "Ü\uFEFF", Password = "p", Will = new("w/ö", "gone"u8.ToArray(), QoS.ExactlyOnce, true, version == V5 ? new() { UserProperties = [new("b", "1"), new("a", "2")] } : null),
        }))
        {
            var connect = (await server.WelcomeAsync(Stop)).Connect;
            Assert.Equal(("c", "Ü\uFEFF", "p"), (connect.ClientId, connect.UserName, Encoding.UTF8.GetString(connect.Password!)));
            Assert.Equal(("w/ö", QoS.ExactlyOnce, true, "gone"), (connect.Will!.Topic, connect.Will.QoS, connect.Will.Retain, Encoding.UTF8.GetString(connect.Will.Payload.Span)));
            if (version == V5) Assert.Equal(["b", "a"], connect.Will.Properties!.UserProperties.Select(u => u.Name));
        }
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task Each_new_packet_takes_an_unused_identifier_and_no_dup(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version));
        var peer = await server.WelcomeAsync(Stop);
        var seen = new HashSet<ushort>();
        for (var i = 0; i < 9; i++)
        {
            switch (i % 3)
            {
                case 0:
                    _ = link.Client.PublishAsync(new("t", default, i % 2 == 0 ? QoS.AtLeastOnce : QoS.ExactlyOnce), Stop);
                    var publish = await peer.ReadAsync<PublishPacket>();
                    Assert.False(publish.Dup);
                    Assert.True(seen.Add(publish.PacketId));
                    break;
                case 1:
                    _ = link.Client.SubscribeAsync([new("s" + i)], Stop);
                    Assert.True(seen.Add((await peer.ReadAsync<SubscribePacket>()).PacketId));
                    break;
                default:
                    _ = link.Client.UnsubscribeAsync(["s" + i], Stop);
                    Assert.True(seen.Add((await peer.ReadAsync<UnsubscribePacket>()).PacketId));
                    break;
            }
        }
        Assert.DoesNotContain((ushort)0, seen);
        _ = link.Client.PublishAsync(new("t", default, QoS.AtMostOnce), Stop);
        Assert.True(await peer.ReadAsync<PublishPacket>() is { Dup: false, PacketId: 0 });
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task Pubrels_keep_the_order_of_the_pubrecs_and_pubrecs_that_of_the_publishes(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version) with { ManualAcknowledgement = true });
        var peer = await server.WelcomeAsync(Stop);
        var ids = new List<ushort>();
        for (var i = 0; i < 3; i++)
        {
            _ = link.Client.PublishAsync(new("t", default, QoS.ExactlyOnce), Stop);
            ids.Add((await peer.ReadAsync<PublishPacket>()).PacketId);
        }
        foreach (var i in new[] { 1, 0, 2 }) await peer.SendAsync(new AckPacket(PacketType.PubRec, ids[i]));
        foreach (var i in new[] { 1, 0, 2 }) Assert.Equal(new AckPacket(PacketType.PubRel, ids[i]), await peer.ReadAsync<AckPacket>());
        for (ushort id = 1; id <= 3; id++) await peer.SendAsync(Down(id, QoS.ExactlyOnce));
        var messages = new[] { await link.IncomingAsync(), await link.IncomingAsync(), await link.IncomingAsync() };
        foreach (var i in new[] { 2, 0, 1 }) await messages[i].AcknowledgeAsync();
        for (ushort id = 1; id <= 3; id++) Assert.Equal(new AckPacket(PacketType.PubRec, id), await peer.ReadAsync<AckPacket>());
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task Nothing_follows_its_disconnect_and_the_connection_is_closed(MqttVersion version)
    {
        await using var server = new FakeServer();
        var link = await ClientHarness.StartAsync(Options(server, version));
        var peer = await server.WelcomeAsync(Stop);
        await link.ConnectedAsync();
        for (var i = 0; i < 5; i++) _ = link.Client.PublishAsync(new("t", default, QoS.AtLeastOnce), Stop).ContinueWith(t => t.Exception, TaskScheduler.Default);
        await link.Client.DisconnectAsync(cancellation: Stop);
        object last;
        do last = await peer.ReadAnyAsync();
        while (last is not DisconnectPacket);
        await Assert.ThrowsAsync<EndOfStreamException>(peer.ReadAnyAsync);
        await link.DisposeAsync();
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task A_full_window_delays_nothing_but_publish_and_nothing_is_sent_again_on_the_same_connection(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version) with { MaxInflight = 1 });
        var peer = await server.WelcomeAsync(Stop, properties: version == V5 ? new() { ReceiveMaximum = 1 } : null);
        _ = link.Client.PublishAsync(new("t", "1"u8.ToArray(), QoS.AtLeastOnce), Stop);
        _ = link.Client.PublishAsync(new("t", "2"u8.ToArray(), QoS.AtLeastOnce), Stop);
        var first = await peer.ReadAsync<PublishPacket>();
        _ = link.Client.SubscribeAsync([new("s")], Stop);
        var subscribe = await peer.ReadAsync<SubscribePacket>();
        await peer.SendAsync(new SubAckPacket(subscribe.PacketId, [ReasonCode.GrantedQoS1]));
        await peer.SendAsync(Down(5, QoS.AtLeastOnce));
        Assert.Equal(new AckPacket(PacketType.PubAck, 5), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(Down(6, QoS.ExactlyOnce));
        Assert.Equal(new AckPacket(PacketType.PubRec, 6), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(new AckPacket(PacketType.PubRel, 6));
        Assert.Equal(new AckPacket(PacketType.PubComp, 6), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(new AckPacket(PacketType.PubAck, first.PacketId));
        Assert.Equal("2", Encoding.UTF8.GetString((await peer.ReadAsync<PublishPacket>()).Payload.Span));
    }

    [Fact]
    public async Task What_was_refused_is_not_sent_again()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, V5));
        var peer = await server.WelcomeAsync(Stop);
        foreach (var (qos, type) in new[] { (QoS.AtLeastOnce, PacketType.PubAck), (QoS.ExactlyOnce, PacketType.PubRec) })
        {
            var refused = link.Client.PublishAsync(new("t", default, qos), Stop);
            await peer.SendAsync(new AckPacket(type, (await peer.ReadAsync<PublishPacket>()).PacketId, ReasonCode.QuotaExceeded));
            Assert.Equal(ReasonCode.QuotaExceeded, (await refused.Within("refusal")).Code);
        }
        peer.Dispose();
        peer = await server.WelcomeAsync(Stop, sessionPresent: true);
        _ = link.Client.PublishAsync(new("next", default, QoS.AtLeastOnce), Stop);
        Assert.Equal("next", (await peer.ReadAsync<PublishPacket>()).Topic);
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task After_its_acknowledgement_an_identifier_is_a_new_messages(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version) with { ManualAcknowledgement = true });
        var peer = await server.WelcomeAsync(Stop);
        foreach (var payload in new[] { "one", "two" })
        {
            await peer.SendAsync(Down(7, QoS.AtLeastOnce, payload, dup: payload == "two"));
            var message = await link.IncomingAsync();
            Assert.Equal(payload, Text(message));
            await message.AcknowledgeAsync();
            Assert.Equal(new AckPacket(PacketType.PubAck, 7), await peer.ReadAsync<AckPacket>());
        }
        foreach (var payload in new[] { "three", "four" })
        {
            // Its expiry is the receiver's to apply, the handshake goes on all the same.
            await peer.SendAsync(Down(8, QoS.ExactlyOnce, payload) with { Properties = version == V5 ? new() { MessageExpiryInterval = 0 } : null });
            var message = await link.IncomingAsync();
            Assert.Equal(payload, Text(message));
            await message.AcknowledgeAsync();
            Assert.Equal(new AckPacket(PacketType.PubRec, 8), await peer.ReadAsync<AckPacket>());
            await peer.SendAsync(Down(8, QoS.ExactlyOnce, payload, dup: true));
            Assert.Equal(new AckPacket(PacketType.PubRec, 8), await peer.ReadAsync<AckPacket>());
            await peer.SendAsync(new AckPacket(PacketType.PubRel, 8));
            Assert.Equal(new AckPacket(PacketType.PubComp, 8), await peer.ReadAsync<AckPacket>());
        }
        if (version == V3) return;
        await peer.SendAsync(Down(9, QoS.ExactlyOnce, "no"));
        await (await link.IncomingAsync()).AcknowledgeAsync(ReasonCode.QuotaExceeded);
        Assert.Equal(new AckPacket(PacketType.PubRec, 9, ReasonCode.QuotaExceeded), await peer.ReadAsync<AckPacket>());
        await peer.SendAsync(Down(9, QoS.ExactlyOnce, "yes"));
        Assert.Equal("yes", Text(await link.IncomingAsync()));
    }

    [Theory]
    [InlineData(V3, "30 05 0003 EDA080")]
    [InlineData(V3, "30 03 0001 00")]
    [InlineData(V3, "36 05 0001 74 0001")]
    [InlineData(V3, "30 03 0001 2B")]
    [InlineData(V3, "30 02 0000")]
    [InlineData(V3, "32 05 0001 74 0000")]
    [InlineData(V3, "60 02 0001")]
    [InlineData(V3, "D1 00")]
    [InlineData(V3, "D0 8000")]
    [InlineData(V3, "82 06 0001 0001 74 00")]
    [InlineData(V5, "30 06 0003 EDA080 00")]
    [InlineData(V5, "30 04 0001 00 00")]
    [InlineData(V5, "36 06 0001 74 0001 00")]
    [InlineData(V5, "30 04 0001 23 00")]
    [InlineData(V5, "30 03 0000 00")]
    [InlineData(V5, "30 07 0001 74 03 23 0000")]
    [InlineData(V5, "30 08 0001 74 04 08 0001 2B")]
    [InlineData(V5, "30 08 0001 74 04 03 0001 C3")]
    [InlineData(V5, "30 08 0001 74 04 08 0001 C3")]
    [InlineData(V5, "30 0B 0001 74 07 26 0001 61 0001 C3")]
    [InlineData(V5, "60 02 0001")]
    [InlineData(V5, "F1 00")]
    [InlineData(V5, "E1 00")]
    [InlineData(V5, "40 03 0001 18")]
    [InlineData(V5, "D0 8000")]
    public async Task A_server_that_breaks_the_standard_loses_the_connection(MqttVersion version, string hex)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version));
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendRawAsync(Convert.FromHexString(hex.Replace(" ", "")));
        // 3.1.1 has no DISCONNECT that is not a good-bye.
        if (version == V5) Assert.True(ReasonCodes.IsFailure((await peer.ReadAsync<DisconnectPacket>()).Code));
        await Assert.ThrowsAsync<EndOfStreamException>(peer.ReadAnyAsync);
        Assert.False((await link.DisconnectedAsync()).ByServer);
    }

    [Theory]
    [InlineData(V3)]
    [InlineData(V5)]
    public async Task A_byte_order_mark_is_kept_and_what_was_never_asked_for_is_acknowledged(MqttVersion version)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, version));
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(new PublishPacket("\uFEFFt", "x"u8.ToArray(), QoS.AtLeastOnce, PacketId: 3));
        Assert.Equal("\uFEFFt", (await link.IncomingAsync()).Topic);
        Assert.Equal(new AckPacket(PacketType.PubAck, 3), await peer.ReadAsync<AckPacket>());
    }

    [Fact]
    public async Task No_authentication_is_begun_or_answered_that_was_not_set_up()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, V5));
        var peer = await server.WelcomeAsync(Stop);
        Assert.Null(peer.Connect.Properties!.AuthenticationMethod);
        await peer.SendAsync(new AuthPacket(ReasonCode.ContinueAuthentication, new() { AuthenticationMethod = "K" }));
        Assert.IsType<DisconnectPacket>(await peer.ReadAnyAsync());
        await Assert.ThrowsAsync<EndOfStreamException>(peer.ReadAnyAsync);
    }

    [Fact]
    public async Task What_was_sent_at_qos_2_does_not_expire()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, V5));
        var peer = await server.WelcomeAsync(Stop);
        _ = link.Client.PublishAsync(new("t", default, QoS.ExactlyOnce, Properties: new() { MessageExpiryInterval = 0 }), Stop);
        var first = await peer.ReadAsync<PublishPacket>();
        peer.Dispose();
        peer = await server.WelcomeAsync(Stop, sessionPresent: true);
        var again = await peer.ReadAsync<PublishPacket>();
        Assert.Equal((first.PacketId, true), (again.PacketId, again.Dup));
        await peer.SendAsync(new AckPacket(PacketType.PubRec, again.PacketId));
        Assert.Equal(new AckPacket(PacketType.PubRel, again.PacketId), await peer.ReadAsync<AckPacket>());
        peer.Dispose();
        peer = await server.WelcomeAsync(Stop, sessionPresent: true);
        Assert.Equal(new AckPacket(PacketType.PubRel, again.PacketId), await peer.ReadAsync<AckPacket>());
    }

    [Fact]
    public async Task A_subscription_that_no_server_may_take_is_refused_at_the_call()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server, V5));
        foreach (var filter in new[] { "", "a/#/b", "a#", "a+", "+a/b", "a\0", "$share//a", "$share/g", "$share/g/", "$share/g+/a", "$share/#/a", "\uD800" })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => link.Client.SubscribeAsync([new(filter)], Stop));
            await Assert.ThrowsAsync<ArgumentException>(() => link.Client.UnsubscribeAsync([filter], Stop));
        }
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.SubscribeAsync([], Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.UnsubscribeAsync([], Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.SubscribeAsync([new("$share/g/a", NoLocal: true)], Stop));
        await Assert.ThrowsAsync<ArgumentException>(() => link.Client.PublishAsync(new("t", default, Properties: new() { SubscriptionIdentifiers = [1] }), Stop));
    }
}
