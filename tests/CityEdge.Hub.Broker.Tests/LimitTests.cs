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
        await first.DropAsync();
        Assert.Equal(ReasonCode.Success, (await fixture.ConnectAsync("b")).ConnAck!.Code);
    }

    [Fact]
    public async Task Sessions_above_the_cap_are_refused()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxSessions = 1 });
        await fixture.ConnectAsync("a");
        Assert.Equal(ReasonCode.QuotaExceeded, (await fixture.ConnectAsync("b")).ConnAck!.Code);
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
    }

    [Fact]
    public async Task Keep_alive_is_cut_to_the_most_that_is_granted()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { KeepAliveMax = TimeSpan.FromSeconds(60) });
        Assert.Equal((ushort)60, (await fixture.ConnectAsync("a", keepAlive: 600)).ConnAck!.Properties!.ServerKeepAlive);
        Assert.Null((await fixture.ConnectAsync("b", keepAlive: 30)).ConnAck!.Properties!.ServerKeepAlive);
    }

    [Fact]
    public async Task An_address_that_keeps_failing_is_closed_unheard()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxAuthenticationFailuresPerMinute = 2, AuthenticationFailureDelay = TimeSpan.Zero });
        for (var i = 0; i < 2; i++) Assert.Equal(ReasonCode.BadUserNameOrPassword, (await fixture.ConnectAsync("a", user: "bad")).ConnAck!.Code);
        Assert.Equal(ReasonCode.ConnectionRateExceeded, (await fixture.ConnectAsync("a")).ConnAck!.Code);
        Assert.Equal(2, fixture.Broker.Stats.AuthenticationFailures);
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
    public async Task Users_are_not_limited()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxMessagesPerSecond = 1 });
        var user = await fixture.ConnectAsync("a", user: "ann");
        for (ushort id = 1; id <= 20; id++) await user.PublishAsync("t", "x", QoS.AtLeastOnce, id);
        for (ushort id = 1; id <= 20; id++) await user.ReceiveAckAsync(PacketType.PubAck, id);
        Assert.Equal(0, fixture.Broker.Stats.RateLimited);
    }
}
