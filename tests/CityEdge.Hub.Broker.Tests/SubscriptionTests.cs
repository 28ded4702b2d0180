using System.Text;
using CityEdge.Mqtt;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>Filters, options, retained messages, shared subscriptions.</summary>
public sealed class SubscriptionTests
{
    private static readonly string[] Names = ["a", "b", "", "$x", "c", "d", "e", "f"];
    private static readonly string[] Levels = [.. Names, "+", "+", "#", "#"];

    [Fact]
    public void The_trie_finds_exactly_what_the_standard_matches()
    {
        var filters = Gen.ArrayOf(Gen.Elements(Levels)).Select(l => string.Join('/', l)).Where(f => TopicFilter.IsValidFilter(f));
        var topics = Gen.ArrayOf(Gen.Elements(Names)).Select(l => string.Join('/', l)).Where(t => TopicFilter.IsValidTopic(t));
        Prop.ForAll(Gen.ArrayOf(filters).ToArbitrary(), topics.ToArbitrary(), (set, topic) =>
        {
            var trie = new SubscriptionTrie<string>();
            var entries = set.Select((f, i) => (Filter: f, Entry: i + ":" + f)).ToList();
            foreach (var (filter, entry) in entries) trie.Add(filter, entry);
            foreach (var (filter, entry) in entries.Where((_, i) => i % 3 == 0)) Assert.True(trie.Remove(filter, entry));
            var found = new List<string>();
            trie.Match(topic, found);
            var expected = entries.Where((_, i) => i % 3 != 0).Where(e => TopicFilter.Matches(e.Filter, topic)).Select(e => e.Entry);
            var same = expected.Order().SequenceEqual(found.Order()) && trie.Any(topic) == found.Count > 0;
            // What is unsubscribed leaves nothing behind.
            foreach (var (filter, entry) in entries.Where((_, i) => i % 3 != 0)) Assert.True(trie.Remove(filter, entry));
            return same && trie is { Count: 0, Nodes: 0 };
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    [Fact]
    public void The_retained_store_finds_exactly_what_the_standard_matches()
    {
        var filters = Gen.ArrayOf(Gen.Elements(Levels)).Select(l => string.Join('/', l)).Where(f => TopicFilter.IsValidFilter(f));
        var topics = Gen.ArrayOf(Gen.Elements("a", "b", "", "$x")).Select(l => string.Join('/', l)).Where(t => TopicFilter.IsValidTopic(t));
        Prop.ForAll(Gen.ArrayOf(topics).ToArbitrary(), filters.ToArbitrary(), (set, filter) =>
        {
            var store = new RetainedStore(1 << 20);
            foreach (var topic in set) store.Apply(Message(topic, "x"));
            foreach (var topic in set.Take(set.Length / 3)) store.Apply(Message(topic, ""));
            var removed = set.Take(set.Length / 3).ToHashSet();
            var found = new List<JournalMessage>();
            store.Match(filter, 0, found);
            var expected = set.Distinct().Where(t => !removed.Contains(t)).ToList();
            return store.Count == expected.Count && expected.Where(t => TopicFilter.Matches(filter, t)).Order().SequenceEqual(found.Select(m => m.TopicText).Order());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(500));
    }

    private static JournalMessage Message(string topic, string payload)
    {
        var body = new System.Buffers.ArrayBufferWriter<byte>();
        PublishRecord.Encode(body, topic, "", "hub", QoS.AtMostOnce, true, 0, null, Encoding.UTF8.GetBytes(payload), default);
        return JournalMessage.Of(0, 0, body.WrittenSpan.ToArray())!;
    }

    [Fact]
    public async Task Overlapping_subscriptions_give_one_copy_at_the_highest_qos_with_all_identifiers()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c");
        await client.SubscribeAsync("a/+", QoS.AtMostOnce, id: 1);
        await client.SubscribeAsync("a/#", QoS.ExactlyOnce, id: 2);
        await client.PublishAsync("a/b", "x", QoS.AtLeastOnce, 1);
        var packets = new[] { await client.ReceiveAsync(), await client.ReceiveAsync() };
        var message = Assert.Single(packets.OfType<PublishPacket>());
        Assert.Equal(QoS.AtLeastOnce, message.QoS);
        Assert.Equal([1u, 2u], message.Properties!.SubscriptionIdentifiers.Order());
        await client.SubscribeAsync("a/#", QoS.AtMostOnce, noLocal: true, id: 2);
        await client.PublishAsync("a/b", "x", QoS.AtLeastOnce, 2);
        packets = [await client.ReceiveAsync(), await client.ReceiveAsync()];
        Assert.Equal([1u], Assert.Single(packets.OfType<PublishPacket>()).Properties!.SubscriptionIdentifiers);
    }

    [Fact]
    public async Task Retained_messages_obey_their_options_and_survive_a_restart()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var publisher = await fixture.ConnectAsync("p");
        await publisher.PublishAsync("r/1", "one", QoS.AtLeastOnce, 1, retain: true, properties: new MqttProperties { ContentType = "text/plain" });
        await publisher.PublishAsync("r/2", "two", QoS.AtLeastOnce, 2, retain: true);
        await publisher.PublishAsync("r/2", "", QoS.AtLeastOnce, 3, retain: true);
        for (ushort i = 1; i <= 3; i++) await publisher.ReceiveAckAsync(PacketType.PubAck, i);
        await fixture.RestartAsync();
        var client = await fixture.ConnectAsync("c");
        await client.SubscribeAsync("r/+");
        var message = await client.ReceivePublishAsync();
        Assert.Equal(("r/1", true, "text/plain", QoS.AtLeastOnce), (message.Topic, message.Retain, message.Properties!.ContentType, message.QoS));
        await client.SubscribeAsync("r/+", handling: RetainHandling.SendIfNew);
        await client.SubscribeAsync("r/1", handling: RetainHandling.DoNotSend, retainAsPublished: true);
        await fixture.Broker.PublishAsync("r/1", "three"u8.ToArray(), QoS.AtMostOnce, true, BrokerFixture.Ct);
        message = await client.ReceivePublishAsync();
        Assert.Equal(("three", true), (Encoding.UTF8.GetString(message.Payload.Span), message.Retain));
        await fixture.Broker.PublishAsync("r/9", "live"u8.ToArray(), QoS.AtMostOnce, true, BrokerFixture.Ct);
        Assert.False((await client.ReceivePublishAsync()).Retain);
        Assert.Equal(2, fixture.Broker.Stats.RetainedMessages);
    }

    [Fact]
    public async Task A_shared_subscription_gives_each_message_to_one_member_and_returns_what_a_member_left()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var one = await fixture.ConnectAsync("one", receiveMaximum: 5);
        var two = await fixture.ConnectAsync("two", receiveMaximum: 5);
        await one.SubscribeAsync("$share/g/t/#");
        await two.SubscribeAsync("$share/g/t/#");
        var publisher = await fixture.ConnectAsync("p", MqttVersion.V311);
        for (ushort i = 1; i <= 20; i++) await publisher.PublishAsync("t/" + i, "x", QoS.AtLeastOnce, i);
        var seen = new HashSet<string>();
        for (var i = 0; i < 5; i++) Assert.NotNull(await one.ReceivePublishAsync() is var m ? m.Topic : null);
        // The first dies with five unacknowledged: they go to the second.
        await one.DropAsync();
        for (var i = 0; i < 20; i++)
        {
            var message = await two.ReceivePublishAsync();
            Assert.True(seen.Add(message.Topic), message.Topic + " came twice");
            await two.AckAsync(PacketType.PubAck, message.PacketId);
        }
    }

    [Fact]
    public async Task A_shared_queue_waits_for_its_members_across_a_restart()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var member = await fixture.ConnectAsync("m", clean: false, expiry: 3600);
        await member.SubscribeAsync("$share/g/t");
        await member.DropAsync();
        for (var i = 1; i <= 10; i++) await fixture.Broker.PublishAsync("t", Encoding.UTF8.GetBytes("m" + i), QoS.AtLeastOnce, false, BrokerFixture.Ct);
        await fixture.RestartAsync();
        member = await fixture.ConnectAsync("m", clean: false, expiry: 3600);
        for (var i = 1; i <= 10; i++) Assert.Equal("m" + i, Encoding.UTF8.GetString((await member.ReceivePublishAsync()).Payload.Span));
    }

