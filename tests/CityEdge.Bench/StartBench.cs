using System.Buffers;
using System.Diagnostics;
using System.IO.Pipelines;
using System.Net;
using CityEdge.Hub.Broker;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Bench;

/// <summary>How long a broker with 10 000 persistent sessions and 1 GB of journal after its snapshot takes to start, and the memory of its sessions.</summary>
internal sealed class StartBench : IBrokerAuthenticator, IBrokerObserver
{
    private const int Kiosks = 10_000;
    private const long JournalBytes = 1L << 30;

    public static async Task RunAsync(string directory)
    {
        if (Directory.Exists(directory)) Directory.Delete(directory, recursive: true);
        var bench = new StartBench();
        var options = new AppendLogOptions { Directory = Path.Combine(directory, "journal"), MaxBytes = 8L << 30 };
        var broker = new BrokerOptions { SnapshotEveryBytes = long.MaxValue / 2 };
        await using (var journal = AppendLog.Open(options))
        {
            await using var first = bench.Create(broker, journal, directory);
            await first.StartAsync(CancellationToken.None);
            var next = -1;
            await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => Task.Run(async () =>
            {
                for (int i; (i = Interlocked.Increment(ref next)) < Kiosks;) await VisitAsync(first, i);
            })));
            await first.StopAsync();
            var body = new ArrayBufferWriter<byte>();
            var payload = new byte[150];
            var random = new Random(1);
            for (var end = journal.End + JournalBytes; journal.End < end;)
            {
                var i = random.Next(Kiosks);
                body.ResetWrittenCount();
                // One in ten is for a kiosk that is away, and waits for it.
                var topic = random.Next(10) == 0 ? $"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}/command/c1" : $"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}/telemetry";
                PublishRecord.Encode(body, topic, "c", "hub", QoS.AtLeastOnce, false, 0, null, payload, default);
                journal.Append(JournalKind.Publish, 0, body.WrittenSpan);
            }
        }
        for (var run = 0; run < 3; run++)
        {
            var copy = directory + "-run";
            Directory.CreateDirectory(copy);
            foreach (var file in Directory.GetFiles(Path.Combine(directory, "broker"))) File.Copy(file, Path.Combine(Directory.CreateDirectory(Path.Combine(copy, "broker")).FullName, Path.GetFileName(file)), true);
            var before = GC.GetTotalMemory(forceFullCollection: true);
            var (clock, cpu, allocated) = (Stopwatch.StartNew(), Environment.CpuUsage.TotalTime, GC.GetTotalAllocatedBytes());
            await using var journal = AppendLog.Open(options);
            var opened = clock.Elapsed;
            var started = bench.Create(broker, journal, copy);
            await started.StartAsync(CancellationToken.None);
            Console.WriteLine(
                $"journal {opened.TotalSeconds:F2} s, broker {(clock.Elapsed - opened).TotalSeconds:F2} s, CPU {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:F2} s, "
                + $"{(GC.GetTotalAllocatedBytes() - allocated) >> 20} MiB allocated, {started.Stats.Sessions} sessions, {started.Stats.Subscriptions} subscriptions, "
                + $"{(GC.GetTotalMemory(forceFullCollection: true) - before) / Math.Max(1, started.Stats.Sessions)} bytes held a session");
            await started.StopAsync();
            Directory.Delete(copy, recursive: true);
        }
        Directory.Delete(directory, recursive: true);
    }

    private MqttBroker Create(BrokerOptions options, AppendLog journal, string directory) =>
        new(options, journal, Path.Combine(directory, "broker"), this, this, TimeProvider.System, NullLogger<MqttBroker>.Instance);

    /// <summary>Connects, subscribes and leaves a session behind.</summary>
    private static async Task VisitAsync(MqttBroker broker, int i)
    {
        var (toBroker, toClient) = (new Pipe(), new Pipe());
        var served = broker.ServeAsync(new Duplex(toBroker.Reader, toClient.Writer), new IPEndPoint(IPAddress.Loopback, 40000), null, CancellationToken.None);
        PacketEncoder.Write(toBroker.Writer, new ConnectPacket(MqttVersion.V311, $"kiosk-{i:D5}", false, 0, null, null, null, null));
        PacketEncoder.Write(toBroker.Writer, MqttVersion.V311, new SubscribePacket(1,
        [
            new Subscription($"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}/command/#", QoS.AtLeastOnce),
            new Subscription($"cityedge/v1/bj-{i % 40:D2}/kiosk-{i:D5}/config", QoS.AtLeastOnce),
            new Subscription($"cityedge/v1/bj-{i % 40:D2}/tickets/+", QoS.AtLeastOnce),
        ]));
        await toBroker.Writer.FlushAsync();
        for (var packets = 0; packets < 2;)
        {
            var result = await toClient.Reader.ReadAsync();
            var buffer = result.Buffer;
            while (PacketFraming.TryReadFrame(ref buffer, int.MaxValue, out _, out _, out _) == FrameStatus.Frame) packets++;
            toClient.Reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted && packets < 2) throw new IOException("The broker closed the connection.");
        }
        await toBroker.Writer.CompleteAsync();
        await toClient.Reader.CompleteAsync();
        await served;
    }

    public ValueTask<(ClientIdentity? Identity, ReasonCode Reason)> AuthenticateAsync(BrokerCredentials credentials, CancellationToken ct) =>
        ValueTask.FromResult<(ClientIdentity?, ReasonCode)>((new ClientIdentity(IdentityKind.Anonymous, "", null, null, true), ReasonCode.Success));

    public void Refused(BrokerRefusal refusal)
    {
    }

    public void Connected(string clientId, ClientIdentity identity)
    {
    }

    public void Disconnected(string clientId, ClientIdentity identity, string reason)
    {
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
