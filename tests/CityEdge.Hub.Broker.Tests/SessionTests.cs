using System.Text;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Sessions: persistence, queues, take-over, expiry, wills.</summary>
public sealed class SessionTests
{
    private static string Text(PublishPacket packet) => Encoding.UTF8.GetString(packet.Payload.Span);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_absent_persistent_subscriber_misses_nothing(bool kill)
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var subscriber = await fixture.ConnectAsync("s", MqttVersion.V311, clean: false);
        Assert.False(subscriber.ConnAck!.SessionPresent);
        await subscriber.SubscribeAsync("t/#");
        await subscriber.DropAsync();
        var publisher = await fixture.ConnectAsync("p");
        await publisher.PublishAsync("t/zero", "not kept");
        for (ushort i = 1; i <= 700; i++)
        {
            await publisher.PublishAsync("other", "noise", QoS.AtLeastOnce, i);
            await publisher.ReceiveAckAsync(PacketType.PubAck, i);
            await publisher.PublishAsync("t/" + i, "m" + i, QoS.AtLeastOnce, i);
            await publisher.ReceiveAckAsync(PacketType.PubAck, i);
        }
        BrokerFixture after;
        if (kill)
        {
            after = await fixture.KillAndStartCopyAsync();
        }
        else
        {
            await fixture.RestartAsync();
            after = fixture;
        }
        Assert.Equal(700, Assert.Single(after.Broker.Sessions, s => s.ClientId == "s").QueuedMessages);
        subscriber = await after.ConnectAsync("s", MqttVersion.V311, clean: false);
        Assert.True(subscriber.ConnAck!.SessionPresent);
        for (var i = 1; i <= 700; i++)
        {
            var message = await subscriber.ReceivePublishAsync();
            Assert.Equal(("t/" + i, "m" + i, false), (message.Topic, Text(message), message.Dup));
            await subscriber.AckAsync(PacketType.PubAck, message.PacketId);
        }
        var live = await after.ConnectAsync("p2");
        await live.PublishAsync("t/live", "zero");
        Assert.Equal("t/live", (await subscriber.ReceivePublishAsync()).Topic);
        await subscriber.PingAsync();
        Assert.Equal(PacketType.PingResp, await subscriber.ReceiveAsync());
        if (kill) await after.DisposeAsync();
    }

    [Fact]
    public async Task What_was_in_flight_comes_again_with_dup_and_its_id()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var subscriber = await fixture.ConnectAsync("s", clean: false, expiry: 3600, receiveMaximum: 3);
        await subscriber.SubscribeAsync("t", QoS.ExactlyOnce);
        var publisher = await fixture.ConnectAsync("p");
        for (ushort i = 1; i <= 5; i++) await publisher.PublishAsync("t", "m" + i, i == 2 ? QoS.ExactlyOnce : QoS.AtLeastOnce, i);
        // The one at QoS 2 waits for the flush of its packet id; the others do not wait for it.
        var three = new[] { await subscriber.ReceivePublishAsync(), await subscriber.ReceivePublishAsync(), await subscriber.ReceivePublishAsync() };
        var (first, second, third) = (three.Single(p => Text(p) == "m1"), three.Single(p => Text(p) == "m2"), three.Single(p => Text(p) == "m3"));
        // The window of three is full: nothing more comes.
        await subscriber.PingAsync();
        Assert.Equal(PacketType.PingResp, await subscriber.ReceiveAsync());
        await subscriber.AckAsync(PacketType.PubAck, first.PacketId);
        var fourth = await subscriber.ReceivePublishAsync();
        await subscriber.AckAsync(PacketType.PubRec, second.PacketId);
        await subscriber.ReceiveAckAsync(PacketType.PubRel, second.PacketId);
        await subscriber.DropAsync();
        await fixture.RestartAsync();
        subscriber = await fixture.ConnectAsync("s", clean: false, expiry: 3600, receiveMaximum: 3);
        await subscriber.ReceiveAckAsync(PacketType.PubRel, second.PacketId);
        var third2 = await subscriber.ReceivePublishAsync();
        Assert.Equal(("m3", true, third.PacketId), (Text(third2), third2.Dup, third2.PacketId));
        var fourth2 = await subscriber.ReceivePublishAsync();
        Assert.Equal(("m4", true, fourth.PacketId), (Text(fourth2), fourth2.Dup, fourth2.PacketId));
        await subscriber.AckAsync(PacketType.PubComp, second.PacketId);
        var fifth = await subscriber.ReceivePublishAsync();
        Assert.Equal(("m5", false), (Text(fifth), fifth.Dup));
        foreach (var message in new[] { third2, fourth2, fifth }) await subscriber.AckAsync(PacketType.PubAck, message.PacketId);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Sessions.Single(s => s.ClientId == "s").InFlight == 0, "everything is acknowledged");
    }

    [Fact]
    public async Task A_second_connection_takes_the_session_over()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var one = await fixture.ConnectAsync("c", clean: false, expiry: 60, will: new WillMessage("will", "gone"u8.ToArray(), QoS.AtLeastOnce));
        await one.SubscribeAsync("t");
        var watcher = await fixture.ConnectAsync("w");
        await watcher.SubscribeAsync("will");
        var two = await fixture.ConnectAsync("c", clean: false, expiry: 60);
        Assert.True(two.ConnAck!.SessionPresent);
        Assert.Equal(ReasonCode.SessionTakenOver, Assert.IsType<DisconnectPacket>(await one.ReceiveAsync()).Code);
        Assert.Null(await one.ReceiveAsync());
        Assert.Equal("will", (await watcher.ReceivePublishAsync()).Topic);
        await one.Served.WaitAsync(TimeSpan.FromSeconds(10), BrokerFixture.Ct);
        // The stale end changed nothing.
        await watcher.PublishAsync("t", "x", QoS.AtLeastOnce, 1);
        Assert.Equal("t", (await two.ReceivePublishAsync()).Topic);
        // Another identity with the same client id is another session.
        var other = await fixture.ConnectAsync("c", user: "alice");
        Assert.False(other.ConnAck!.SessionPresent);
        await two.PingAsync();
        Assert.Equal(PacketType.PingResp, await two.ReceiveAsync());
    }

    [Fact]
    public async Task A_clean_start_forgets_and_a_clean_session_ends_with_its_connection()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c", clean: false, expiry: 60);
        await client.SubscribeAsync("t");
        await client.DropAsync();
        client = await fixture.ConnectAsync("c");
        Assert.False(client.ConnAck!.SessionPresent);
        Assert.Empty(fixture.Broker.Sessions.Single().Subscriptions);
        await client.DropAsync();
        Assert.Empty(fixture.Broker.Sessions);
        await fixture.RestartAsync();
        Assert.Empty(fixture.Broker.Sessions);
    }

    [Fact]
    public async Task Sessions_and_messages_expire_by_the_arrival_clock()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c", clean: false, expiry: 100);
        await client.SubscribeAsync("t");
        await client.DropAsync();
        var publisher = await fixture.ConnectAsync("p");
        await publisher.PublishAsync("t", "short", QoS.AtLeastOnce, 1, properties: new MqttProperties { MessageExpiryInterval = 10 });
        await publisher.PublishAsync("t", "long", QoS.AtLeastOnce, 2, properties: new MqttProperties { MessageExpiryInterval = 1000 });
        await publisher.ReceiveAckAsync(PacketType.PubAck, 1);
        await publisher.ReceiveAckAsync(PacketType.PubAck, 2);
        fixture.Arrival.Advance(TimeSpan.FromSeconds(50));
        fixture.Protocol.Advance(TimeSpan.FromSeconds(1));
        client = await fixture.ConnectAsync("c", clean: false, expiry: 100);
        Assert.True(client.ConnAck!.SessionPresent);
        var message = await client.ReceivePublishAsync();
        Assert.Equal(("long", 950u), (Text(message), message.Properties!.MessageExpiryInterval));
        await client.DropAsync();
        fixture.Arrival.Advance(TimeSpan.FromSeconds(101));
        fixture.Protocol.Advance(TimeSpan.FromSeconds(1));
        await BrokerFixture.UntilAsync(() => fixture.Broker.Sessions.All(s => s.ClientId != "c"), "the session expires");
    }

    [Fact]
    public async Task A_will_follows_a_broken_connection_and_not_a_good_bye()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var watcher = await fixture.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        var polite = await fixture.ConnectAsync("a", will: new WillMessage("will/a", "x"u8.ToArray()));
        await polite.DisconnectAsync();
        await polite.Served.WaitAsync(TimeSpan.FromSeconds(10), BrokerFixture.Ct);
        var broken = await fixture.ConnectAsync("b", will: new WillMessage("will/b", "x"u8.ToArray(), QoS.AtLeastOnce, true));
        await broken.DropAsync();
        Assert.Equal("will/b", (await watcher.ReceivePublishAsync()).Topic);
        var delayed = await fixture.ConnectAsync("d", clean: false, expiry: 600, will: new WillMessage("will/d", "x"u8.ToArray(), Properties: new MqttProperties { WillDelayInterval = 30 }));
        await delayed.DropAsync();
        fixture.Protocol.Advance(TimeSpan.FromSeconds(20));
        await watcher.PingAsync();
        Assert.Equal(PacketType.PingResp, await watcher.ReceiveAsync());
        fixture.Protocol.Advance(TimeSpan.FromSeconds(11));
        Assert.Equal("will/d", (await watcher.ReceivePublishAsync()).Topic);
        var late = await fixture.ConnectAsync("late");
        Assert.Equal(ReasonCode.Success + 1, (await late.SubscribeAsync("will/#")).Codes[0]);
        Assert.Equal(("will/b", true), await late.ReceivePublishAsync() is var kept ? (kept.Topic, kept.Retain) : default);
    }

    [Fact]
    public async Task Keep_alive_ends_a_silent_connection_after_one_and_a_half_intervals()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c", keepAlive: 10);
        fixture.Protocol.Advance(TimeSpan.FromSeconds(14));
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        fixture.Protocol.Advance(TimeSpan.FromSeconds(14));
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        fixture.Protocol.Advance(TimeSpan.FromSeconds(17));
        Assert.Equal(ReasonCode.KeepAliveTimeout, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
        var silent = fixture.Open();
        fixture.Protocol.Advance(TimeSpan.FromSeconds(12));
        Assert.Null(await silent.ReceiveAsync());
        Assert.Equal((ushort)1200, (await fixture.ConnectAsync("d")).ConnAck!.Properties!.ServerKeepAlive);
    }

    [Fact]
    public async Task A_session_over_its_cap_is_ended_counted_and_shown()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxQueuedBytesPerSession = 10_000 });
        var subscriber = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        await subscriber.SubscribeAsync("t");
        await subscriber.DropAsync();
        var publisher = await fixture.ConnectAsync("p");
        for (ushort i = 1; i <= 20; i++) await publisher.PublishAsync("t", new string('x', 1000), QoS.AtLeastOnce, i);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.SessionsOverflowed == 1, "the session is ended");
        Assert.DoesNotContain(fixture.Broker.Sessions, s => s.ClientId == "s");
        Assert.True(fixture.Broker.Stats.Dropped[DropReason.QueueFull] > 0);
        subscriber = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        Assert.False(subscriber.ConnAck!.SessionPresent);
    }

    [Fact]
    public async Task A_slow_subscriber_loses_nothing_and_holds_little()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var slow = await fixture.ConnectAsync("slow");
        await slow.SubscribeAsync("#", QoS.AtLeastOnce);
        var publisher = await fixture.ConnectAsync("p", MqttVersion.V311);
        const int count = 6000;
        var payload = new string('x', 500);
        for (var i = 1; i <= count; i++) await publisher.PublishAsync("t/" + i, payload, i % 2 == 0 ? QoS.AtMostOnce : QoS.AtLeastOnce, (ushort)i);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.MessagesIn[0] + fixture.Broker.Stats.MessagesIn[1] == count, "everything is stored");
        await BrokerFixture.UntilAsync(() => fixture.Broker.Sessions.Single(s => s.ClientId == "slow").QueuedMessages > 1000, "the rest waits in the journal");
        for (var i = 1; i <= count; i++)
        {
            var message = await slow.ReceivePublishAsync();
            Assert.Equal("t/" + i, message.Topic);
            if (message.QoS > 0) await slow.AckAsync(PacketType.PubAck, message.PacketId);
        }
        await BrokerFixture.UntilAsync(() => fixture.Broker.Sessions.Single(s => s.ClientId == "slow").QueuedMessages == 0, "it has caught up");
        await fixture.Broker.PublishAsync("hub/says", "hello"u8.ToArray(), QoS.AtLeastOnce, false, BrokerFixture.Ct);
        Assert.Equal("hub/says", (await slow.ReceivePublishAsync()).Topic);
    }

    [Fact]
    public async Task A_damaged_snapshot_falls_back_to_the_one_before()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c", clean: false, expiry: 3600);
        await client.SubscribeAsync("t");
        await client.PublishAsync("kept", "1", QoS.AtLeastOnce, 1, retain: true);
        await client.ReceiveAckAsync(PacketType.PubAck, 1);
        await client.DropAsync();
        await fixture.RestartAsync();
        await fixture.Broker.PublishAsync("kept", "2"u8.ToArray(), QoS.AtLeastOnce, true, BrokerFixture.Ct);
        // Stored is not yet routed: a stop in between writes the same position again, which is one file.
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.RoutedPosition >= fixture.Journal.DurableEnd, "the message is routed");
        await fixture.Broker.StopAsync();
        await fixture.Journal.DisposeAsync();
        var files = Directory.GetFiles(Path.Combine(fixture.Folder, "broker")).Order().ToList();
        Assert.Equal(2, files.Count);
        var bytes = await File.ReadAllBytesAsync(files[1], BrokerFixture.Ct);
        bytes[^10] ^= 1;
        await File.WriteAllBytesAsync(files[1], bytes, BrokerFixture.Ct);
        await fixture.StartAsync();
        Assert.Equal(["t"], Assert.Single(fixture.Broker.Sessions).Subscriptions);
        var late = await fixture.ConnectAsync("late");
        await late.SubscribeAsync("kept");
        Assert.Equal("2", Text(await late.ReceivePublishAsync()));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_device_that_dies_while_the_hub_is_down_is_reported(bool kill)
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var dies = await fixture.ConnectAsync("dies", will: new WillMessage("will/dies", "x"u8.ToArray(), QoS.AtLeastOnce, true));
        var returns = await fixture.ConnectAsync("returns", will: new WillMessage("will/returns", "x"u8.ToArray(), QoS.AtLeastOnce, true));
        var polite = await fixture.ConnectAsync("polite", will: new WillMessage("will/polite", "x"u8.ToArray(), QoS.AtLeastOnce, true));
        await polite.DisconnectAsync();
        await polite.Served.WaitAsync(TimeSpan.FromSeconds(10), BrokerFixture.Ct);
        await fixture.Broker.PublishAsync("flush", default, QoS.AtMostOnce, false, BrokerFixture.Ct);
        BrokerFixture after;
        if (kill)
        {
            after = await fixture.KillAndStartCopyAsync();
        }
        else
        {
            await fixture.RestartAsync();
            after = fixture;
        }
        var watcher = await after.ConnectAsync("w");
        await watcher.SubscribeAsync("will/#");
        await after.ConnectAsync("returns");
        after.Protocol.Advance(TimeSpan.FromSeconds(100));
        await watcher.PingAsync();
        Assert.Equal(PacketType.PingResp, await watcher.ReceiveAsync());
        after.Protocol.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal("will/dies", (await watcher.ReceivePublishAsync()).Topic);
        after.Protocol.Advance(TimeSpan.FromSeconds(300));
        await after.Broker.PublishAsync("will/end", default, QoS.AtMostOnce, false, BrokerFixture.Ct);
        Assert.Equal("will/end", (await watcher.ReceivePublishAsync()).Topic);
        if (kill) await after.DisposeAsync();
        GC.KeepAlive((dies, returns));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_old_message_cannot_pin_the_journal(bool inFlight)
    {
        await using var fixture = new BrokerFixture { SegmentBytes = 64 * 1024, MaxBytes = 8 * 64 * 1024, Options = new BrokerOptions { SnapshotEveryBytes = 32 * 1024 } };
        await fixture.StartAsync();
        var subscriber = await fixture.ConnectAsync("s", clean: false, expiry: 3600);
        await subscriber.SubscribeAsync("rare");
        if (!inFlight) await subscriber.DropAsync();
        await fixture.Broker.PublishAsync("rare", "x"u8.ToArray(), QoS.AtLeastOnce, false, BrokerFixture.Ct);
        if (inFlight) await subscriber.ReceivePublishAsync();
        var publisher = await fixture.ConnectAsync("p", MqttVersion.V311);
        var noise = new string('x', 4000);
        for (ushort i = 1; i <= 500; i++) await publisher.PublishAsync("noise", noise, QoS.AtLeastOnce, i);
        for (ushort i = 1; i <= 500; i++)
        {
            var ack = publisher.ReceiveAckAsync(PacketType.PubAck, i);
            await BrokerFixture.UntilAsync(() =>
            {
                if (!ack.IsCompleted) fixture.Protocol.Advance(TimeSpan.FromMilliseconds(300));
                return ack.IsCompleted;
            }, "the journal has space again");
            await ack;
        }
        Assert.Equal(1, fixture.Broker.Stats.SessionsOverflowed);
        Assert.DoesNotContain(fixture.Broker.Sessions, s => s.ClientId == "s");
    }
}
