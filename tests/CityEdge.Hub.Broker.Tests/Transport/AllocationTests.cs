using System.Buffers;
using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt;

namespace CityEdge.Hub.Broker.Tests.Transport;

/// <summary>Receiving costs no memory: recv, parse, append, flush, acknowledge.</summary>
public sealed class AllocationTests
{
    private sealed class Allocated : ILoopWork
    {
        public TaskCompletionSource<long> Bytes { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Run() => Bytes.SetResult(GC.GetAllocatedBytesForCurrentThread());
    }

    private static async Task<long> AllocatedAsync(BrokerLoop loop)
    {
        var probe = new Allocated();
        loop.Post(probe);
        return await probe.Bytes.Task.WaitAsync(TimeSpan.FromSeconds(10), BrokerFixture.Ct);
    }

    [Theory]
    [InlineData(QoS.AtMostOnce, MqttVersion.V311)]
    [InlineData(QoS.AtLeastOnce, MqttVersion.V311)]
    [InlineData(QoS.AtLeastOnce, MqttVersion.V500)]
    public async Task No_byte_is_allocated_for_a_message_received(QoS qos, MqttVersion version)
    {
        if (!MqttBroker.HasTransport) Assert.Skip("the broker's own transport needs Linux");
        await using var fixture = new BrokerFixture { RealClock = true, SegmentBytes = 64 << 20 };
        await fixture.StartAsync();
        var port = await fixture.ListenAsync();
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, BrokerFixture.Ct);
        var connect = new ArrayBufferWriter<byte>();
        PacketEncoder.Write(connect, new ConnectPacket(version, "publisher", true, 0, null, null, null, null));
        await socket.SendAsync(connect.WrittenMemory, BrokerFixture.Ct);
        await socket.ReceiveAsync(new byte[64], BrokerFixture.Ct);
        // Routing reads the journal back, which is another promise.
        fixture.Broker.RouterRests = true;
        const int batch = 20;
        var packets = new ArrayBufferWriter<byte>();
        for (ushort id = 1; id <= batch; id++) PacketEncoder.Write(packets, version, new PublishPacket("cityedge/v1/site/device/telemetry", new byte[150], qos, false, false, qos == QoS.AtMostOnce ? (ushort)0 : id, null));
        var answers = new byte[256];
        await SendAsync(50);
        var before = await AllocatedAsync(fixture.Broker.Loop);
        const int rounds = 200;
        await SendAsync(rounds);
        var allocated = await AllocatedAsync(fixture.Broker.Loop) - before;
        // One probe and what the runtime itself does now and then; a single object a message would be a hundred thousand, one a round five thousand.
        Assert.True(allocated < 4096, $"{allocated} bytes for {rounds * batch} messages");
        fixture.Broker.RouterRests = false;

        async Task SendAsync(int times)
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(BrokerFixture.Ct);
            limit.CancelAfter(TimeSpan.FromSeconds(30));
            var stored = fixture.Broker.Stats.MessagesIn[(int)qos];
            for (var i = 1; i <= times; i++)
            {
                await socket.SendAsync(packets.WrittenMemory, BrokerFixture.Ct);
                if (qos == QoS.AtMostOnce)
                {
                    // Not faster than the disk: a journal that has fallen behind makes its batches larger once.
                    if (i % 10 == 0) await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.MessagesIn[0] >= stored + i * batch && fixture.Journal.DurableEnd == fixture.Journal.End, "they are durable");
                    continue;
                }
                // Whole packets of four bytes, or five with a reason.
                for (int got = 0, acks = 0, at = 0; acks < batch;)
                {
                    got += await socket.ReceiveAsync(answers.AsMemory(got), limit.Token);
                    for (; at + 1 < got && at + 2 + answers[at + 1] <= got; acks++) at += 2 + answers[at + 1];
                }
            }
            await BrokerFixture.UntilAsync(() => fixture.Broker.Stats.MessagesIn[(int)qos] == stored + times * batch, "all are stored");
        }
    }
}