    [Fact]
    public async Task Unsubscribe_and_packet_limits()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var client = await fixture.ConnectAsync("c", maxPacket: 100);
        await client.SubscribeAsync("t");
        await fixture.Broker.PublishAsync("t", new byte[500], QoS.AtLeastOnce, false, BrokerFixture.Ct);
        await fixture.Broker.PublishAsync("t", "small"u8.ToArray(), QoS.AtLeastOnce, false, BrokerFixture.Ct);
        Assert.Equal(5, (await client.ReceivePublishAsync()).Payload.Length);
        await client.SendAsync(o => PacketEncoder.Write(o, MqttVersion.V500, new UnsubscribePacket(3, ["t", "u"])));
        Assert.Equal([ReasonCode.Success, ReasonCode.NoSubscriptionExisted], Assert.IsType<UnsubAckPacket>(await client.ReceiveAsync()).Codes);
        await fixture.Broker.PublishAsync("t", "none"u8.ToArray(), QoS.AtLeastOnce, false, BrokerFixture.Ct);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.RoutedPosition == fixture.Journal.End, "it is routed");
        await client.PingAsync();
        Assert.Equal(PacketType.PingResp, await client.ReceiveAsync());
        Assert.Equal(1, fixture.Broker.Stats.Dropped[DropReason.TooLargeForClient]);
    }

    [Fact]
    public async Task Topic_aliases_are_understood()
    {
        await using var fixture = await BrokerFixture.StartAsync();
        var watcher = await fixture.ConnectAsync("w");
        await watcher.SubscribeAsync("#");
        var client = await fixture.ConnectAsync("c");
        await client.PublishAsync("long/topic", "1", properties: new MqttProperties { TopicAlias = 3 });
        await client.PublishAsync("", "2", properties: new MqttProperties { TopicAlias = 3 });
        for (var i = 0; i < 2; i++) Assert.Equal("long/topic", (await watcher.ReceivePublishAsync()).Topic);
        await client.PublishAsync("x", "3", properties: new MqttProperties { TopicAlias = 33 });
        Assert.Equal(ReasonCode.TopicAliasInvalid, Assert.IsType<DisconnectPacket>(await client.ReceiveAsync()).Code);
    }
}
