using System.Buffers;
using System.IO.Pipelines;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>The least client there can be: writes packets, reads packets, decides nothing.</summary>
public sealed class TestClient(PipeReader input, PipeWriter output, MqttVersion version, Task served)
{
    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    public ConnAckPacket? ConnAck { get; set; }

    public Task Served => served;

    public async Task SendAsync(Action<IBufferWriter<byte>> write)
    {
        write(output);
        await output.FlushAsync(Ct);
    }

    public Task SendAsync(byte[] bytes) => SendAsync(o => o.Write(bytes));

    public async Task<ConnAckPacket?> ConnectAsync(ConnectPacket packet)
    {
        await SendAsync(o => PacketEncoder.Write(o, packet));
        return await ReceiveAsync() as ConnAckPacket;
    }

    public Task PublishAsync(string topic, string payload, QoS qos = QoS.AtMostOnce, ushort id = 0, bool retain = false, bool dup = false, MqttProperties? properties = null) =>
        SendAsync(o => PacketEncoder.Write(o, version, new PublishPacket(topic, System.Text.Encoding.UTF8.GetBytes(payload), qos, retain, dup, id, properties)));

    public Task AckAsync(PacketType type, ushort id, ReasonCode code = ReasonCode.Success) => SendAsync(o => PacketEncoder.Write(o, version, new AckPacket(type, id, code)));

    public Task PingAsync() => SendAsync(o => PacketEncoder.WritePingReq(o));

    public async Task<SubAckPacket> SubscribeAsync(string filter, QoS qos = QoS.AtLeastOnce, bool noLocal = false, bool retainAsPublished = false, RetainHandling handling = RetainHandling.SendAtSubscribe, uint id = 0)
    {
        await SendAsync(o => PacketEncoder.Write(o, version, new SubscribePacket(7, [new Subscription(filter, qos, noLocal, retainAsPublished, handling)], id == 0 ? null : new MqttProperties { SubscriptionIdentifiers = [id] })));
        return Assert.IsType<SubAckPacket>(await ReceiveAsync());
    }

    public Task DisconnectAsync(ReasonCode code = ReasonCode.Success) => SendAsync(o => PacketEncoder.Write(o, version, new DisconnectPacket(code)));

    /// <summary>The connection breaks without a word.</summary>
    public async Task DropAsync()
    {
        await output.CompleteAsync(new IOException("gone"));
        await input.CompleteAsync();
        await served.WaitAsync(TimeSpan.FromSeconds(10), Ct);
    }

    public async Task<AckPacket> ReceiveAckAsync(PacketType type, ushort id)
    {
        var ack = Assert.IsType<AckPacket>(await ReceiveAsync());
        Assert.Equal((type, id), (ack.Type, ack.PacketId));
        return ack;
    }

    public async Task<PublishPacket> ReceivePublishAsync() => Assert.IsType<PublishPacket>(await ReceiveAsync());

    /// <summary>The next packet; null at the end of the stream; <see cref="PacketType.PingResp"/> as itself. Fails after ten seconds.</summary>
    public async Task<object?> ReceiveAsync()
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Ct);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        while (true)
        {
            var result = await input.ReadAsync(limit.Token);
            var buffer = result.Buffer;
            if (PacketFraming.TryReadFrame(ref buffer, int.MaxValue, out var header, out var body, out _) == FrameStatus.Frame)
            {
                var bytes = body.ToArray();
                input.AdvanceTo(buffer.Start);
                return Decode(header, bytes);
            }
            input.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) return null;
        }
    }

    private object Decode(byte header, byte[] body)
    {
        var type = PacketFraming.TypeOf(header);
        MqttProtocolError? error;
        switch (type)
        {
            case PacketType.ConnAck when PacketDecoder.TryDecodeConnAck(body, version, out var connAck, out error): return connAck;
            case PacketType.Publish when PacketDecoder.TryDecodePublish(header, body, version, out var publish, out error): return publish;
            case PacketType.SubAck when PacketDecoder.TryDecodeSubAck(body, version, out var subAck, out error): return subAck;
            case PacketType.UnsubAck when PacketDecoder.TryDecodeUnsubAck(body, version, out var unsubAck, out error): return unsubAck;
            case PacketType.Disconnect when PacketDecoder.TryDecodeDisconnect(body, version, out var disconnect, out error): return disconnect;
            case PacketType.PingResp: return PacketType.PingResp;
            default:
                if (PacketDecoder.TryDecodeAck(type, body, version, out var ack, out error)) return ack;
                throw new Xunit.Sdk.XunitException($"The broker sent a bad {type}: {error}");
        }
    }
}
