using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace CityEdge.Hub.Broker.Tests;

/// <summary>A broker over a journal in a folder of its own; can be stopped, killed and started again on the same folder.</summary>
public sealed class BrokerFixture : IAsyncDisposable, IBrokerAuthenticator, IBrokerObserver
{
    private readonly List<Task> _served = [];
    private WebApplication? _kestrel;
    private MqttListener? _listener;

    public string Folder { get; } = Directory.CreateTempSubdirectory("cityedge-broker-").FullName;

    public BrokerOptions Options { get; set; } = new();

    public ILogFiles? Files { get; init; }

    public ManualTimeProvider Arrival { get; } = new();

    public ManualTimeProvider Protocol { get; } = new();

    public bool RealClock { get; init; }

    public ILogger<MqttBroker> Logger { get; init; } = NullLogger<MqttBroker>.Instance;

    public long SegmentBytes { get; init; } = 1 << 20;

    public long MaxBytes { get; init; } = 1L << 30;

    public AppendLog Journal { get; private set; } = null!;

    public MqttBroker Broker { get; private set; } = null!;

    public ConcurrentQueue<BrokerRefusal> Refusals { get; } = new();

    public ConcurrentQueue<string> Events { get; } = new();

    public static CancellationToken Ct => TestContext.Current.CancellationToken;

    public static async Task<BrokerFixture> StartAsync(BrokerOptions? options = null, bool realClock = false)
    {
        var fixture = new BrokerFixture { RealClock = realClock };
        if (options is not null) fixture.Options = options;
        await fixture.StartAsync();
        return fixture;
    }

    public async Task StartAsync()
    {
        Journal = AppendLog.Open(new AppendLogOptions { Directory = Path.Combine(Folder, "journal"), SegmentBytes = SegmentBytes, MaxBytes = MaxBytes, MaxRecordBytes = (int)Math.Min(300_000, SegmentBytes / 2) }, Files);
        Broker = new MqttBroker(
            Options, Journal, Path.Combine(Folder, "broker"), this, this, RealClock ? TimeProvider.System : Arrival, Logger, RealClock ? TimeProvider.System : Protocol);
        await Broker.StartAsync(Ct);
    }

    /// <summary>Stops in order and starts anew.</summary>
    public async Task RestartAsync()
    {
        await Broker.StopAsync();
        await Journal.DisposeAsync();
        await StartAsync();
    }

