using System.Buffers;
using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Transport;

/// <summary>The broker's own transport, from the outside: real sockets.</summary>
public sealed class TransportTests
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private static byte[] Bytes(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    private static byte[] Connect(string id) => Bytes(o => PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V311, id, true, 0, null, null, null, null)));

    private static byte[] Publish(string topic, byte[] payload, QoS qos, ushort id) => Bytes(o => PacketEncoder.Write(o, MqttVersion.V311, new PublishPacket(topic, payload, qos, false, false, id, null)));

    private static byte[] Subscribe(string filter, QoS qos) => Bytes(o => PacketEncoder.Write(o, MqttVersion.V311, new SubscribePacket(1, [new Subscription(filter, qos)], null)));

    private static async Task<Socket> DialAsync(int port, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0) socket.ReceiveBufferSize = receiveBuffer;
        await socket.ConnectAsync(IPAddress.Loopback, port, Ct);
        return socket;
    }

    private static async Task<Socket> ConnectAsync(int port, string id, int receiveBuffer = 0)
    {
        var socket = await DialAsync(port, receiveBuffer);
        await socket.SendAsync(Connect(id), Ct);
        Assert.Equal([0x20, 2, 0, 0], await ReadAsync(socket, 4));
        return socket;
    }

    private static async Task<byte[]> ReadAsync(Socket socket, int count)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        var bytes = new byte[count];
        for (var got = 0; got < count;)
        {
            var read = await socket.ReceiveAsync(bytes.AsMemory(got), limit.Token);
            if (read == 0) throw new EndOfStreamException($"closed after {got} of {count} bytes");
            got += read;
        }
        return bytes;
    }

    private static async Task EndAsync(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        Assert.Equal(0, await socket.ReceiveAsync(new byte[1], limit.Token));
    }

    private static Task GoneAsync(BrokerFixture fixture, int left = 0) => BrokerFixture.UntilAsync(() => fixture.Broker.Stats.Connections == left, "the broker has seen the ends of connections");

    private static async Task<(BrokerFixture Fixture, int Port)> ServeAsync(BrokerOptions? options = null, GatedFiles? files = null)
    {
        if (!MqttBroker.HasTransport) Assert.Skip("the broker's own transport needs Linux");
        var fixture = new BrokerFixture { RealClock = true, Files = files, SegmentBytes = 64 << 20 };
        if (options is not null) fixture.Options = options;
        await fixture.StartAsync();
        return (fixture, await fixture.ListenAsync());
    }

    [Fact]
    public async Task What_came_before_the_end_of_the_stream_is_read_to_the_end()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        const int count = 400;
        for (var round = 0; round < 5; round++)
        {
            using var socket = await DialAsync(port);
            var all = Connect("half-" + round).Concat(Enumerable.Range(1, count).SelectMany(i => Publish("half/close", new byte[700], QoS.AtMostOnce, 0))).ToArray();
            await socket.SendAsync(all, Ct);
            socket.Shutdown(SocketShutdown.Send);
            // The answer still comes: only one direction has ended.
            Assert.Equal([0x20, 2, 0, 0], await ReadAsync(socket, 4));
            await EndAsync(socket);
        }
        await GoneAsync(fixture);
        Assert.Equal(5 * count, fixture.Broker.Stats.MessagesIn[0]);
    }

    [Fact]
    public async Task What_waited_behind_a_window_when_the_end_came_is_read_to_the_end()
    {
        var files = new GatedFiles();
        var (fixture, port) = await ServeAsync(new BrokerOptions { ReceiveMaximum = 8 }, files);
        await using var _ = fixture;
        using var socket = await ConnectAsync(port, "half");
        files.HoldFlushes();
        const int count = 100;
        // More than one read takes, less than the sockets hold.
        await socket.SendAsync(Enumerable.Range(1, count).SelectMany(i => Publish("half", new byte[3000], QoS.AtLeastOnce, (ushort)i)).ToArray(), Ct);
        socket.Shutdown(SocketShutdown.Send);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.MessagesIn[1] == 8, "the window is full");
        files.LetFlushesGo();
        // Who ends its direction says good-bye: it is not owed the acknowledgements of its last few, but those that come are in order.
        var acks = new List<byte>();
        var some = new byte[4 * count];
        for (var read = -1; read != 0;)
        {
            read = await socket.ReceiveAsync(some, Ct).AsTask().WaitAsync(TimeSpan.FromSeconds(10), Ct);
            acks.AddRange(some[..read]);
        }
        Assert.Equal(Enumerable.Range(1, acks.Count / 4), Enumerable.Range(0, acks.Count / 4).Select(i => (int)acks[4 * i + 3]));
        Assert.Equal(count, fixture.Broker.Stats.MessagesIn[1]);
    }

    [Fact]
    public async Task A_reset_in_the_middle_of_a_packet_ends_only_that_connection()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using var other = await ConnectAsync(port, "other");
        for (var i = 0; i < 20; i++)
        {
            var socket = await ConnectAsync(port, "reset-" + i);
            await socket.SendAsync(Publish("a", new byte[5000], QoS.AtLeastOnce, 1).AsMemory(0, 2000), Ct);
            // No linger: RST.
            socket.Close(0);
        }
        await GoneAsync(fixture, 1);
        Assert.Equal(0, fixture.Broker.Stats.MessagesIn[1]);
        await other.SendAsync(Publish("b", [1], QoS.AtLeastOnce, 9), Ct);
        Assert.Equal([0x40, 2, 0, 9], await ReadAsync(other, 4));
    }

    [Fact]
    public async Task Bytes_may_come_one_by_one()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using var socket = await DialAsync(port);
        foreach (var value in Connect("drip").Concat(Publish("drip", new byte[300], QoS.AtLeastOnce, 7))) await socket.SendAsync(new[] { value }, Ct);
        Assert.Equal([0x20, 2, 0, 0, 0x40, 2, 0, 7], await ReadAsync(socket, 8));
    }

    [Fact]
    public async Task The_longest_packet_may_come_in_pieces_of_any_size()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using var subscriber = await ConnectAsync(port, "s");
        await subscriber.SendAsync(Subscribe("long", QoS.AtMostOnce), Ct);
        await ReadAsync(subscriber, 5);
        using var socket = await ConnectAsync(port, "p");
        var random = new Random(7);
        for (ushort id = 1; id <= 6; id++)
        {
            var payload = new byte[262_144 - 20];
            random.NextBytes(payload);
            // A short packet before and after: the pieces begin and end inside their neighbours.
            var wire = Publish("x", [1], QoS.AtMostOnce, 0).Concat(Publish("long", payload, QoS.AtLeastOnce, id)).Concat(Publish("x", [2], QoS.AtMostOnce, 0)).ToArray();
            for (var at = 0; at < wire.Length;)
            {
                var piece = Math.Min(random.Next(1, 40_000), wire.Length - at);
                await socket.SendAsync(wire.AsMemory(at, piece), Ct);
                at += piece;
            }
            Assert.Equal([0x40, 2, 0, (byte)id], await ReadAsync(socket, 4));
            var delivered = await ReadAsync(subscriber, payload.Length + 4 + 2 + 4);
            Assert.Equal(payload, delivered[10..]);
        }
    }

    [Fact]
    public async Task A_publisher_that_the_broker_does_not_read_is_held_by_its_own_window()
    {
        var files = new GatedFiles();
        var (fixture, port) = await ServeAsync(new BrokerOptions { ReceiveMaximum = 8 }, files);
        await using var _ = fixture;
        using var socket = await ConnectAsync(port, "firehose");
        files.HoldFlushes();
        // A 3.1.1 client knows no window: nothing but TCP can hold it. Far more than both sockets' buffers hold.
        const int count = 400;
        var packet = Publish("t", new byte[100_000], QoS.AtLeastOnce, 1);
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            for (; sent < count; sent++)
            {
                for (var at = 0; at < packet.Length;) at += await socket.SendAsync(packet.AsMemory(at), Ct);
            }
        }, Ct);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.MessagesIn[1] == 8, "the window is full");
        var before = -1;
        await BrokerFixture.UntilAsync(() => before == (before = Volatile.Read(ref sent)) && before > 0, "the sender is stuck");
        Assert.False(sending.IsCompleted);
        Assert.InRange(fixture.Broker.Stats.MessagesIn[1], 8, 8);
        files.LetFlushesGo();
        await sending.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        await ReadAsync(socket, 4 * count);
        Assert.Equal(count, fixture.Broker.Stats.MessagesIn[1]);
    }

    [Fact]
    public async Task A_disk_that_hangs_holds_publishers_and_not_the_others()
    {
        var files = new GatedFiles();
        var (fixture, port) = await ServeAsync(files: files);
        await using var _ = fixture;
        using var watcher = await ConnectAsync(port, "watcher");
        using var firehose = await ConnectAsync(port, "firehose");
        files.HoldFlushes();
        // QoS 0 knows no window: only the journal's own bound is left, past which an appender waits for the flusher.
        var packet = Publish("t", new byte[100_000], QoS.AtMostOnce, 0);
        const int count = 300;
        var sending = Task.Run(async () =>
        {
            for (var i = 0; i < count; i++)
            {
                for (var at = 0; at < packet.Length;) at += await firehose.SendAsync(packet.AsMemory(at), Ct);
            }
        }, Ct);
        var before = -1L;
        await BrokerFixture.UntilAsync(() => before == (before = fixture.Broker.Stats.MessagesIn[0]) && before > 50, "the publisher is held");
        await watcher.SendAsync(new byte[] { 0xC0, 0 }, Ct);
        Assert.Equal([0xD0, 0], await ReadAsync(watcher, 2));
        Assert.InRange(fixture.Broker.Stats.MessagesIn[0], 50, count - 1);
        files.LetFlushesGo();
        await sending.WaitAsync(TimeSpan.FromSeconds(20), Ct);
        await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.MessagesIn[0] == count, "all has come");
    }

    [Fact]
    public async Task A_subscriber_that_does_not_read_holds_nobody_up_and_gets_everything_later()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using var slow = await ConnectAsync(port, "slow", receiveBuffer: 8192);
        await slow.SendAsync(Subscribe("t", QoS.AtMostOnce), Ct);
        await ReadAsync(slow, 5);
        using var publisher = await ConnectAsync(port, "p");
        const int count = 300;
        for (ushort i = 1; i <= count; i++)
        {
            await publisher.SendAsync(Publish("t", [.. new byte[60_000], (byte)(i >> 8), (byte)i], QoS.AtLeastOnce, i), Ct);
            Assert.Equal([0x40, 2, (byte)(i >> 8), (byte)i], await ReadAsync(publisher, 4));
        }
        Assert.True(fixture.Broker.Stats.FellBehind > 0);
        for (ushort i = 1; i <= count; i++)
        {
            var message = await ReadAsync(slow, 4 + 3 + 60_002);
            Assert.Equal([(byte)(i >> 8), (byte)i], message[^2..]);
        }
    }

    [Fact]
    public async Task The_broker_closes_from_another_thread_and_says_why()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using var socket = await DialAsync(port);
        await socket.SendAsync(Bytes(o => PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V500, "c", true, 0, null, "site/device", "x"u8.ToArray(), null))), Ct);
        var head = await ReadAsync(socket, 2);
        await ReadAsync(socket, head[1]);
        await fixture.Broker.DisconnectAsync("site/device").WaitAsync(TimeSpan.FromSeconds(10), Ct);
        var last = await ReadAsync(socket, 3);
        Assert.Equal((0xE0, (byte)ReasonCode.AdministrativeAction), (last[0], last[2]));
        await ReadAsync(socket, last[1] - 1);
        await EndAsync(socket);
        await GoneAsync(fixture);
    }

    [Fact]
    public async Task Two_thousand_connections_leave_no_descriptor_behind()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using (await ConnectAsync(port, "first"))
        {
        }
        await GoneAsync(fixture);
        const int count = 2000;
        const int atOnce = 50;
        for (var round = 0; round < count / atOnce; round++)
        {
            await Task.WhenAll(Enumerable.Range(0, atOnce).Select(async i =>
            {
                // In every way there is: at once, in the middle of CONNECT, reset, with a good-bye, with unread answers.
                var socket = await DialAsync(port);
                switch (i % 5)
                {
                    case 1:
                        await socket.SendAsync(Connect("c").AsMemory(0, 5), Ct);
                        break;
                    case 2:
                        await socket.SendAsync(Connect($"c{i}"), Ct);
                        socket.Close(0);
                        return;
                    case 3:
                        await socket.SendAsync(Connect($"c{i}"), Ct);
                        await ReadAsync(socket, 4);
                        await socket.SendAsync(new byte[] { 0xE0, 0 }, Ct);
                        break;
                    case 4:
                        await socket.SendAsync(Connect($"c{i}"), Ct);
                        await socket.SendAsync(Publish("t", [1], QoS.AtLeastOnce, 1), Ct);
                        break;
                }
                socket.Close();
            }));
        }
        await GoneAsync(fixture);
        Assert.True(fixture.Broker.Stats.ConnectionsAccepted >= count * 4 / 5, $"{fixture.Broker.Stats.ConnectionsAccepted} accepted");
        await BrokerFixture.UntilAsync(() => fixture.Broker.Loop.Sockets!.Watched == 1, "only the listener is watched");
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named_and_both_families_of_localhost_get_one_port()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        var taken = Assert.Throws<IOException>(() => fixture.Broker.Listen([IPAddress.Loopback], port));
        Assert.IsType<Microsoft.AspNetCore.Connections.AddressInUseException>(taken.InnerException);
        Assert.Equal($"Failed to bind to address 127.0.0.1:{port}: address already in use.", taken.Message);
        await using var both = fixture.Broker.Listen([IPAddress.Loopback, IPAddress.IPv6Loopback], 0);
        using (await ConnectAsync(both.Port, "four"))
        {
        }
        if (!Socket.OSSupportsIPv6) return;
        using var six = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
        await six.ConnectAsync(IPAddress.IPv6Loopback, both.Port, Ct);
        await six.SendAsync(Connect("six"), Ct);
        await ReadAsync(six, 4);
        Assert.Contains(fixture.Broker.Sessions, s => s.Remote is { } remote && remote.StartsWith("[::1]", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_closed_listener_frees_its_port_and_keeps_its_connections()
    {
        var (fixture, port) = await ServeAsync();
        await using var _ = fixture;
        using var socket = await ConnectAsync(port, "stays");
        await fixture.StopListeningAsync();
        await Assert.ThrowsAsync<SocketException>(() => DialAsync(port));
        await using var again = fixture.Broker.Listen([IPAddress.Loopback], port);
        await socket.SendAsync(new byte[] { 0xC0, 0 }, Ct);
        Assert.Equal([0xD0, 0], await ReadAsync(socket, 2));
    }
}
