using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>What each limit does when it bites, and which counter shows it.</summary>
public sealed class LimitTests
{
    [Fact]
    public async Task Connections_above_the_cap_are_closed_and_counted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxConnections = 1 });
        var first = await fixture.ConnectAsync("a");
        Assert.Null(await fixture.Open().ReceiveAsync());
        Assert.Equal(1, fixture.Broker.Stats.Closed[ReasonCode.ServerBusy]);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.MaxConnections]);
        await first.DropAsync();
        Assert.Equal(ReasonCode.Success, (await fixture.ConnectAsync("b")).ConnAck!.Code);
    }

    [Fact]
    public async Task Sessions_above_the_cap_are_refused()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxSessions = 1 });
        await fixture.ConnectAsync("a");
        Assert.Equal(ReasonCode.QuotaExceeded, (await fixture.ConnectAsync("b")).ConnAck!.Code);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.MaxSessions]);
        Assert.Equal(ReasonCode.Success, (await fixture.ConnectAsync("a")).ConnAck!.Code);
    }

    [Fact]
    public async Task A_silent_connection_is_closed_after_its_time_to_connect()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { ConnectTimeout = TimeSpan.FromSeconds(3) });
        var silent = fixture.Open();
        await BrokerFixture.UntilAsync(() =>
        {
            fixture.Protocol.Advance(TimeSpan.FromSeconds(1));
            return silent.Served.IsCompleted;
        }, "it is closed");
        Assert.Equal(1, fixture.Broker.Stats.Closed[ReasonCode.MaximumConnectTime]);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.ConnectTimeout]);
    }

    [Fact]
    public async Task Subscriptions_above_the_cap_are_refused_one_by_one_and_counted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxSubscriptionsPerSession = 2 });
        var client = await fixture.ConnectAsync("a");
        Assert.Equal([ReasonCode.GrantedQoS1], (await client.SubscribeAsync("a")).Codes);
        Assert.Equal([ReasonCode.GrantedQoS1], (await client.SubscribeAsync("b")).Codes);
        Assert.Equal([ReasonCode.QuotaExceeded], (await client.SubscribeAsync("c")).Codes);
        Assert.Equal([ReasonCode.GrantedQoS1], (await client.SubscribeAsync("a")).Codes);
        Assert.Equal(1, fixture.Broker.Stats.SubscriptionsRefused);
    }

    [Fact]
    public async Task Topics_and_filters_that_are_too_deep_are_refused()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxTopicLevels = 3 });
        var client = await fixture.ConnectAsync("a");
        Assert.Equal([ReasonCode.TopicFilterInvalid], (await client.SubscribeAsync("a/b/c/#")).Codes);
        await client.PublishAsync("a/b/c", "x", QoS.AtLeastOnce, 1);
        await client.ReceiveAckAsync(PacketType.PubAck, 1);
        await client.PublishAsync("a/b/c/d", "x", QoS.AtLeastOnce, 2);
        Assert.Equal(ReasonCode.TopicNameInvalid, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
        Assert.Equal(1, fixture.Broker.Stats.Closed[ReasonCode.TopicNameInvalid]);
        Assert.Equal(2, fixture.Broker.Stats.Bitten[BrokerLimit.TopicLevels]);
    }

    [Fact]
    public async Task More_in_flight_than_the_receive_maximum_ends_a_version_5_connection()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { ReceiveMaximum = 2 });
        var client = await fixture.ConnectAsync("a");
        Assert.Equal((ushort)2, client.ConnAck!.Properties!.ReceiveMaximum);
        for (ushort id = 1; id <= 3; id++) await client.PublishAsync("t", "x", QoS.ExactlyOnce, id);
        object? last;
        do last = await client.ReceiveAsync();
        while (last is AckPacket);
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, Assert.IsType<DisconnectPacket>(last).Code);
        Assert.Equal(1, fixture.Broker.Stats.Closed[ReasonCode.ReceiveMaximumExceeded]);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.ReceiveMaximum]);
    }

    [Fact]
    public async Task Retained_messages_above_the_cap_are_delivered_not_kept_and_counted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxRetainedBytes = 200 });
        var client = await fixture.ConnectAsync("a");
        await client.SubscribeAsync("t/#");
        await client.PublishAsync("t/1", new string('x', 500), retain: true);
        Assert.Equal("t/1", (await client.ReceivePublishAsync()).Topic);
        Assert.Equal(0, fixture.Broker.Stats.RetainedMessages);
        Assert.Equal(1, fixture.Broker.Stats.Dropped[DropReason.RetainedFull]);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.RetainedBytes]);
    }

    [Fact]
    public async Task Keep_alive_is_cut_to_the_most_that_is_granted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { KeepAliveMax = TimeSpan.FromSeconds(60) });
        Assert.Equal((ushort)60, (await fixture.ConnectAsync("a", keepAlive: 600)).ConnAck!.Properties!.ServerKeepAlive);
        Assert.Null((await fixture.ConnectAsync("b", keepAlive: 30)).ConnAck!.Properties!.ServerKeepAlive);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.KeepAliveMax]);
    }

    [Fact]
    public async Task An_address_that_keeps_failing_is_closed_unheard()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxAuthenticationFailuresPerMinute = 2, AuthenticationFailureDelay = TimeSpan.Zero });
        for (var i = 0; i < 2; i++) Assert.Equal(ReasonCode.BadUserNameOrPassword, (await fixture.ConnectAsync("a", user: "bad")).ConnAck!.Code);
        Assert.Equal(ReasonCode.ConnectionRateExceeded, (await fixture.ConnectAsync("a")).ConnAck!.Code);
        Assert.Equal(2, fixture.Broker.Stats.AuthenticationFailures);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.AuthenticationFailuresPerMinute]);
        fixture.Protocol.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(ReasonCode.Success, (await fixture.ConnectAsync("a")).ConnAck!.Code);
    }

    [Fact]
    public async Task A_device_above_its_rate_is_read_slower_and_loses_nothing()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxMessagesPerSecond = 10 });
        var device = await fixture.ConnectAsync("a", user: "s1/d1", keepAlive: 5);
        for (ushort id = 1; id <= 60; id++) await device.PublishAsync("cityedge/v1/s1/d1/telemetry", "[]", QoS.AtLeastOnce, id);
        // The burst, and one on credit.
        for (ushort id = 1; id <= 21; id++) await device.ReceiveAckAsync(PacketType.PubAck, id);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.RateLimited == 1, "it is held back");
        Assert.Equal(21, fixture.Broker.Stats.MessagesIn.Sum());
        // Others are read meanwhile, and a second connection of the device shares its rate.
        var other = await fixture.ConnectAsync("b", user: "s1/d2");
        await other.PublishAsync("cityedge/v1/s1/d2/telemetry", "[]", QoS.AtLeastOnce, 1);
        await other.ReceiveAckAsync(PacketType.PubAck, 1);
        var began = fixture.Protocol.GetTimestamp();
        await BrokerFixture.UntilAsync(() =>
        {
            fixture.Protocol.Advance(TimeSpan.FromMilliseconds(10));
            return fixture.Broker.Stats.MessagesIn.Sum() == 61;
        }, "all are in");
        Assert.True(fixture.Protocol.GetElapsedTime(began) >= TimeSpan.FromSeconds(3.8), "39 messages at 10 a second take 3.9 s");
        for (ushort id = 22; id <= 60; id++) await device.ReceiveAckAsync(PacketType.PubAck, id);
        Assert.Equal(1, fixture.Broker.Stats.Connections - 1);
    }

    [Fact]
    public async Task A_revoked_device_is_put_out_while_it_is_held_back()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxMessagesPerSecond = 1 }, realClock: true);
        var device = await fixture.ConnectAsync("a", user: "s1/d1");
        for (ushort id = 1; id <= 200; id++) await device.PublishAsync("cityedge/v1/s1/d1/telemetry", "[]", QoS.AtMostOnce);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.RateLimited > 0, "it is held back");
        await fixture.Broker.DisconnectAsync("s1/d1").WaitAsync(TimeSpan.FromSeconds(1), BrokerFixture.Ct);
        Assert.Equal(0, fixture.Broker.Stats.Connections);
    }

    [Fact]
    public async Task A_version_3_client_above_the_receive_maximum_is_made_to_wait()
    {
        var files = new GatedFiles();
        await using var fixture = new BrokerFixture { Files = files, Options = new BrokerOptions { ReceiveMaximum = 2 } };
        await fixture.StartAsync();
        var client = await fixture.ConnectAsync("a", MqttVersion.V311);
        files.HoldFlushes();
        for (ushort id = 1; id <= 5; id++) await client.PublishAsync("t", "x", QoS.AtLeastOnce, id);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.Bitten.GetValueOrDefault(BrokerLimit.ReceiveMaximum) == 1, "it waits");
        Assert.Equal(2, fixture.Broker.Stats.MessagesIn[1]);
        files.LetFlushesGo();
        for (ushort id = 1; id <= 5; id++) await client.ReceiveAckAsync(PacketType.PubAck, id);
    }

    [Fact]
    public async Task Messages_in_flight_to_a_client_are_capped_and_the_rest_comes_later()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxInFlight = 2 });
        var client = await fixture.ConnectAsync("a", receiveMaximum: 100);
        await client.SubscribeAsync("t");
        var publisher = await fixture.ConnectAsync("p");
        for (ushort id = 1; id <= 5; id++) await publisher.PublishAsync("t", "x", QoS.AtLeastOnce, id);
        var (first, second) = (await client.ReceivePublishAsync(), await client.ReceivePublishAsync());
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.Bitten.GetValueOrDefault(BrokerLimit.MaxInFlight) == 1, "the third waits");
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        await client.AckAsync(PacketType.PubAck, first.PacketId);
        await client.AckAsync(PacketType.PubAck, second.PacketId);
        for (var i = 0; i < 3; i++) await client.AckAsync(PacketType.PubAck, (await client.ReceivePublishAsync()).PacketId);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.MaxInFlight]);
    }

    [Fact]
    public async Task A_packet_above_the_largest_ends_the_connection()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxPacketBytes = 2000 });
        var client = await fixture.ConnectAsync("a");
        await client.PublishAsync("t", new string('x', 2000));
        Assert.Equal(ReasonCode.PacketTooLarge, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.MaxPacket]);
    }

    [Fact]
    public async Task Session_expiry_is_cut_to_the_longest_that_is_granted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { SessionExpiryMax = TimeSpan.FromHours(1) });
        Assert.Equal(3600u, (await fixture.ConnectAsync("a", expiry: 7200)).ConnAck!.Properties!.SessionExpiryInterval);
        Assert.Null((await fixture.ConnectAsync("b", expiry: 3600)).ConnAck!.Properties!.SessionExpiryInterval);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.SessionExpiryMax]);
    }

    [Fact]
    public async Task Topic_aliases_are_capped_in_both_directions()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { TopicAliasMaximum = 2, TopicAliasesToClient = 1 });
        var client = fixture.Open();
        var ack = await client.ConnectAsync(new ConnectPacket(MqttVersion.V500, "a", Properties: new MqttProperties { TopicAliasMaximum = 5 }));
        Assert.Equal((ushort)2, ack!.Properties!.TopicAliasMaximum);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.TopicAliasesToClient]);
        await client.SubscribeAsync("t/#", QoS.AtMostOnce);
        await client.PublishAsync("t/1", "x", properties: new MqttProperties { TopicAlias = 2 });
        Assert.Equal((ushort?)1, (await client.ReceivePublishAsync()).Properties?.TopicAlias);
        await client.PublishAsync("t/2", "x");
        var second = await client.ReceivePublishAsync();
        Assert.Equal(("t/2", null), (second.Topic, second.Properties?.TopicAlias));
        await client.PublishAsync("t/3", "x", properties: new MqttProperties { TopicAlias = 3 });
        Assert.Equal(ReasonCode.TopicAliasInvalid, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.TopicAliases]);
    }

    [Fact]
    public async Task Retained_messages_above_their_number_are_delivered_not_kept_and_counted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxRetainedMessages = 2 });
        var client = await fixture.ConnectAsync("a");
        await client.SubscribeAsync("t/#");
        foreach (var topic in new[] { "t/1", "t/2", "t/3", "t/1" })
        {
            await client.PublishAsync(topic, "x", retain: true);
            Assert.Equal(topic, (await client.ReceivePublishAsync()).Topic);
        }
        Assert.Equal((2, 1, 1), (fixture.Broker.Stats.RetainedMessages, fixture.Broker.Stats.Dropped[DropReason.RetainedFull], fixture.Broker.Stats.Bitten[BrokerLimit.RetainedMessages]));
        await client.PublishAsync("t/2", "", retain: true);
        await client.ReceivePublishAsync();
        await client.PublishAsync("t/3", "x", retain: true);
        await client.ReceivePublishAsync();
        Assert.Equal(1, fixture.Broker.Stats.Bitten[BrokerLimit.RetainedMessages]);
    }

    [Theory]
    [InlineData(10_000, long.MaxValue, BrokerLimit.QueuedBytesPerSession)]
    [InlineData(long.MaxValue, 10_000, BrokerLimit.PinnedJournalBytes)]
    public async Task A_session_for_which_too_much_waits_is_ended(long queued, long pinned, BrokerLimit limit)
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxQueuedBytesPerSession = queued, MaxPinnedJournalBytes = pinned });
        var subscriber = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        await subscriber.SubscribeAsync("t");
        await subscriber.DropAsync();
        var publisher = await fixture.ConnectAsync("p");
        for (ushort i = 1; i <= 20; i++) await publisher.PublishAsync("t", new string('x', 1000), QoS.AtLeastOnce, i);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.SessionsOverflowed == 1, "the session is ended");
        Assert.Equal(1, fixture.Broker.Stats.Bitten[limit]);
    }

    [Fact]
    public async Task Without_an_interval_there_are_no_system_topics()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { SystemTopicsEvery = TimeSpan.Zero });
        var client = await fixture.ConnectAsync("a");
        await client.SubscribeAsync("$SYS/#");
        await client.SubscribeAsync("t");
        for (var i = 0; i < 30; i++) fixture.Protocol.Advance(TimeSpan.FromSeconds(1));
        await client.PublishAsync("t", "x");
        Assert.Equal("t", (await client.ReceivePublishAsync()).Topic);
    }

    [Fact]
    public async Task Users_are_not_limited()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxMessagesPerSecond = 1 });
        var user = await fixture.ConnectAsync("a", user: "ann");
        for (ushort id = 1; id <= 20; id++) await user.PublishAsync("t", "x", QoS.AtLeastOnce, id);
        for (ushort id = 1; id <= 20; id++) await user.ReceiveAckAsync(PacketType.PubAck, id);
        Assert.Equal(0, fixture.Broker.Stats.RateLimited);
    }
}
