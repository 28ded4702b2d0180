using System.Buffers;
using CityEdge.Mqtt;
using FsCheck;
using FsCheck.Fluent;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>The delivery half: what it costs, and that what it remembers is what the filters say.</summary>
public sealed class RoutingTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("cityedge-route-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(0, 10)]
    [InlineData(1, 10)]
    public async Task A_delivered_message_allocates_nothing(int qos, int subscribers)
    {
        // Below the window of 1000: what waits for acknowledgements is copied.
        const int Messages = 900;
        const int Rounds = 4;
        await using var scene = new RoutingScene(_folder);
        for (var i = 0; i < subscribers; i++) scene.Subscribe(scene.Connect($"c{i}"), "#", (QoS)qos);
        long allocated = 0;
        for (var round = 0; round < 2 * Rounds; round++)
        {
            Append();
            var before = GC.GetAllocatedBytesForCurrentThread();
            scene.Route();
            if (round >= Rounds) allocated += GC.GetAllocatedBytesForCurrentThread() - before;
        }
        Assert.Equal(2L * Rounds * Messages * subscribers, scene.Delivered);
        Assert.True(allocated <= 512, $"{Rounds * Messages} messages to {subscribers} subscribers allocated {allocated} bytes");

        void Append()
        {
            for (var i = 0; i < Messages; i++) scene.Append($"cityedge/v1/site/device-{i % 100}/telemetry", (QoS)qos);
            scene.Flush();
        }
    }

    [Fact]
    public async Task Catching_up_from_the_journal_allocates_nothing_but_what_waits()
    {
        const int Messages = 3000;
        await using var scene = new RoutingScene(_folder);
        var subscriber = scene.Subscribe(scene.Connect("c"), "#", QoS.AtMostOnce);
        for (var round = 0; round < 3; round++)
        {
            subscriber.Congested = true;
            for (var i = 0; i < Messages; i++) scene.Append("a/b", QoS.AtMostOnce);
            scene.Flush();
            scene.Route();
            Assert.True(subscriber.Session!.Behind);
            subscriber.Congested = false;
            var before = GC.GetAllocatedBytesForCurrentThread();
            subscriber.Session.Writable();
            scene.CatchUp();
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.False(subscriber.Session.Behind);
            if (round == 2) Assert.True(allocated <= 2048, $"catching up with {Messages} messages allocated {allocated} bytes");
        }
        Assert.Equal(3L * Messages, subscriber.Messages);
    }

    [Fact]
    public void A_publish_to_one_of_ten_thousand_kiosks_looks_at_no_more_nodes_than_to_the_only_one()
    {
        const int Kiosks = 10_000;
        var (alone, city) = (new SubscriptionTrie<string>(), new SubscriptionTrie<string>());
        for (var i = 0; i < Kiosks; i++)
        {
            foreach (var filter in Filters(i))
            {
                city.Add(filter, $"{i} {filter}");
                if (i == 4711) alone.Add(filter, $"{i} {filter}");
            }
        }
        foreach (var topic in (string[])["bj-31/kiosk-04711/command/c1", "bj-31/kiosk-04711/config", "bj-31/kiosk-04711/telemetry"])
        {
            var (one, many) = (Visits(alone, "cityedge/v1/" + topic), Visits(city, "cityedge/v1/" + topic));
            Assert.InRange(one.Visits, 1, 12);
            Assert.True(many.Visits <= 2 * one.Visits, $"{topic}: {many.Visits} nodes among {Kiosks} kiosks, {one.Visits} alone");
            Assert.Equal(one.Found, many.Found);
        }
        for (var i = 0; i < Kiosks; i++)
        {
            foreach (var filter in Filters(i)) Assert.True(city.Remove(filter, $"{i} {filter}"));
        }
        Assert.Equal((0, 0), (city.Count, city.Nodes));

        static string[] Filters(int i) => [$"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}/command/#", $"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}/config", $"cityedge/v1/bj-{i % 40:D2}/tickets/+"];

        static (long Visits, int Found) Visits(SubscriptionTrie<string> trie, string topic)
        {
            var before = trie.Visited;
            var found = new List<string>();
            trie.Match(topic, found);
            return (trie.Visited - before, found.Count);
        }
    }

    [Fact]
    public async Task Remembered_routes_are_what_the_filters_say_however_subscriptions_change()
    {
        string[] filters = ["#", "+/b", "a/#", "a/b", "$x/#", "+", "/+", "$share/g/a/#", "ä/+"];
        string[] topics = ["a", "a/b", "/b", "$x/b", "b/b", "ä/b", "a/b/c"];
        await using var scene = new RoutingScene(_folder);
        NullConnection[] clients = [scene.Connect("c0"), scene.Connect("c1"), scene.Connect("c2")];
        var subscribed = new HashSet<(int Client, string Filter)>();
        var step = from kind in Gen.Choose(0, 9) from client in Gen.Choose(0, 2) from which in Gen.Choose(0, 62) select (kind, client, which);
        Prop.ForAll(Gen.ArrayOf(step).ToArbitrary(), steps =>
        {
            foreach (var (kind, client, which) in steps)
            {
                var filter = filters[which % filters.Length];
                if (kind < 2)
                {
                    scene.Subscribe(clients[client], filter, QoS.AtLeastOnce, noLocal: NoLocal(filter));
                    subscribed.Add((client, filter));
                }
                else if (kind < 4)
                {
                    Assert.Equal(subscribed.Remove((client, filter)), scene.Router.Unsubscribe(clients[client].Session!, filter));
                }
                else
                {
                    var topic = topics[which % topics.Length];
                    long[] before = [.. clients.Select(c => c.Messages)];
                    scene.Append(topic, clientId: $"c{client}", identity: "");
                    scene.Flush();
                    scene.Route();
                    var shared = 0L;
                    for (var i = 0; i < clients.Length; i++)
                    {
                        var got = clients[i].Messages - before[i];
                        var own = subscribed.Any(s => s.Client == i && !s.Filter.StartsWith("$share", StringComparison.Ordinal) && TopicFilter.Matches(s.Filter, topic) && !(i == client && NoLocal(s.Filter)));
                        shared += got - (own ? 1 : 0);
                    }
                    var group = subscribed.Any(s => s.Filter.StartsWith("$share", StringComparison.Ordinal)) && TopicFilter.Matches("a/#", topic);
                    Assert.Equal(group ? 1 : 0, shared);
                }
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60));

        static bool NoLocal(string filter) => filter is "a/b" or "+/b";
    }

    [Fact]
    public void Routes_of_topics_that_nobody_repeats_take_bounded_memory()
    {
        const int MaxBytes = 1 << 20;
        var cache = new RouteCache(MaxBytes);
        for (var i = 0; i < 50_000; i++)
        {
            var topic = $"cityedge/v1/site/device-{i}/telemetry";
            Assert.Null(cache.Find(System.Text.Encoding.UTF8.GetBytes(topic)));
            cache.Keep(new TopicRoute(topic));
            // One that is asked for stays.
            if (i % 100 == 0 && cache.Find("kept"u8) is null) cache.Keep(new TopicRoute("kept"));
            Assert.True(cache.Count * 200 <= MaxBytes, $"{cache.Count} routes");
        }
        Assert.NotNull(cache.Find("kept"u8));
        cache.Clear();
        Assert.Equal(0, cache.Count);
    }

    [Fact]
    public void The_ring_of_packet_ids_is_a_dictionary_of_those_in_flight()
    {
        Prop.ForAll(Gen.ArrayOf(Gen.Choose(0, 999)).Resize(400).ToArbitrary(), steps =>
        {
            var table = default(InFlightTable);
            table.LastPacketId = (ushort)(ushort.MaxValue - steps.Length % 40);
            var model = new Dictionary<ushort, long>();
            long position = 0;
            foreach (var step in steps)
            {
                if (step < 600)
                {
                    var id = table.NextPacketId();
                    Assert.True(id != 0 && !model.ContainsKey(id));
                    table.Set(new InFlight(id, ++position, QoS.AtLeastOnce, false, (uint)position, null));
                    model.Add(id, position);
                }
                else if (model.Count > 0)
                {
                    var id = model.Keys.ElementAt(step % model.Count);
                    Assert.Equal(model[id], table.Find(id).Position);
                    table.Remove(id);
                    model.Remove(id);
                    Assert.True(System.Runtime.CompilerServices.Unsafe.IsNullRef(ref table.Find(id)));
                }
            }
            return table.Count == model.Count && table.InOrder().Select(f => (f.PacketId, f.Position)).SequenceEqual(model.OrderBy(m => m.Value).Select(m => (m.Key, m.Value)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
    }

    [Fact]
    public void A_copied_packet_is_the_packet_that_would_have_been_encoded()
    {
        var kinds = from version in Gen.Elements(MqttVersion.V311, MqttVersion.V500)
                    from qos in Gen.Choose(0, 2)
                    from retain in Gen.Elements(true, false)
                    from left in Gen.Elements<uint?>(null, 1, 70_000)
                    from size in Gen.Elements(0, 1, 100, 130, 5000, 20_000)
                    select (version, (QoS)qos, retain, left, size);
        var view = JournalMessage.View();
        Prop.ForAll(Gen.NonEmptyListOf(kinds).ToArbitrary(), packets =>
        {
            foreach (var (version, qos, retain, left, size) in packets)
            {
                var body = new ArrayBufferWriter<byte>();
                PublishRecord.Encode(body, "ä/topic" + size, "c", "i", QoS.ExactlyOnce, true, 0, 90_000, new byte[size], default);
                Assert.True(view.TryLoad(new CityEdge.SegmentLog.LogRecord(0, 1, JournalKind.Publish, 0, body.WrittenMemory)));
                var (copied, encoded) = (new ArrayBufferWriter<byte>(), new ArrayBufferWriter<byte>());
                foreach (var (many, output) in ((bool, ArrayBufferWriter<byte>)[])[(true, copied), (true, copied), (false, encoded), (false, encoded)])
                {
                    view.Many = many;
                    Assert.True(new PublishWriter(version, long.MaxValue, 0).Write(output, view, qos, retain, false, 0x1234, left, default));
                }
                Assert.Equal(encoded.WrittenSpan, copied.WrittenSpan);
            }
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(100));
    }

    [Fact]
    public async Task A_connected_session_without_subscriptions_takes_at_most_600_bytes()
    {
        const int Sessions = 1000;
        await using var scene = new RoutingScene(_folder);
        var identity = ClientIdentity.OfDevice("bj-chaoyang-01", "kiosk-0007");
        var connection = new NullConnection([]);
        var names = Enumerable.Range(0, Sessions).Select(i => $"kiosk-client-{i:D5}").ToArray();
        var table = new Dictionary<string, Session>(Sessions, StringComparer.Ordinal);
        Open(names[0]);
        table.Clear();
        var before = GC.GetAllocatedBytesForCurrentThread();
        foreach (var name in names) Open(name);
        // Nothing of what opening allocates is let go again, so this is what is held; the table's own slot comes on top.
        var each = (GC.GetAllocatedBytesForCurrentThread() - before) / Sessions + 40;
        Assert.True(each <= 600, $"{each} bytes a session");

        void Open(string name)
        {
            var session = new Session(scene.Core, name, identity, 0) { Connection = connection };
            session.GoOnline(connection);
            table.Add(session.Key, session);
        }
    }
}
