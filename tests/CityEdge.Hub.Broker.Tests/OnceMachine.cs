using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>One machine with a broker on it, over many power cuts, and QoS 2 subscribers with lasting sessions that keep their packet ids as the standard asks.</summary>
internal sealed class OnceMachine(MqttVersion version, bool shared, int seed) : IBrokerAuthenticator, IBrokerObserver
{
    private readonly Random _random = new(seed);
    private readonly PowerCutFiles _disk = new();
    private readonly TemporaryFolder _folder = new();
    private readonly List<OnceReceiver> _receivers = [.. Enumerable.Range(0, shared ? 2 : 1).Select(i => new OnceReceiver("s" + i, i % 2 == 0))];
    private int _next;

    public int Cuts => _disk.Cuts;

    public int Received => _receivers.Sum(r => r.Delivered.Count);

    public int Repeated => _receivers.Sum(r => r.Repeated);

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    /// <summary>Lives and dies this often; the last life is long, and what came in all of them is compared with the journal.</summary>
    public async Task RunAsync(int lives)
    {
        using var folder = _folder;
        for (var life = 0; life < lives; life++)
        {
            _disk.CutAfter(_random.Next(20, 160), new Random(_random.Next()));
            try
            {
                await LiveAsync(last: false);
            }
            catch (IOException) when (_disk.Cuts > life)
            {
                // The power went before the broker was up.
            }
            if (_disk.Cuts == life) _disk.Cut(_random);
        }
        await LiveAsync(last: true);
    }

    private string Snapshots => Directory.CreateDirectory(_folder["broker"]).FullName;

    private async Task LiveAsync(bool last)
    {
        await using var journal = AppendLog.Open(
            new AppendLogOptions { Directory = "/power/journal", SegmentBytes = 64 << 10, MaxBytes = 256L << 20, MaxRecordBytes = 16 << 10 }, _disk.Boot());
        // Never moves: what was published is looked up at the end.
        journal.OpenCursor("checked");
        var clock = new ManualTimeProvider();
        var options = new BrokerOptions { SnapshotEveryBytes = _random.Next(2) == 0 ? 2_000 : 1 << 30, MaxInFlight = _random.Next(2) == 0 ? 3 : 100 };
        await using var broker = new MqttBroker(options, journal, Snapshots, this, this, TimeProvider.System, NullLogger<MqttBroker>.Instance, clock);
        await broker.StartAsync(Ct);
        using var ended = new CancellationTokenSource();
        var receiving = _receivers.Select(r => ReceiveAsync(broker, r, new Random(_random.Next()), ended.Token)).ToList();
        var subscribed = Task.WhenAll(_receivers.Select(r => r.Subscribed.Task));
        await Task.WhenAny(journal.Failed, subscribed).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        if (subscribed.IsCompleted) await PublishAsync(broker, journal, clock, last ? 40 : int.MaxValue);
        if (last) await DrainedAsync(broker, journal, clock);
        await ended.CancelAsync();
        // What a broker without power would still write down must not help the next one.
        var snapshots = last ? [] : Directory.GetFiles(Snapshots, "*.snapshot").Select(f => (f, File.ReadAllBytes(f))).ToList();
        await broker.StopAsync();
        await Task.WhenAll(receiving).WaitAsync(TimeSpan.FromSeconds(30), Ct);
        if (last) return;
        Directory.Delete(Snapshots, true);
        Directory.CreateDirectory(Snapshots);
        foreach (var (file, bytes) in snapshots) await File.WriteAllBytesAsync(file, bytes, Ct);
    }

    private async Task PublishAsync(MqttBroker broker, AppendLog journal, ManualTimeProvider clock, int count)
    {
        for (var sent = 0; sent < count && !journal.Failed.IsCompleted;)
        {
            var batch = Enumerable.Range(0, _random.Next(1, 12)).Select(_ => PublishAsync(broker)).ToList();
            sent += batch.Count;
            // Progress records, now and then.
            if (_random.Next(4) == 0) clock.Advance(TimeSpan.FromSeconds(1.1));
            try
            {
                await Task.WhenAll(batch);
                if (_random.Next(3) == 0) await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(1, 10)), TimeProvider.System, Ct);
            }
            catch (IOException) when (journal.Failed.IsCompleted)
            {
                // Stored or not: the journal will tell.
                return;
            }
        }
    }

    private Task PublishAsync(MqttBroker broker) => broker.PublishAsync(
        "t", Encoding.UTF8.GetBytes(_next++.ToString(CultureInfo.InvariantCulture)), _random.Next(4) == 0 ? QoS.AtLeastOnce : QoS.ExactlyOnce, false, Ct).AsTask();

    private async Task DrainedAsync(MqttBroker broker, AppendLog journal, ManualTimeProvider clock)
    {
        var stored = Stored(journal, QoS.ExactlyOnce);
        var lasting = Stored(journal, QoS.AtLeastOnce);
        var where = $"seed {seed}, {version}, shared {shared}";
        await BrokerFixture.UntilAsync(
            () =>
            {
                clock.Advance(TimeSpan.FromMilliseconds(300));
                return _receivers.Sum(r => r.Delivered.Count) >= stored.Count && AtLeastOnce().Count == lasting.Count && broker.Sessions.All(s => s.InFlight == 0);
            },
            $"all {stored.Count} and {lasting.Count} have come ({_receivers.Sum(r => r.Delivered.Count)} did; {where})");
        var came = _receivers.SelectMany(r => r.Delivered).ToList();
        var twice = came.GroupBy(n => n).Where(g => g.Count() > 1).Select(g => g.Key).Order().ToList();
        Assert.True(twice.Count == 0, $"{twice.Count} of {stored.Count} came more than once ({where}): {string.Join(", ", twice.Take(20))}");
        Assert.Equal(stored, came.Order());
        Assert.Equal(lasting, AtLeastOnce().Order());
    }

    private HashSet<int> AtLeastOnce()
    {
        var all = new HashSet<int>();
        foreach (var receiver in _receivers)
        {
            lock (receiver.Delivered) all.UnionWith(receiver.AtLeastOnce);
        }
        return all;
    }

    private static List<int> Stored(AppendLog journal, QoS qos)
    {
        var numbers = new List<int>();
        var records = new List<LogRecord>();
        for (var position = journal.Start; journal.Read(position, records, 1000, 1 << 20) > 0; records.Clear())
        {
            foreach (var record in records.Where(r => r.Kind == JournalKind.Publish))
            {
                Assert.True(PublishRecord.TryDecode(record.Body, out var message));
                if (message.QoS == qos) numbers.Add(int.Parse(Encoding.UTF8.GetString(message.Payload.Span), CultureInfo.InvariantCulture));
            }
            position = records[^1].NextPosition;
        }
        return numbers;
    }

    /// <summary>Connects, and again whenever it has dropped its own connection, until the broker ends.</summary>
    private async Task ReceiveAsync(MqttBroker broker, OnceReceiver receiver, Random own, CancellationToken ended)
    {
        while (!ended.IsCancellationRequested)
        {
            var toBroker = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 1 << 20));
            var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 1 << 20));
            var served = broker.ServeAsync(new Duplex(toBroker.Reader, toClient.Writer), new IPEndPoint(IPAddress.Loopback, 40000), null, CancellationToken.None);
            var client = new TestClient(toClient.Reader, toBroker.Writer, version, served);
            var packets = own.Next(3) == 0 ? own.Next(1, 60) : int.MaxValue;
            var alive = await receiver.ServeAsync(client, version, shared ? "$share/g/t" : "t", packets);
            await client.DropAsync();
            if (!alive) return;
        }
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
