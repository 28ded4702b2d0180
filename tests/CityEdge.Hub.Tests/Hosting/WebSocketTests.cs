using System.Buffers;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Security;
using CityEdge.Mqtt;
using Microsoft.AspNetCore.Http;

namespace CityEdge.Hub.Tests;

/// <summary>MQTT over WebSocket at <c>/mqtt</c>: MQTT 5.0 §6, and that it is the same broker as over TCP.</summary>
public sealed class WebSocketTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly RunningHub hub = fixture.Hub;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("mqtt")]
    [InlineData("mqttv3.1")]
    public async Task What_is_sent_over_one_transport_is_heard_over_the_other(string protocol)
    {
        using var socket = await OpenAsync(hub, protocol);
        Assert.Equal(protocol, socket.SubProtocol);
        await using var web = await WireClient.ConnectAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), "web-" + protocol);
        await using var tcp = await hub.ConnectAsync("tcp-" + protocol);
        await web.SubscribeAsync($"ws/{protocol}/#");
        await tcp.SubscribeAsync($"ws/{protocol}/#");
        await tcp.PublishAsync($"ws/{protocol}/a", "over tcp");
        Assert.Equal("over tcp", (await web.ReceiveAsync()).Text);
        Assert.Equal("over tcp", (await tcp.ReceiveAsync()).Text);
        await web.PublishAsync($"ws/{protocol}/b", "over ws");
        Assert.Equal("over ws", (await tcp.ReceiveAsync()).Text);
    }

    [Fact]
    public async Task Frames_have_no_meaning()
    {
        using var socket = await OpenAsync(hub);
        // One packet in many frames, some of them empty and one fragmented, then many packets in one frame.
        var connect = Packets(o => PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V500, "framed")));
        for (var i = 0; i < connect.Length; i++)
        {
            await socket.SendAsync(connect.AsMemory(i, 1), WebSocketMessageType.Binary, endOfMessage: i % 3 != 0, Ct);
            if (i % 5 == 0) await socket.SendAsync(default(ReadOnlyMemory<byte>), WebSocketMessageType.Binary, endOfMessage: true, Ct);
        }
        await socket.SendAsync(
            Packets(o =>
            {
                for (ushort id = 1; id <= 100; id++) PacketEncoder.Write(o, MqttVersion.V500, new PublishPacket("ws/framed", new byte[id], QoS.AtLeastOnce, PacketId: id));
                PacketEncoder.WritePingReq(o);
            }),
            WebSocketMessageType.Binary, endOfMessage: true, Ct);
        var reader = new FrameJoiner(socket);
        Assert.Equal(PacketType.ConnAck, await reader.NextAsync());
        var answers = new List<PacketType>();
        while (answers.Count < 101) answers.Add(await reader.NextAsync());
        Assert.Equal(100, answers.Count(a => a == PacketType.PubAck));
        Assert.Contains(PacketType.PingResp, answers);
    }

    [Fact]
    public async Task A_text_frame_closes_and_sends_the_will()
    {
        await using var witness = await hub.ConnectAsync("text-witness");
        await witness.SubscribeAsync("ws/text/will");
        using var socket = await OpenAsync(hub);
        var stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary);
        await using var client = await WireClient.ConnectAsync(stream, "text", will: "ws/text/will");
        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, endOfMessage: true, Ct);
        Assert.Equal("gone", (await witness.ReceiveAsync()).Text);
        await client.Closed;
        await Wait.UntilAsync("the closing frame", () => Task.FromResult(socket.CloseStatus is not null), Patience);
        Assert.Equal(WebSocketCloseStatus.InvalidMessageType, socket.CloseStatus);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_connection_that_breaks_off_or_is_closed_without_goodbye_sends_the_will(bool orderly)
    {
        var topic = "ws/gone/" + orderly;
        await using var witness = await hub.ConnectAsync("gone-witness-" + orderly);
        await witness.SubscribeAsync(topic);
        using var socket = await OpenAsync(hub);
        var stream = WebSocketStream.Create(socket, WebSocketMessageType.Binary);
        var client = await WireClient.ConnectAsync(stream, "gone-" + orderly, will: topic);
        await client.PublishAsync(topic, "last word");
        if (orderly) await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        else socket.Abort();
        Assert.Equal("last word", (await witness.ReceiveAsync()).Text);
        Assert.Equal("gone", (await witness.ReceiveAsync()).Text);
        await client.DisposeAsync();
    }

    [Fact]
    public async Task Goodbye_is_answered_by_the_closing_handshake_and_sends_no_will()
    {
        await using var witness = await hub.ConnectAsync("bye-witness");
        await witness.SubscribeAsync("ws/bye");
        using var socket = await OpenAsync(hub);
        await socket.SendAsync(Packets(o =>
        {
            PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V500, "bye", Will: new WillMessage("ws/bye", "gone"u8.ToArray())));
            PacketEncoder.Write(o, MqttVersion.V500, new PublishPacket("ws/bye", "last"u8.ToArray()));
            PacketEncoder.Write(o, MqttVersion.V500, new DisconnectPacket());
        }), WebSocketMessageType.Binary, endOfMessage: true, Ct);
        var reader = new FrameJoiner(socket);
        Assert.Equal(PacketType.ConnAck, await reader.NextAsync());
        await Assert.ThrowsAsync<EndOfStreamException>(() => reader.NextAsync());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, socket.CloseStatus);
        await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Ct);
        await using var after = await hub.ConnectAsync("bye-after");
        await after.PublishAsync("ws/bye", "after");
        Assert.Equal(["last", "after"], [(await witness.ReceiveAsync()).Text, (await witness.ReceiveAsync()).Text]);
    }

    [Fact]
    public async Task What_is_no_websocket_or_offers_no_mqtt_is_told_so()
    {
        (await hub.TryGetAsync("/mqtt")).IsProblem(HttpStatusCode.UpgradeRequired, "MQTT over WebSocket");
        Assert.Equal(HttpStatusCode.BadRequest, await RefusedAsync(hub, null));
        Assert.Equal(HttpStatusCode.BadRequest, await RefusedAsync(hub, "amqp"));
        Assert.Contains("/mqtt", (await hub.GetAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Select(p => p.Name));
    }

    [Fact]
    public async Task Only_pages_of_the_hub_itself_and_of_named_origins_may_connect()
    {
        using var folder = new TemporaryFolder();
        await using var strict = await RunningHub.StartAsync(folder["data"], o => o with { Auth = AuthMode.Required, Broker = o.Broker with { WebSocketOrigins = ["https://wall.example"] } });
        var own = strict.Host.Http.GetLeftPart(UriPartial.Authority);
        using (await OpenAsync(strict, origin: own)) Assert.Equal(HttpStatusCode.Forbidden, await RefusedAsync(strict, "mqtt", "https://evil.example"));
        using (await OpenAsync(strict, origin: "https://wall.example")) Assert.Equal(HttpStatusCode.Forbidden, await RefusedAsync(strict, "mqtt", "null"));
        using (await OpenAsync(strict)) Assert.Equal(HttpStatusCode.Forbidden, await RefusedAsync(strict, "mqtt", own + "0"));
        // And without an account a page of the hub itself gets no further than anyone.
        using var socket = await OpenAsync(strict, origin: own);
        var refused = await Assert.ThrowsAsync<WireRefusedException>(() => WireClient.ConnectAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary), "nobody"));
        Assert.Equal(0x86, refused.Reason);
    }

    [Theory]
    [InlineData("http", "hub.example", "http://hub.example", true)]
    [InlineData("http", "hub.example", "https://hub.example", true)]
    [InlineData("http", "hub.example:8080", "http://hub.example:8080", true)]
    [InlineData("http", "HUB.example", "http://hub.EXAMPLE", true)]
    [InlineData("http", "[::1]:8080", "http://[::1]:8080", true)]
    [InlineData("https", "hub.example", "https://hub.example", true)]
    [InlineData("https", "hub.example", "http://hub.example", false)]
    [InlineData("https", "hub.example:8443", "https://hub.example", false)]
    [InlineData("http", "hub.example:8080", "http://hub.example:3000", false)]
    [InlineData("http", "hub.example", "http://hub.example.evil", false)]
    [InlineData("http", "hub.example", "http://evil.example", false)]
    [InlineData("http", "hub.example", "file://hub.example", false)]
    [InlineData("http", "hub.example", "null", false)]
    [InlineData("http", "hub.example", "http://hub.example,http://evil.example", false)]
    public void The_own_origin_is_scheme_host_and_port(string scheme, string host, string origin, bool may)
    {
        var request = new DefaultHttpContext().Request;
        (request.Scheme, request.Host, request.Headers.Origin) = (scheme, new HostString(host), origin);
        Assert.Equal(may, MqttWebSocket.MayConnect(request, []));
        Assert.True(MqttWebSocket.MayConnect(request, ["*"]));
        Assert.True(MqttWebSocket.MayConnect(request, [origin]));
    }

    [Fact]
    public async Task A_packet_that_is_too_large_is_refused_and_the_limits_are_those_of_tcp()
    {
        using var socket = await OpenAsync(hub);
        await using var client = await WireClient.ConnectAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), "large");
        Assert.InRange(await client.PublishAsync("ws/large", new byte[200_000]), 0, 0x7f);
        await Assert.ThrowsAsync<IOException>(() => client.PublishAsync("ws/large", new byte[300_000]));
        Assert.Equal(0x95, await client.Closed);
    }

    [Fact]
    public async Task A_page_that_does_not_read_holds_nothing_up_and_loses_nothing()
    {
        const int messages = 1000, size = 100_000;
        using var socket = await OpenAsync(hub);
        var subscribe = Packets(o =>
        {
            PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V500, "slow", Properties: new MqttProperties { ReceiveMaximum = 65535 }));
            PacketEncoder.Write(o, MqttVersion.V500, new SubscribePacket(1, [new Subscription("ws/slow", QoS.AtLeastOnce)]));
        });
        await socket.SendAsync(subscribe, WebSocketMessageType.Binary, endOfMessage: true, Ct);
        var reader = new FrameJoiner(socket);
        Assert.Equal([PacketType.ConnAck, PacketType.SubAck], [await reader.NextAsync(), await reader.NextAsync()]);
        var before = GC.GetTotalMemory(forceFullCollection: true);
        await using var publisher = await hub.ConnectAsync("slow-publisher");
        for (var i = 0; i < messages; i++) Assert.InRange(await publisher.PublishAsync("ws/slow", new byte[size]), 0, 0x7f);
        // 100 MB wait: some in the two sockets, the rest in the journal, not in memory. Other tests of this process run beside this one.
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, 50L << 20);
        var got = 0;
        while (got < messages)
        {
            if (await reader.NextAsync() == PacketType.Publish) got++;
        }
    }

    [Fact]
    public async Task A_device_above_its_rate_is_held_back_to_its_socket()
    {
        using var folder = new TemporaryFolder();
        await using var slow = await RunningHub.StartAsync(folder["data"], o => o with { Broker = o.Broker with { MaxMessagesPerSecond = 4 } });
        using var socket = await OpenAsync(slow);
        await socket.SendAsync(Packets(o => PacketEncoder.Write(o, new ConnectPacket(MqttVersion.V500, "fast", UserName: "s/d"))), WebSocketMessageType.Binary, endOfMessage: true, Ct);
        var packet = Packets(o => PacketEncoder.Write(o, MqttVersion.V500, new PublishPacket("cityedge/v1/s/d/telemetry", new byte[200_000])));
        var sent = 0;
        var sending = Task.Run(async () =>
        {
            for (; sent < 200; sent++) await socket.SendAsync(packet, WebSocketMessageType.Binary, endOfMessage: true, Ct);
        }, Ct);
        await Wait.UntilAsync("it to be held back", () => Task.FromResult(slow.Host.Service<MqttBroker>().Stats.RateLimited > 0), Patience);
        // 200 messages are 40 MB, more than all buffers on the way.
        Assert.False(sending.IsCompleted);
        Assert.InRange(slow.Host.Service<MqttBroker>().Stats.MessagesIn.Sum(), 1, 40);
        socket.Abort();
        await Assert.ThrowsAnyAsync<Exception>(() => sending);
        await Wait.UntilAsync("it to be gone", () => Task.FromResult(slow.Host.Service<MqttBroker>().Stats.Connections == 0), Patience);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task It_runs_over_tls_and_over_http_2_too(int http)
    {
        using var folder = new TemporaryFolder();
        using (var maker = CertificateMaker.Create(folder["pki"], TimeProvider.System)) maker.MakeServer([]);
        await using var secured = await RunningHub.StartAsync(folder["data"], o => o with { Https = "127.0.0.1:0", CertificateFile = folder["pki/server.pem"], KeyFile = folder["pki/server.key"] });
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(folder["pki/ca.pem"]);
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = new() { CertificateChainPolicy = policy } });
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("mqtt");
        socket.Options.SetRequestHeader("Origin", $"https://{secured.Host.Https}");
        (socket.Options.HttpVersion, socket.Options.HttpVersionPolicy) = (new Version(http, http == 1 ? 1 : 0), HttpVersionPolicy.RequestVersionExact);
        await socket.ConnectAsync(new Uri($"wss://{secured.Host.Https}/mqtt"), invoker, Ct);
        await using var client = await WireClient.ConnectAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), "secured");
        await client.SubscribeAsync("ws/tls");
        await client.PublishAsync("ws/tls", new byte[200_000]);
        Assert.Equal(200_000, (await client.ReceiveAsync()).Text.Length);
    }

    [Fact]
    public async Task A_hub_that_stops_says_so()
    {
        using var folder = new TemporaryFolder();
        await using var stopping = await RunningHub.StartAsync(folder["data"]);
        using var socket = await OpenAsync(stopping);
        await using var client = await WireClient.ConnectAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), "left");
        using var silent = await OpenAsync(stopping);
        var began = TimeProvider.System.GetTimestamp();
        await stopping.Host.StopAsync();
        Assert.Equal(0x8B, await client.Closed);
        // One that does not answer the closing frame is cut off.
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    internal static async Task<ClientWebSocket> OpenAsync(RunningHub hub, string? protocol = "mqtt", string? origin = null)
    {
        var socket = new ClientWebSocket();
        if (protocol is not null) socket.Options.AddSubProtocol(protocol);
        if (origin is not null) socket.Options.SetRequestHeader("Origin", origin);
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(new UriBuilder(hub.Host.Http) { Scheme = "ws", Path = "/mqtt" }.Uri, Ct);
            return socket;
        }
        catch (WebSocketException refused)
        {
            refused.Data["status"] = socket.HttpStatusCode;
            socket.Dispose();
            throw;
        }
    }

    private static async Task<HttpStatusCode> RefusedAsync(RunningHub hub, string? protocol, string? origin = null) =>
        (HttpStatusCode)(await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync(hub, protocol, origin))).Data["status"]!;

    private static byte[] Packets(Action<IBufferWriter<byte>> write)
    {
        var buffer = new ArrayBufferWriter<byte>();
        write(buffer);
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Binary frames as a stream of packets.</summary>
    private sealed class FrameJoiner(WebSocket socket)
    {
        private readonly List<byte> bytes = [];

        /// <exception cref="EndOfStreamException">The peer has closed.</exception>
        public async Task<PacketType> NextAsync()
        {
            var buffer = new byte[64 * 1024];
            while (true)
            {
                if (PacketFraming.TryReadFrame(bytes.ToArray(), int.MaxValue, out var header, out _, out var length, out _) == FrameStatus.Frame)
                {
                    bytes.RemoveRange(0, length);
                    return PacketFraming.TypeOf(header);
                }
                var got = await socket.ReceiveAsync(buffer.AsMemory(), Ct).AsTask().WaitAsync(Patience, Ct);
                if (got.MessageType == WebSocketMessageType.Close) throw new EndOfStreamException();
                Assert.Equal(WebSocketMessageType.Binary, got.MessageType);
                bytes.AddRange(buffer[..got.Count]);
            }
        }
    }
}