    /// <summary>Copies the folder as it is on disk now, without stopping anything: what a kill leaves. Starts a new broker on the copy.</summary>
    public async Task<BrokerFixture> KillAndStartCopyAsync()
    {
        var copy = new BrokerFixture { RealClock = RealClock, Options = Options, SegmentBytes = SegmentBytes, MaxBytes = MaxBytes };
        foreach (var file in Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Where(f => Path.GetFileName(f) != "lock"))
        {
            var target = Path.Combine(copy.Folder, Path.GetRelativePath(Folder, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target, true);
        }
        await copy.StartAsync();
        return copy;
    }

    /// <summary>A connection in memory.</summary>
    public TestClient Open(MqttVersion version = MqttVersion.V500, string from = "127.0.0.1")
    {
        var (reader, writer, served) = OpenRaw(from);
        return new TestClient(reader, writer, version, served);
    }

    /// <summary>A connection in memory, as bytes.</summary>
    public (PipeReader Reader, PipeWriter Writer, Task Served) OpenRaw(string from = "127.0.0.1")
    {
        var toBroker = new Pipe(new PipeOptions(pauseWriterThreshold: 4 << 20, resumeWriterThreshold: 1 << 20));
        var toClient = new Pipe(new PipeOptions(pauseWriterThreshold: 256 * 1024, resumeWriterThreshold: 64 * 1024));
        var served = Broker.ServeAsync(new Duplex(toBroker.Reader, toClient.Writer), new IPEndPoint(IPAddress.Parse(from), 40000), null, Ct);
        lock (_served) _served.Add(served);
        return (toClient.Reader, toBroker.Writer, served);
    }

    /// <summary>A connection over a real socket, as bytes.</summary>
    public static async Task<(PipeReader Reader, PipeWriter Writer, Task Served)> DialRawAsync(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, Ct);
        var stream = new NetworkStream(socket, ownsSocket: true);
        return (PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true)), PipeWriter.Create(stream), Task.CompletedTask);
    }

    public async Task<TestClient> ConnectAsync(
        string clientId, MqttVersion version = MqttVersion.V500, bool clean = true, uint? expiry = null, string? user = null, WillMessage? will = null, ushort keepAlive = 0,
        ushort? receiveMaximum = null, uint? maxPacket = null)
    {
        var client = Open(version);
        var properties = version == MqttVersion.V500 ? new MqttProperties { SessionExpiryInterval = expiry, ReceiveMaximum = receiveMaximum, MaximumPacketSize = maxPacket } : null;
        client.ConnAck = await client.ConnectAsync(new ConnectPacket(version, clientId, clean, keepAlive, will, user, user is null ? null : "secret"u8.ToArray(), properties));
        return client;
    }

    /// <summary>A free port of the loopback: the broker's own transport where it has one, or Kestrel.</summary>
    public async Task<int> ListenAsync(bool kestrel = false)
    {
        if (!kestrel && MqttBroker.HasTransport) return (_listener = Broker.Listen([IPAddress.Loopback], 0)).Port;
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddSingleton(Broker);
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, listen => listen.UseConnectionHandler<MqttConnectionHandler>()));
        _kestrel = builder.Build();
        await _kestrel.StartAsync(Ct);
        var address = _kestrel.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri(address).Port;
    }

    public async Task StopListeningAsync()
    {
        if (_listener is not null) await _listener.DisposeAsync();
        if (_kestrel is not null) await _kestrel.DisposeAsync();
        (_listener, _kestrel) = (null, null);
    }

    /// <summary>Waits for a condition, at most ten seconds.</summary>
    public static async Task UntilAsync(Func<bool> condition, string what)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(2));
        while (!condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                Assert.Fail("Timed out waiting until " + what);
            }
        }
    }

    /// <summary>Anonymous is admin; <c>site/device</c> is that device; <c>bad</c> is refused.</summary>
    /// <summary>Called when a user has been let in and before the broker hears of it.</summary>
    public Func<string?, Task>? LetIn { get; set; }

    /// <summary>Users that are not let in any more.</summary>
    public HashSet<string> Revoked { get; } = [];

    public async ValueTask<(ClientIdentity? Identity, ReasonCode Reason)> AuthenticateAsync(BrokerCredentials credentials, CancellationToken ct)
    {
        var answer = Judge(credentials);
        if (LetIn is { } told) await told(credentials.UserName);
        return answer;
    }

    private (ClientIdentity? Identity, ReasonCode Reason) Judge(BrokerCredentials credentials) =>
        credentials.UserName switch
        {
            { } name when Revoked.Contains(name) => (null, ReasonCode.BadUserNameOrPassword),
            null => (new ClientIdentity(IdentityKind.Anonymous, "", null, null, true), ReasonCode.Success),
            "bad" => (null, ReasonCode.BadUserNameOrPassword),
            { } name when name.Split('/') is [var site, var device] => (ClientIdentity.OfDevice(site, device), ReasonCode.Success),
            { } name => (new ClientIdentity(IdentityKind.User, name, null, null, false), ReasonCode.Success),
        };

    public void Refused(BrokerRefusal refusal) => Refusals.Enqueue(refusal);

    public void Connected(string clientId, ClientIdentity identity) => Events.Enqueue("+" + clientId);

    public void Disconnected(string clientId, ClientIdentity identity, string reason) => Events.Enqueue("-" + clientId + " " + reason);

    public async ValueTask DisposeAsync()
    {
        (Files as GatedFiles)?.LetFlushesGo();
        await StopListeningAsync();
        await Broker.StopAsync();
        await Journal.DisposeAsync();
        Directory.Delete(Folder, true);
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
