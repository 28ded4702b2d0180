using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Publishers wait for a subscriber who takes as fast as the hub hands out, and for no other.</summary>
public sealed class HasteTests
{
    [Fact]
    public async Task While_publishers_wait_nothing_is_acknowledged_and_a_moment_later_all_of_it()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("a");
        var before = fixture.Journal.DurableEnd;
        fixture.Broker.Core.PublishersWait();
        await client.PublishAsync("x", "one", QoS.AtLeastOnce, 1);
        await client.PublishAsync("x", "two", QoS.AtLeastOnce, 2);
        await client.PingAsync();
        // Both are read and on disk, and still not acknowledged.
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        await BrokerFixture.UntilAsync(() => fixture.Journal.DurableEnd > before && fixture.Journal.DurableEnd == fixture.Journal.End, "both messages are flushed");
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        Assert.Equal(0, fixture.Broker.Stats.Acknowledgements);
        fixture.Protocol.Advance(TimeSpan.FromSeconds(1.1));
        await client.ReceiveAckAsync(PacketType.PubAck, 1);
        await client.ReceiveAckAsync(PacketType.PubAck, 2);
        Assert.Equal(1, fixture.Broker.Stats.PublishersWaited);
    }

    [Theory]
    [InlineData(25, true)]
    [InlineData(15, false)]
    public async Task Only_a_subscriber_who_takes_more_than_20_MB_a_second_has_a_say(int megabytes, bool waits)
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var core = fixture.Broker.Core;
        var haste = new FeedHaste(core);
        for (var i = 0; i < 20; i++)
        {
            fixture.Protocol.Advance(TimeSpan.FromMilliseconds(10));
            haste.Took(megabytes * (1L << 20) / 100);
        }
        Assert.Equal(waits ? 1 : 0, fixture.Broker.Stats.PublishersWaited);
        var limit = core.AcknowledgeEnd;
        await fixture.Broker.PublishAsync("x", new byte[1], QoS.AtLeastOnce, retain: false, BrokerFixture.Ct);
        Assert.Equal(waits ? limit : fixture.Journal.DurableEnd, core.AcknowledgeEnd);
        // It has become slow, or has gone: nobody waits for it any longer.
        fixture.Protocol.Advance(TimeSpan.FromMilliseconds(101));
        core.EndPublishersWait();
        Assert.Equal(fixture.Journal.DurableEnd, core.AcknowledgeEnd);
    }
}
