using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text.Json;
using CityEdge.Bench.Mqtt.Measure;
using CityEdge.Bench.Mqtt.Net;

namespace CityEdge.Bench.Mqtt.Load;

/// <summary><c>mqtt tls-hold</c>: MQTT over TLS clients, connected and held until standard input ends. SslStream: here the server's cost is measured, not the rate of the clients.</summary>
internal static class TlsHoldCommand
{
    public static async Task<int> RunAsync(BenchArguments arguments)
    {
        var (port, count, watch, atOnce) = (arguments.Number("port", 0), arguments.Number("connections", 1000), arguments.Number("watch", 0), arguments.Number("handshakes", 16));
        arguments.RejectUnknown();
        Native.RaiseOpenFiles();
        var held = new SslStream?[count];
        var (cpu, own, began) = (ProcFiles.CpuSeconds(watch), ProcFiles.CpuSeconds(Environment.ProcessId), Stopwatch.GetTimestamp());
        var failed = 0;
        await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (i, ct) =>
        {
            try
            {
                held[i] = await ConnectAsync(port, i, ct);
            }
            catch (Exception error) when (error is IOException or SocketException or AuthenticationException)
            {
                if (Interlocked.Increment(ref failed) == 1) await Console.Error.WriteLineAsync(error.Message);
            }
        });
        var result = new ConnectResult(count, Stopwatch.GetElapsedTime(began).TotalSeconds, failed, 0, 0, ProcFiles.CpuSeconds(watch) - cpu, ProcFiles.CpuSeconds(Environment.ProcessId) - own);
        Console.Out.WriteLine($"connected {JsonSerializer.Serialize(result)}");
        await Console.In.ReadToEndAsync();
        foreach (var stream in held)
        {
            if (stream is not null) await stream.DisposeAsync();
        }
        return 0;
    }

    private static async Task<SslStream> ConnectAsync(int port, int number, CancellationToken ct)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port, ct);
        // Not to resume: each pays a whole handshake. The certificate is of an authority made for this run.
        var tls = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", AllowTlsResume = false, RemoteCertificateValidationCallback = (_, _, _, _) => true }, ct);
        await tls.WriteAsync(Wire.ConnectPacket($"tls{number}", clean: true), ct);
        var answer = new byte[4];
        await tls.ReadExactlyAsync(answer, ct);
        return answer is [Wire.ConnAck, 2, _, 0] ? tls : throw new IOException($"CONNECT was answered with {Convert.ToHexString(answer)}.");
    }
}
