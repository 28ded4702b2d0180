using System.Net;
using System.Net.Sockets;

namespace CityEdge.Tests.Servers;

/// <summary>
/// A real nats-server with its MQTT 3.1.1 side (QoS 0 and 1, retained, sessions in JetStream) on a free loopback port. A missing program fails the test: interoperability is a
/// promise.
/// </summary>
public sealed class NatsServer : IAsyncDisposable
{
    private static readonly TimeSpan StartTimeout = TimeSpan.FromSeconds(30);
    private static readonly string[] Places = ["/usr/sbin/nats-server", "/usr/bin/nats-server", "/usr/local/bin/nats-server"];

    private readonly string folder = Directory.CreateTempSubdirectory("nats-").FullName;
    private readonly string configuration;
    private ChildProcess? child;

    private NatsServer()
    {
        Port = FreePort.Next();
        configuration = Path.Combine(folder, "nats.conf");
        File.WriteAllText(configuration, $$"""
            server_name: test
            listen: "127.0.0.1:{{FreePort.Next()}}"
            jetstream { store_dir: "{{folder}}/store" }
            mqtt { listen: "127.0.0.1:{{Port}}" }
            """);
    }

    public int Port { get; }

    public string Url => $"mqtt://127.0.0.1:{Port}";

    /// <summary>What it logged since it was last started.</summary>
    public string Log => child?.Errors ?? "";

    public static async Task<NatsServer> StartAsync()
    {
        var server = new NatsServer();
        await server.RunAsync();
        return server;
    }

    /// <summary>Starts the program (again), on the same port and store, and waits until it listens.</summary>
    public async Task RunAsync()
    {
        var program = Places.FirstOrDefault(File.Exists) ?? throw new InvalidOperationException($"nats-server is not installed ({string.Join(", ", Places)}): install the package 'nats-server', these tests need a real broker");
        child = new ChildProcess(program, ["-c", configuration]);
        using var limit = new CancellationTokenSource(StartTimeout);
        while (true)
        {
            using var probe = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await probe.ConnectAsync(new IPEndPoint(IPAddress.Loopback, Port), limit.Token);
                return;
            }
            catch (SocketException) when (!child.Process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"nats-server did not open port {Port}: {child.Errors}");
            }
        }
    }

    /// <summary>Ends it with SIGTERM; its store stays.</summary>
    public async Task StopAsync()
    {
        if (child is null) return;
        await child.StopAsync(TimeSpan.FromSeconds(20));
        await child.DisposeAsync();
        child = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (child is not null) await child.DisposeAsync();
        Directory.Delete(folder, recursive: true);
    }
}
