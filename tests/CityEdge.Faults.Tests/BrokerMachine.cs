using System.Buffers;
using System.Collections.Concurrent;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using CityEdge.Hub.Broker;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Faults.Tests;

/// <summary>One machine with a broker on it, over many power cuts, and what its broker has promised to publishers.</summary>
/// <param name="disk">Its disk.</param>
/// <param name="seed">Of everything random.</param>
/// <param name="instant">In which write, flush or change of a name of each life the power goes; null: at random.</param>
internal sealed class BrokerMachine(PowerCutFiles disk, int seed, int? instant = null) : IBrokerAuthenticator, IBrokerObserver
{
    private readonly Random random = new(seed);
    private readonly ConcurrentDictionary<long, byte> acknowledged = [];
    private long sent;

    public long Sent => Interlocked.Read(ref sent);

    public int Acknowledged => acknowledged.Count;

    /// <summary>Acknowledged messages that were found after a cut, summed over the cuts.</summary>
    public long Found { get; private set; }

    public int Cuts => disk.Cuts;

    /// <summary>Lives and dies this often, and looks after each death.</summary>
    public async Task RunAsync(int lives)
    {
        using var folder = new TemporaryFolder();
        for (var life = 0; life < lives; life++)
        {
            // The instant of recovery is an instant like any other.
            var early = random.Next(5) == 0;
            disk.CutAfter(instant ?? (early ? random.Next(1, 8) : random.Next(8, 80)), new Random(random.Next()));
            try
            {
                await LiveAsync(folder, life);
            }
            catch (IOException) when (disk.Cuts > life)
            {
                // The power went before the broker was up.
            }
            if (disk.Cuts == life) disk.Cut(random);
        }
        await using var journal = Open();
        Check(journal, lives);
    }

    private AppendLog Open() => AppendLog.Open(
        new AppendLogOptions { Directory = "/power/journal", SegmentBytes = 64 << 10, MaxBytes = 256L << 20, MaxRecordBytes = 16 << 10 }, disk.Boot());

    private async Task LiveAsync(TemporaryFolder folder, int life)
    {
        await using var journal = Open();
        Check(journal, life);
        // Never moves: the broker must not free what is still to be checked.
        journal.OpenCursor("checked");
        await using var broker = new MqttBroker(new BrokerOptions(), journal, folder["broker"], this, this, TimeProvider.System, NullLogger<MqttBroker>.Instance);
        await broker.StartAsync(TestContext.Current.CancellationToken);
        var publishers = Enumerable.Range(0, random.Next(1, 5)).Select(p => PublishAsync(broker, $"p{p}", p == 0 ? QoS.ExactlyOnce : QoS.AtLeastOnce, new Random(random.Next()))).ToList();
        await Task.WhenAny(journal.Failed, Task.WhenAll(publishers)).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
        // Its last acknowledgements, right or wrong, are still on their way to the publishers; then the connections end.
        await broker.StopAsync();
        await Task.WhenAll(publishers).WaitAsync(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken);
    }

    private void Check(AppendLog journal, int life)
    {
        var where = $"seed {seed}, after cut {life}";
        var present = new HashSet<long>();
        var records = new List<LogRecord>();
        for (var position = journal.Start; journal.Read(position, records, 1000, 1 << 20) > 0; records.Clear())
        {
            foreach (var record in records.Where(r => r.Kind == JournalKind.Publish))
            {
                Assert.True(PublishRecord.TryDecode(record.Body, out var message), $"{where}: the record at {record.Position} is no message");
                var number = long.Parse(Encoding.UTF8.GetString(message.Payload.Span).Split(' ')[0], CultureInfo.InvariantCulture);
                Assert.True(number < Sent, $"{where}: message {number} was never sent");
                Assert.True(present.Add(number), $"{where}: message {number} is there twice");
            }
            position = records[^1].NextPosition;
        }
        foreach (var number in acknowledged.Keys) Assert.True(present.Contains(number), $"{where}: message {number} was acknowledged and is gone");
        Found += acknowledged.Count;
    }

    /// <summary>Sends numbered messages as fast as its window allows until the connection ends.</summary>
    private async Task PublishAsync(MqttBroker broker, string client, QoS qos, Random own)
    {
        var toBroker = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 1 << 20));
        var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 1 << 20));
        var served = broker.ServeAsync(new Duplex(toBroker.Reader, toClient.Writer), new IPEndPoint(IPAddress.Loopback, 40000), null, CancellationToken.None);
        var output = toBroker.Writer;
        PacketEncoder.Write(output, new ConnectPacket(MqttVersion.V311, client, true, 0, null, null, null, null));
        await output.FlushAsync();
        var free = new Stack<ushort>();
        var underWay = new Dictionary<ushort, long>();
        while (true)
        {
            var result = await toClient.Reader.ReadAsync();
            var buffer = result.Buffer;
            while (PacketFraming.TryReadFrame(ref buffer, int.MaxValue, out var header, out var body, out _) == FrameStatus.Frame)
            {
                switch (PacketFraming.TypeOf(header))
                {
                    case PacketType.ConnAck:
                        foreach (var id in Enumerable.Range(1, own.Next(1, 30))) free.Push((ushort)id);
                        break;
                    case PacketType.PubAck:
                        acknowledged[underWay[Id(body)]] = 0;
                        free.Push(Id(body));
                        break;
                    case PacketType.PubRec:
                        acknowledged[underWay[Id(body)]] = 0;
                        PacketEncoder.Write(output, MqttVersion.V311, new AckPacket(PacketType.PubRel, Id(body), ReasonCode.Success));
                        break;
                    case PacketType.PubComp:
                        free.Push(Id(body));
                        break;
                }
            }
            toClient.Reader.AdvanceTo(buffer.Start, buffer.End);
            if (result.IsCompleted) break;
            while (free.TryPop(out var id))
            {
                underWay[id] = Interlocked.Increment(ref sent) - 1;
                var payload = Encoding.UTF8.GetBytes($"{underWay[id]} {new string('x', own.Next(own.Next(2000)))}");
                PacketEncoder.Write(output, MqttVersion.V311, new PublishPacket("power/cut", payload, qos, false, false, id, null));
            }
            await output.FlushAsync();
        }
        await output.CompleteAsync();
        await toClient.Reader.CompleteAsync();
        await served;
    }

    private static ushort Id(ReadOnlySequence<byte> body)
    {
        var bytes = body.ToArray();
        return (ushort)(bytes[0] << 8 | bytes[1]);
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
