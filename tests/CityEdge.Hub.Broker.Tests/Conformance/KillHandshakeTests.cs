using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;

namespace CityEdge.Hub.Broker.Tests.Conformance;

/// <summary>
/// QoS 2 into and out of the real program: kill -9 of the hub, or a cut of the client, between each two packets of the handshake; the journal holds each message once
/// (MQTT-4.3.3-10, -12), and a subscriber gets each once (MQTT-4.4.0-1).
/// </summary>
public sealed class KillHandshakeTests(ITestOutputHelper output) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private enum Cut
    {
        None,
        Client,
        Hub,
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task A_QoS_2_publish_is_in_the_journal_once_wherever_the_handshake_was_cut(MqttVersion version)
    {
        var data = _folder["hub-" + version];
        var stored = new List<string>();
        var hub = await HubProcess.StartAsync(data);
        try
        {
            ushort id = 0;
            // Places: before PUBLISH was read, after it, after PUBREC, after PUBREL went out, after PUBCOMP.
            for (var place = 0; place < 5; place++)
            {
                foreach (var cut in new[] { Cut.Client, Cut.Hub })
                {
                    id++;
                    var payload = $"{version}, place {place}, cut {cut}";
                    stored.Add(payload);
                    (hub, var again) = await HandshakeAsync(hub, data, version, id, payload, place, cut);
                    // The publisher does what the standard asks of it: what is unacknowledged goes again under its identifier.
                    await FinishAsync(hub, version, id, payload, place, again);
                }
            }
            Assert.Equal(0, await hub.StopAsync());
        }
        finally
        {
            await hub.DisposeAsync();
        }
        var found = Payloads(data);
        output.WriteLine(string.Join('\n', found));
        Assert.Equal(stored, found);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task A_QoS_2_subscriber_gets_a_message_once_wherever_the_handshake_was_cut(MqttVersion version)
    {
        var data = _folder["hub-out-" + version];
        var hub = await HubProcess.StartAsync(data);
        try
        {
            using (var first = await Wire.ConnectAsync(hub, version, "subscriber")) await first.SubscribeAsync();
            ushort id = 0;
            // Places: after PUBLISH came, PUBREC went out, PUBREL came, PUBCOMP went out.
            for (var place = 0; place < 4; place++)
            {
                foreach (var cut in new[] { Cut.Client, Cut.Hub })
                {
                    var payload = $"{version}, place {place}, cut {cut}";
                    ushort packetId;
                    using (var subscriber = await Wire.ConnectAsync(hub, version, "subscriber"))
                    {
                        using (var publisher = await Wire.ConnectAsync(hub, version))
                        {
                            await publisher.PublishAsync(++id, payload, false);
                            await publisher.ReceiveAsync(PacketType.PubRec, id);
                            await publisher.AckAsync(PacketType.PubRel, id);
                            await publisher.ReceiveAsync(PacketType.PubComp, id);
                        }
                        (var type, packetId, var text, var dup) = await subscriber.NextAsync();
                        Assert.Equal((PacketType.Publish, payload, false), (type, text, dup));
                        if (place > 0) await subscriber.AckAsync(PacketType.PubRec, packetId);
                        if (place > 1) await subscriber.ReceiveAsync(PacketType.PubRel, packetId);
                        if (place > 2) await subscriber.AckAsync(PacketType.PubComp, packetId);
                        if (cut == Cut.Hub) await hub.KillAsync();
                    }
                    if (cut == Cut.Hub)
                    {
                        await hub.DisposeAsync();
                        hub = await HubProcess.StartAsync(data);
                    }
                    await AssertNothingNewAsync(hub, version, packetId, payload, place);
                }
            }
            Assert.Equal(0, await hub.StopAsync());
        }
        finally
        {
            await hub.DisposeAsync();
        }
    }

    /// <summary>The subscriber is back: what comes is the rest of this handshake, and nothing else.</summary>
    private static async Task AssertNothingNewAsync(HubProcess hub, MqttVersion version, ushort packetId, string payload, int place)
    {
        using var subscriber = await Wire.ConnectAsync(hub, version, "subscriber");
        await subscriber.PingAsync();
        var released = place > 1;
        var answered = false;
        while (true)
        {
            var (type, id, text, dup) = await subscriber.NextAsync();
            if (type == PacketType.PingResp)
            {
                if (answered) return;
                // What PUBREC brings waits for a flush, which a PINGRESP does not.
                answered = true;
                if (!released) continue;
                await subscriber.PingAsync();
                continue;
            }
            Assert.Equal(packetId, id);
            if (type == PacketType.Publish)
            {
                Assert.True(place < 2, $"{payload}: PUBLISH again after PUBREL");
                Assert.Equal((payload, true), (text, dup));
                await subscriber.AckAsync(PacketType.PubRec, id);
                continue;
            }
            Assert.Equal(PacketType.PubRel, type);
            released = true;
            await subscriber.AckAsync(PacketType.PubComp, id);
            await subscriber.PingAsync();
        }
    }

    /// <summary>Up to the cut; gives the hub that runs afterwards and whether PUBREC had come.</summary>
    private static async Task<(HubProcess Hub, bool Recorded)> HandshakeAsync(HubProcess hub, string data, MqttVersion version, ushort id, string payload, int place, Cut cut)
    {
        var recorded = false;
        using (var client = await Wire.ConnectAsync(hub, version))
        {
            // The kill comes while PUBLISH or PUBREL is on its way or just read: no wait in between.
            var sent = client.PublishAsync(id, payload, false);
            if (place > 0)
            {
                await sent;
                if (place > 1)
                {
                    await client.ReceiveAsync(PacketType.PubRec, id);
                    recorded = true;
                    if (place > 2) await client.AckAsync(PacketType.PubRel, id);
                    if (place > 3) await client.ReceiveAsync(PacketType.PubComp, id);
                }
            }
            if (cut == Cut.Hub) await hub.KillAsync();
        }
        if (cut != Cut.Hub) return (hub, recorded);
        await hub.DisposeAsync();
        return (await HubProcess.StartAsync(data), recorded);
    }

    private static async Task FinishAsync(HubProcess hub, MqttVersion version, ushort id, string payload, int place, bool recorded)
    {
        using var client = await Wire.ConnectAsync(hub, version);
        if (place == 4) return;
        if (!recorded)
        {
            await client.PublishAsync(id, payload, true);
            await client.ReceiveAsync(PacketType.PubRec, id);
        }
        await client.AckAsync(PacketType.PubRel, id);
        await client.ReceiveAsync(PacketType.PubComp, id);
        // And once more, as after a lost PUBCOMP.
        await client.AckAsync(PacketType.PubRel, id);
        await client.ReceiveAsync(PacketType.PubComp, id);
    }

    private static List<string> Payloads(string data)
    {
        var found = new List<string>();
        using var journal = new JournalOf(data);
        foreach (var log in journal.Records)
        {
            if (log.Kind == JournalKind.Publish && PublishRecord.TryDecode(log.Body, out var record) && record.Topic == "once") found.Add(Encoding.UTF8.GetString(record.Payload.Span));
        }
        return found;
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>The stopped hub's journal.</summary>
    private sealed class JournalOf : IDisposable
    {
        private readonly AppendLog _log;

        public JournalOf(string data)
        {
            _log = AppendLog.Open(new AppendLogOptions { Directory = Path.Combine(data, "journal"), SegmentBytes = 64 << 20, MaxBytes = 8L << 30, MaxRecordBytes = 1 << 20 });
            _log.Read(_log.Start, Records, int.MaxValue, int.MaxValue);
        }

        public List<LogRecord> Records { get; } = [];

        public void Dispose() => _log.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private sealed class Wire(TcpClient socket, MqttVersion version) : IDisposable
    {
        private readonly ArrayBufferWriter<byte> _received = new();
        private int _taken;

        public static async Task<Wire> ConnectAsync(HubProcess hub, MqttVersion version, string clientId = "publisher")
        {
            var socket = new TcpClient { NoDelay = true };
            await socket.ConnectAsync(IPEndPoint.Parse(hub.Mqtt), BrokerFixture.Ct);
            var wire = new Wire(socket, version);
            var connect = new ArrayBufferWriter<byte>();
            PacketEncoder.Write(connect, new ConnectPacket(version, clientId, false, 60, null, null, null, version == MqttVersion.V500 ? new MqttProperties { SessionExpiryInterval = 3600 } : null));
            await socket.GetStream().WriteAsync(connect.WrittenMemory, BrokerFixture.Ct);
            await wire.ReceiveAsync(PacketType.ConnAck, 0);
            return wire;
        }

        public async Task PublishAsync(ushort id, string payload, bool dup)
        {
            var bytes = new ArrayBufferWriter<byte>();
            PacketEncoder.Write(bytes, version, new PublishPacket("once", Encoding.UTF8.GetBytes(payload), QoS.ExactlyOnce, Dup: dup, PacketId: id));
            await socket.GetStream().WriteAsync(bytes.WrittenMemory, BrokerFixture.Ct);
        }

        public async Task AckAsync(PacketType type, ushort id)
        {
            var bytes = new ArrayBufferWriter<byte>();
            PacketEncoder.Write(bytes, version, new AckPacket(type, id));
            await socket.GetStream().WriteAsync(bytes.WrittenMemory, BrokerFixture.Ct);
        }

        public async Task SubscribeAsync()
        {
            var bytes = new ArrayBufferWriter<byte>();
            PacketEncoder.Write(bytes, version, new SubscribePacket(1, [new Subscription("once", QoS.ExactlyOnce)], null));
            await socket.GetStream().WriteAsync(bytes.WrittenMemory, BrokerFixture.Ct);
            Assert.Equal(PacketType.SubAck, (await NextAsync()).Type);
        }

        public async Task PingAsync()
        {
            var bytes = new ArrayBufferWriter<byte>();
            PacketEncoder.WritePingReq(bytes);
            await socket.GetStream().WriteAsync(bytes.WrittenMemory, BrokerFixture.Ct);
        }

        public async Task ReceiveAsync(PacketType type, ushort id)
        {
            var next = await NextAsync();
            Assert.Equal((type, id), (next.Type, next.Id));
        }

        /// <summary>The next packet; the id of a PUBLISH or an acknowledgement, the payload of a PUBLISH.</summary>
        public async Task<(PacketType Type, ushort Id, string Payload, bool Dup)> NextAsync()
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(BrokerFixture.Ct);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            while (true)
            {
                if (PacketFraming.TryReadFrame(_received.WrittenSpan[_taken..], int.MaxValue, out var header, out var body, out var consumed, out _) == FrameStatus.Frame)
                {
                    _taken += consumed;
                    var type = PacketFraming.TypeOf(header);
                    if (type == PacketType.Publish)
                    {
                        Assert.True(PacketDecoder.TryDecodePublish(header, body.ToArray(), version, out var publish, out var wrong), wrong?.Message);
                        return (type, publish.PacketId, Encoding.UTF8.GetString(publish.Payload.Span), publish.Dup);
                    }
                    if (type is not (PacketType.PubAck or PacketType.PubRec or PacketType.PubRel or PacketType.PubComp)) return (type, 0, "", false);
                    Assert.True(PacketDecoder.TryDecodeAck(type, body, version, out var ack, out var error), error?.Message);
                    return (type, ack.PacketId, "", false);
                }
                var read = await socket.GetStream().ReadAsync(_received.GetMemory(4096), limit.Token);
                Assert.True(read > 0, "the hub closed");
                _received.Advance(read);
            }
        }

        public void Dispose() => socket.Client.Close(0);
    }
}
