using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt.Tests.Codec;

namespace CityEdge.Mqtt.Tests.Client;

/// <summary>A server that does only what the test says, packet by packet, on a loopback port.</summary>
internal sealed class FakeServer : IAsyncDisposable
{
    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly List<FakePeer> peers = [];

    public FakeServer() => listener.Start();

    public string Url => $"mqtt://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}";

    /// <summary>Takes the next connection and its CONNECT.</summary>
    public async Task<FakePeer> AcceptAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        var peer = new FakePeer(await listener.AcceptTcpClientAsync(limit.Token), cancellation);
        peers.Add(peer);
        peer.Connect = await peer.ReadAsync<ConnectPacket>();
        peer.Version = peer.Connect.Version;
        return peer;
    }

    /// <summary>Takes the next connection and accepts it.</summary>
    public async Task<FakePeer> WelcomeAsync(CancellationToken cancellation, bool sessionPresent = false, MqttProperties? properties = null)
    {
        var peer = await AcceptAsync(cancellation);
        await peer.SendAsync(new ConnAckPacket(sessionPresent, ReasonCode.Success, properties));
        return peer;
    }

    public ValueTask DisposeAsync()
    {
        listener.Stop();
        foreach (var peer in peers) peer.Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>One connection of a client under test.</summary>
internal sealed class FakePeer(TcpClient tcp, CancellationToken cancellation) : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private byte[] buffer = [];

    public MqttVersion Version { get; set; } = MqttVersion.V500;

    public ConnectPacket Connect { get; set; } = null!;

    public Task SendAsync(object packet) => SendRawAsync(AnyPacket.Encode(Version, packet));

    public async Task SendRawAsync(byte[] bytes) => await tcp.GetStream().WriteAsync(bytes, cancellation);

    public async Task<T> ReadAsync<T>()
    {
        var packet = await ReadAnyAsync();
        return packet is T expected ? expected : throw new InvalidOperationException($"expected {typeof(T).Name}, the client sent {AnyPacket.Describe(packet)}");
    }

    public async Task<object> ReadAnyAsync()
    {
        while (true)
        {
            var packet = AnyPacket.Decode(Version, buffer, out var error);
            if (error is not null) throw new InvalidOperationException($"the client sent: {error}");
            if (packet is not null)
            {
                PacketFraming.TryReadFrame(buffer, VariableByteInteger.Max, out _, out _, out var consumed, out _);
                buffer = buffer[consumed..];
                return packet;
            }
            if (!await FillAsync()) throw new EndOfStreamException("the client closed the connection");
        }
    }

    /// <summary>Waits until the client has closed; bytes before that are an error unless allowed.</summary>
    public async Task WaitClosedAsync()
    {
        while (await FillAsync())
        {
        }
    }

    /// <summary>True when nothing more is there to read now: asks the client to answer something else first.</summary>
    public bool HasUnread => buffer.Length > 0 || tcp.Available > 0;

    public void Dispose() => tcp.Dispose();

    private async Task<bool> FillAsync()
    {
        var chunk = new byte[4096];
        int read;
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Patience);
        try
        {
            read = await tcp.GetStream().ReadAsync(chunk, limit.Token);
        }
        catch (IOException)
        {
            // A reset counts as closed.
            return false;
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new TimeoutException($"the client sent nothing for {Patience.TotalSeconds} s");
        }
        buffer = [.. buffer, .. chunk.AsSpan(0, read)];
        return read > 0;
    }
}
