using System.Text;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Promise 1: an acknowledgement means stored.</summary>
public sealed class AcknowledgementTests
{
    [Theory]
    [InlineData(QoS.AtLeastOnce, PacketType.PubAck)]
    [InlineData(QoS.ExactlyOnce, PacketType.PubRec)]
    public async Task No_acknowledgement_before_the_flush(QoS qos, PacketType ack)
    {
        var files = new GatedFiles();
        await using var fixture = new BrokerFixture { Files = files };
        await fixture.StartAsync();
        var client = await fixture.ConnectAsync("a");
        var watcher = await fixture.ConnectAsync("w");
        await watcher.SubscribeAsync("#");
        files.HoldFlushes();
        await client.PublishAsync("x/1", "one", qos, 1);
        await client.PublishAsync("x/2", "two", qos, 2);
        await client.PingAsync();
        // The loop read on past both messages, so silence is not slowness.
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        await watcher.PingAsync();
        Assert.Equal(PacketType.PingResp, await watcher.ReceiveAsync());
        files.LetFlushesGo();
        await client.ReceiveAckAsync(ack, 1);
        await client.ReceiveAckAsync(ack, 2);
        Assert.Equal("x/1", (await watcher.ReceivePublishAsync()).Topic);
    }

    [Fact]
    public async Task Acknowledgements_leave_in_packet_order_and_in_batches()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("a", MqttVersion.V311);
        for (ushort i = 1; i <= 2000; i++) await client.PublishAsync("t", "x", QoS.AtLeastOnce, i);
        for (ushort i = 1; i <= 2000; i++) await client.ReceiveAckAsync(PacketType.PubAck, i);
        Assert.Equal(2000, fixture.Broker.Stats.MessagesIn[1]);
        Assert.Equal(2000, fixture.Broker.Stats.Acknowledgements);
    }

    [Fact]
    public async Task A_repeated_qos_2_message_is_stored_once_also_across_a_kill()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("a", clean: false, expiry: 1000);
        await client.PublishAsync("t", "x", QoS.ExactlyOnce, 9);
        await client.ReceiveAckAsync(PacketType.PubRec, 9);
        await client.PublishAsync("t", "x", QoS.ExactlyOnce, 9, dup: true);
        await client.ReceiveAckAsync(PacketType.PubRec, 9);
        Assert.Equal(1, CountPublishes(fixture.Journal));
        await using var copy = await fixture.KillAndStartCopyAsync();
        var again = await copy.ConnectAsync("a", clean: false, expiry: 1000);
        Assert.True(again.ConnAck!.SessionPresent);
        await again.PublishAsync("t", "x", QoS.ExactlyOnce, 9, dup: true);
        await again.ReceiveAckAsync(PacketType.PubRec, 9);
        await again.AckAsync(PacketType.PubRel, 9);
        await again.ReceiveAckAsync(PacketType.PubComp, 9);
        Assert.Equal(1, CountPublishes(copy.Journal));
        // Released: the id is new again.
        await again.PublishAsync("t", "y", QoS.ExactlyOnce, 9);
        await again.ReceiveAckAsync(PacketType.PubRec, 9);
        Assert.Equal(2, CountPublishes(copy.Journal));
    }

    [Fact]
    public async Task A_full_journal_acknowledges_nothing_and_goes_on_when_there_is_space()
    {
        await using var fixture = new BrokerFixture { SegmentBytes = 64 * 1024, MaxBytes = 4 * 64 * 1024 };
        await fixture.StartAsync();
        var consumer = fixture.Journal.OpenCursor("consumer");
        var client = await fixture.ConnectAsync("a", MqttVersion.V311);
        const int count = 100;
        var payload = new string('x', 8000);
        for (ushort i = 1; i <= count; i++) await client.PublishAsync("t", payload, QoS.AtLeastOnce, i);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.Stalled == 1, "the connection waits for space");
        var stored = fixture.Broker.Stats.MessagesIn[1];
        Assert.InRange(stored, 1, count - 1);
        for (ushort i = 1; i <= stored; i++) await client.ReceiveAckAsync(PacketType.PubAck, i);
        for (var acked = (ushort)stored; acked < count;)
        {
            consumer.Commit(fixture.Journal.DurableEnd);
            fixture.Protocol.Advance(TimeSpan.FromMilliseconds(300));
            fixture.Journal.Trim();
            while (acked < Math.Min(count, fixture.Broker.Stats.MessagesIn[1])) await client.ReceiveAckAsync(PacketType.PubAck, ++acked);
            await Task.Yield();
        }
        Assert.Equal(0, fixture.Broker.Stats.Stalled);
    }

    [Fact]
    public async Task A_5_0_client_above_the_receive_maximum_is_disconnected()
    {
        await using var fixture = await BrokerFixture.StartAsync(new BrokerOptions { ReceiveMaximum = 3 });
        var client = await fixture.ConnectAsync("a");
        Assert.Equal((ushort)3, client.ConnAck!.Properties!.ReceiveMaximum);
        for (ushort i = 1; i <= 4; i++) await client.PublishAsync("t", "x", QoS.ExactlyOnce, i);
        for (ushort i = 1; i <= 3; i++)
        {
            // The acknowledgements of what was within the limit may or may not overtake the end.
            if (await client.ReceiveAsync() is DisconnectPacket early)
            {
                Assert.Equal(ReasonCode.ReceiveMaximumExceeded, early.Code);
                return;
            }
        }
        Assert.Equal(ReasonCode.ReceiveMaximumExceeded, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
    }

    private static int CountPublishes(AppendLog journal)
    {
        var records = new List<LogRecord>();
        journal.Read(0, records, int.MaxValue, int.MaxValue);
        return records.Count(r => r.Kind == JournalKind.Publish);
    }

    [Fact]
    public async Task The_journal_holds_topic_sender_and_payload()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var device = await fixture.ConnectAsync("agent-1", user: "s1/d1");
        await device.PublishAsync("cityedge/v1/s1/d1/telemetry", "[]", QoS.AtLeastOnce, 1, properties: new MqttProperties { ContentType = "application/senml+json", MessageExpiryInterval = 60 });
        await device.ReceiveAckAsync(PacketType.PubAck, 1);
        var records = new List<LogRecord>();
        fixture.Journal.Read(0, records, 100, 1 << 20);
        var log = Assert.Single(records, r => r.Kind == JournalKind.Publish);
        Assert.True(PublishRecord.TryDecode(log.Body, out var record));
        Assert.Equal(("cityedge/v1/s1/d1/telemetry", "agent-1", "s1/d1", QoS.AtLeastOnce, false, 60u), (record.Topic, record.ClientId, record.Identity, record.QoS, record.Retain, record.ExpirySeconds));
        Assert.Equal("[]", Encoding.UTF8.GetString(record.Payload.Span));
        Assert.Equal(fixture.Arrival.GetUtcNow().ToUnixTimeMilliseconds(), log.TimeMs);
        for (var cut = 0; cut < log.Body.Length - 2; cut++) PublishRecord.TryDecode(log.Body[..cut], out _);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_power_cut_loses_nothing_that_was_acknowledged(int seed)
    {
        var random = new Random(seed);
        var files = new PowerCutFiles();
        var acknowledged = new List<ushort>();
        string folder;
        await using (var fixture = new BrokerFixture { Files = files.Boot() })
        {
            await fixture.StartAsync();
            folder = fixture.Folder;
            var client = await fixture.ConnectAsync("a", MqttVersion.V311);
            var enough = random.Next(1, 300);
            for (ushort i = 1; i <= 400; i++) await client.PublishAsync("t", "m" + i, QoS.AtLeastOnce, i);
            while (acknowledged.Count < enough) acknowledged.Add(Assert.IsType<AckPacket>(await client.ReceiveAsync()).PacketId);
            files.Cut(random);
            // Whatever still comes was written before the cut, and counts.
            while (await client.ReceiveAsync() is AckPacket late)
            {
                acknowledged.Add(late.PacketId);
                if (acknowledged.Count == 400) break;
            }
        }
        await using var journal = AppendLog.Open(new AppendLogOptions { Directory = Path.Combine(folder, "journal"), SegmentBytes = 1 << 20, MaxBytes = 1L << 30, MaxRecordBytes = 300_000 }, files.Boot());
        var records = new List<LogRecord>();
        journal.Read(0, records, int.MaxValue, int.MaxValue);
        var stored = new HashSet<string>();
        foreach (var log in records)
        {
            if (log.Kind == JournalKind.Publish && PublishRecord.TryDecode(log.Body, out var record)) stored.Add(Encoding.UTF8.GetString(record.Payload.Span));
        }
        Assert.All(acknowledged, id => Assert.Contains("m" + id, stored));
    }
}
