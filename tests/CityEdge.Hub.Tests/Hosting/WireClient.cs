using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace CityEdge.Hub.Tests;

/// <summary>A PUBLISH that the client received.</summary>
public sealed record WireMessage(string Topic, string Text, bool Retained);

/// <summary>The server refused the connection.</summary>
public sealed class WireRefusedException(byte reason) : Exception($"CONNACK 0x{reason:x2}")
{
    public byte Reason { get; } = reason;
}

/// <summary>MQTT 5.0, the bytes written out by hand: a judge of the hub that shares no code with it.</summary>
public sealed class WireClient : IAsyncDisposable
{
    private readonly Stream stream;
    private readonly ConcurrentDictionary<ushort, TaskCompletionSource<byte>> waiting = new();
    private readonly Channel<WireMessage> messages = Channel.CreateUnbounded<WireMessage>();
    private readonly TaskCompletionSource<byte> connected = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<byte> closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly SemaphoreSlim writing = new(1);
    private Task reading = Task.CompletedTask;
    private int lastId;

    private WireClient(Stream stream) => this.stream = stream;

    /// <summary>Completes with the reason of the server's DISCONNECT, 0 when it just closed.</summary>
    public Task<byte> Closed => closed.Task.WaitAsync(TimeSpan.FromSeconds(20));

    /// <summary>A TCP connection to <c>HOST:PORT</c>.</summary>
    public static async Task<NetworkStream> OpenAsync(string address)
    {
        var colon = address.LastIndexOf(':');
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(address[..colon], int.Parse(address[(colon + 1)..], System.Globalization.CultureInfo.InvariantCulture));
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static async Task<WireClient> ConnectAsync(string address, string clientId, string? user = null, string? password = null) =>
        await ConnectAsync(await OpenAsync(address), clientId, user, password);

    /// <summary>Speaks MQTT on a stream that is open, and closes it in the end.</summary>
    /// <param name="will">Topic of a will, whose payload is <c>gone</c>.</param>
    public static async Task<WireClient> ConnectAsync(Stream stream, string clientId, string? user = null, string? password = null, string? will = null)
    {
        var client = new WireClient(stream);
        try
        {
            client.reading = Task.Run(client.ReadAsync);
            var flags = 0x02 | (user is null ? 0 : 0x80) | (password is null ? 0 : 0x40) | (will is null ? 0 : 0x04);
            List<byte> body = [.. Text("MQTT"), 5, (byte)flags, 0, 60, 0, .. Text(clientId)];
            if (will is not null) body.AddRange([0, .. Text(will), .. Text("gone")]);
            if (user is not null) body.AddRange(Text(user));
            if (password is not null) body.AddRange(Text(password));
            await client.SendAsync(0x10, body);
            var reason = await client.connected.Task.WaitAsync(TimeSpan.FromSeconds(20));
            return reason == 0 ? client : throw new WireRefusedException(reason);
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>QoS 1; the reason code of the PUBACK.</summary>
    public async Task<byte> PublishAsync(string topic, byte[] payload, bool retain = false)
    {
        var (id, answer) = Expect();
        await SendAsync((byte)(0x32 | (retain ? 1 : 0)), [.. Text(topic), (byte)(id >> 8), (byte)id, 0, .. payload]);
        return await answer.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public Task<byte> PublishAsync(string topic, string payload, bool retain = false) => PublishAsync(topic, Encoding.UTF8.GetBytes(payload), retain);

    /// <summary>QoS 1; the reason code of the SUBACK.</summary>
    public async Task<byte> SubscribeAsync(string filter)
    {
        var (id, answer) = Expect();
        await SendAsync(0x82, [(byte)(id >> 8), (byte)id, 0, .. Text(filter), 1]);
        return await answer.WaitAsync(TimeSpan.FromSeconds(20));
    }

    public async Task<WireMessage> ReceiveAsync() =>
        await messages.Reader.ReadAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(TimeSpan.FromSeconds(20));

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await stream.DisposeAsync();
        await reading;
        writing.Dispose();
    }

    private (ushort Id, Task<byte> Answer) Expect()
    {
        var id = (ushort)Interlocked.Increment(ref lastId);
        var answer = new TaskCompletionSource<byte>(TaskCreationOptions.RunContinuationsAsynchronously);
        waiting[id] = answer;
        return (id, answer.Task);
    }

    private async Task SendAsync(byte header, IReadOnlyCollection<byte> body)
    {
        List<byte> packet = [header];
        var length = body.Count;
        do
        {
            packet.Add((byte)((length & 0x7f) | (length > 0x7f ? 0x80 : 0)));
            length >>= 7;
        }
        while (length > 0);
        packet.AddRange(body);
        await writing.WaitAsync();
        try
        {
            await stream.WriteAsync(packet.ToArray());
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task ReadAsync()
    {
        byte reason = 0;
        try
        {
            while (true)
            {
                var header = (await ReadExactlyAsync(stream, 1))[0];
                var (length, shift) = (0, 0);
                byte digit;
                do
                {
                    digit = (await ReadExactlyAsync(stream, 1))[0];
                    length |= (digit & 0x7f) << shift;
                    shift += 7;
                }
                while ((digit & 0x80) != 0);
                var body = await ReadExactlyAsync(stream, length);
                switch (header >> 4)
                {
                    case 2: connected.TrySetResult(body[1]); break;
                    case 3: await IncomingAsync(header, body); break;
                    case 4: Answered(body, body.Length > 2 ? body[2] : (byte)0); break;
                    case 9: Answered(body, body[^1]); break;
                    case 14: reason = body.Length > 0 ? body[0] : (byte)0; break;
                }
            }
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException or SocketException or InvalidOperationException or System.Net.WebSockets.WebSocketException or OperationCanceledException)
        {
            closed.TrySetResult(reason);
            connected.TrySetException(new IOException("The server closed the connection before CONNACK.", error));
            foreach (var answer in waiting.Values) answer.TrySetException(new IOException($"The server closed the connection, reason 0x{reason:x2}.", error));
            messages.Writer.TryComplete(error);
        }
    }

    private void Answered(byte[] body, byte reason)
    {
        if (waiting.TryRemove(BinaryPrimitives.ReadUInt16BigEndian(body), out var answer)) answer.TrySetResult(reason);
    }

    private async Task IncomingAsync(byte header, byte[] body)
    {
        var length = BinaryPrimitives.ReadUInt16BigEndian(body);
        var at = 2 + length;
        var qos = (header >> 1) & 3;
        byte[]? id = qos > 0 ? [body[at], body[at + 1]] : null;
        if (qos > 0) at += 2;
        var (properties, shift) = (0, 0);
        byte digit;
        do
        {
            digit = body[at++];
            properties |= (digit & 0x7f) << shift;
            shift += 7;
        }
        while ((digit & 0x80) != 0);
        messages.Writer.TryWrite(new WireMessage(Encoding.UTF8.GetString(body, 2, length), Encoding.UTF8.GetString(body.AsSpan(at + properties)), (header & 1) != 0));
        if (id is not null) await SendAsync(0x40, id);
    }

    private static async Task<byte[]> ReadExactlyAsync(Stream stream, int count)
    {
        var buffer = new byte[count];
        await stream.ReadExactlyAsync(buffer);
        return buffer;
    }

    private static byte[] Text(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return [(byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes];
    }
}
