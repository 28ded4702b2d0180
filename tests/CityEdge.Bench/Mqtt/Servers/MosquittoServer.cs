using System.Net;
using System.Net.Sockets;
using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Servers;

/// <summary>Debian's mosquitto, set so that it drops nothing: no queue limits, no persistence, no log.</summary>
internal sealed class MosquittoServer : BenchServer
{
    public const string Program = "/usr/sbin/mosquitto";

    private MosquittoServer(ChildProcess child, int port)
        : base("mosquitto", child, port)
    {
    }

    public static async Task<MosquittoServer> StartAsync(string folder)
    {
        if (!File.Exists(Program)) throw new UsageException($"{Program} is missing: apt-get install mosquitto.");
        var port = FreePort.Next();
        var file = Path.Combine(folder, $"mosquitto-{port}.conf");
        await File.WriteAllTextAsync(file, $"""
            listener {port} 127.0.0.1
            allow_anonymous true
            persistence false
            max_queued_messages 0
            max_queued_bytes 0
            max_inflight_messages 0
            log_type none
            log_dest none

            """);
        var server = new MosquittoServer(BenchChildren.Start(Program, ["-c", file]), port);
        await server.ListensAsync();
        return server;
    }

    private async Task ListensAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (true)
        {
            using var client = new TcpClient();
            try
            {
                await client.ConnectAsync(IPAddress.Loopback, Port, deadline.Token);
                return;
            }
            catch (SocketException) when (!Child.Process.HasExited)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, deadline.Token);
            }
        }
    }
}
