using System.Buffers.Binary;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>A subscriber that stops reading costs disk: nothing acknowledged is lost, memory stands, and the others do not notice.</summary>
public sealed class SlowConsumerTests
{
    private const int Burst = 500;

    private static readonly bool Long = Environment.GetEnvironmentVariable("CITYEDGE_LONG") == "1";

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_subscriber_that_stops_reading_gets_everything_later_and_the_others_at_once()
    {
        // At length: 20 000 messages a second, of which the subscriber sleeps through four.
        var messages = Long ? 100_000 : 10_000;
        await using var fixture = await BrokerFixture.StartAsync();
        var slow = await fixture.ConnectAsync("slow", MqttVersion.V311);
        var prompt = await fixture.ConnectAsync("prompt", MqttVersion.V311);
        await slow.SubscribeAsync("#");
        await prompt.SubscribeAsync("#");
        var publisher = await fixture.ConnectAsync("p", MqttVersion.V311);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var reading = ReadAllAsync(prompt, messages);
        await PublishAsync(publisher, messages);
        // The prompt one is served while the other sleeps.
        Assert.Equal(Enumerable.Range(0, messages), await reading.WaitAsync(TimeSpan.FromSeconds(60), Ct));
        Assert.True(fixture.Broker.Stats.FellBehind >= 1, "the slow subscriber never fell behind");
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown <= 50 << 20, $"memory grew by {grown >> 20} MiB");
        Assert.Equal(Enumerable.Range(0, messages), await ReadAllAsync(slow, messages).WaitAsync(TimeSpan.FromSeconds(60), Ct));
        Assert.Empty(fixture.Broker.Stats.Dropped);
    }

    [Fact]
    public async Task A_subscriber_that_stops_until_its_cap_is_ended_and_the_others_get_everything()
    {
        var messages = Long ? 100_000 : 10_000;
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { MaxQueuedBytesPerSession = messages * 100L });
        var dead = await fixture.ConnectAsync("dead", clean: false, expiry: 3600);
        var prompt = await fixture.ConnectAsync("prompt", MqttVersion.V311);
        await dead.SubscribeAsync("#");
        await prompt.SubscribeAsync("#");
        var publisher = await fixture.ConnectAsync("p", MqttVersion.V311);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var reading = ReadAllAsync(prompt, messages);
        await PublishAsync(publisher, messages);
        Assert.Equal(Enumerable.Range(0, messages), await reading.WaitAsync(TimeSpan.FromSeconds(60), Ct));
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.SessionsOverflowed == 1, "the dead subscriber's session has ended");
        Assert.True(fixture.Broker.Stats.Dropped[DropReason.QueueFull] > 0);
        Assert.DoesNotContain(fixture.Broker.Sessions, s => s.ClientId == "dead");
        var grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.True(grown <= 50 << 20, $"memory grew by {grown >> 20} MiB");
    }

    /// <summary>Publishes numbered messages at QoS 1; returns when all are acknowledged.</summary>
    private static async Task PublishAsync(TestClient publisher, int messages)
    {
        var payload = new byte[150];
        var acknowledged = 0;
        for (var sent = 0; sent < messages;)
        {
            var from = sent;
            await publisher.SendAsync(output =>
            {
                for (; sent < Math.Min(messages, from + Burst); sent++)
                {
                    BinaryPrimitives.WriteInt32LittleEndian(payload, sent);
                    PacketEncoder.Write(output, MqttVersion.V311, new RawPublish { Topic = "a/b"u8, Payload = payload, QoS = QoS.AtLeastOnce, PacketId = (ushort)(1 + sent % 60_000) });
                }
            });
            for (; acknowledged < sent; acknowledged++) await publisher.ReceiveAckAsync(PacketType.PubAck, (ushort)(1 + acknowledged % 60_000));
        }
    }

    /// <summary>Receives and acknowledges; the numbers in order of arrival.</summary>
    private static async Task<List<int>> ReadAllAsync(TestClient subscriber, int messages)
    {
        var numbers = new List<int>(messages);
        while (numbers.Count < messages)
        {
            var publish = await subscriber.ReceivePublishAsync();
            numbers.Add(BinaryPrimitives.ReadInt32LittleEndian(publish.Payload.Span));
            await subscriber.AckAsync(PacketType.PubAck, publish.PacketId);
        }
        return numbers;
    }
}
