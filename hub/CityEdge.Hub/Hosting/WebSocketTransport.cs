using System.IO.Pipelines;
using System.Net.WebSockets;

namespace CityEdge.Hub.Hosting;

/// <summary>
/// A WebSocket as the byte stream that MQTT runs on (MQTT 5.0 §6, 3.1.1 §6): binary frames only, whose borders mean nothing: a packet may span frames, a frame may hold several
/// packets. Holds back both ways: what the broker does not read stays in the peer's socket, what the peer does not read keeps the broker from writing. An idle connection holds
/// no buffer. Pings are answered by the WebSocket itself.
/// </summary>
internal sealed class WebSocketTransport : IDuplexPipe
{
    private const int WaitingBytes = 64 * 1024;

    // How long a peer may take for its last bytes and for the closing handshake, as with the broker's own connections.
    private static readonly TimeSpan Farewell = TimeSpan.FromSeconds(2);

    private readonly WebSocket socket;
    private readonly Pipe incoming = NewPipe();
    private readonly Pipe outgoing = NewPipe();
    private volatile bool sentText;

    private WebSocketTransport(WebSocket socket) => this.socket = socket;

    public PipeReader Input => incoming.Reader;

    public PipeWriter Output => outgoing.Writer;

    /// <summary>Runs until <paramref name="serve"/>, which must complete both pipes, has ended; then closes the WebSocket. Never throws for what the peer does.</summary>
    public static async Task RunAsync(WebSocket socket, Func<IDuplexPipe, Task> serve)
    {
        var transport = new WebSocketTransport(socket);
        var receiving = transport.ReceiveAsync();
        var sending = transport.SendAsync();
        await serve(transport);
        try
        {
            await sending.WaitAsync(Farewell, TimeProvider.System);
            await transport.CloseAsync().WaitAsync(Farewell, TimeProvider.System);
            await receiving.WaitAsync(Farewell, TimeProvider.System);
        }
        catch (TimeoutException)
        {
            // It does not take its last bytes or does not close.
            socket.Abort();
            await receiving;
            await sending;
        }
    }

    private static Pipe NewPipe() => new(new PipeOptions(pauseWriterThreshold: WaitingBytes, resumeWriterThreshold: WaitingBytes / 2, useSynchronizationContext: false));

    /// <summary>Frames to the broker. Goes on after the broker has ended, for the peer's answer to the closing frame.</summary>
    private async Task ReceiveAsync()
    {
        var broker = incoming.Writer;
        try
        {
            while (true)
            {
                // Without a buffer until something comes: most connections are idle.
                var next = await socket.ReceiveAsync(Memory<byte>.Empty, CancellationToken.None);
                if (next.MessageType == WebSocketMessageType.Binary)
                {
                    next = await socket.ReceiveAsync(broker.GetMemory(), CancellationToken.None);
                    if (next.MessageType == WebSocketMessageType.Binary) broker.Advance(next.Count);
                    await broker.FlushAsync();
                }
                if (next.MessageType == WebSocketMessageType.Close) break;
                if (next.MessageType == WebSocketMessageType.Text)
                {
                    // MQTT-6.0.0-1. The broker finds its stream ended; what came before is still handled.
                    sentText = true;
                    break;
                }
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // The peer went without a closing frame. For the broker, as with TCP, the stream has ended: what came before is still read, then the will is sent.
        }
        await broker.CompleteAsync();
        if (sentText) await AwaitCloseAsync();
    }

    /// <summary>Passes over what comes until the peer has answered the closing frame: a socket closed with bytes unread would take that frame with it.</summary>
    private async Task AwaitCloseAsync()
    {
        try
        {
            var rest = new byte[1024];
            while ((await socket.ReceiveAsync(rest.AsMemory(), CancellationToken.None)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // It has gone instead.
        }
    }

    private async Task SendAsync()
    {
        var broker = outgoing.Reader;
        try
        {
            while (true)
            {
                var result = await broker.ReadAsync();
                var rest = result.Buffer;
                while (!rest.IsEmpty)
                {
                    var part = rest.First;
                    rest = rest.Slice(part.Length);
                    if (!part.IsEmpty) await socket.SendAsync(part, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
                }
                broker.AdvanceTo(result.Buffer.End);
                if (result.IsCompleted) break;
            }
        }
        catch (Exception gone) when (IsGone(gone))
        {
            // Nothing more can be sent; the receiving side learns of it too, and with it the broker.
            socket.Abort();
        }
        await broker.CompleteAsync();
    }

    private async Task CloseAsync()
    {
        try
        {
            if (socket.State is not (WebSocketState.Open or WebSocketState.CloseReceived)) return;
            await (sentText
                ? socket.CloseOutputAsync(WebSocketCloseStatus.InvalidMessageType, "MQTT comes in binary frames", CancellationToken.None)
                : socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, CancellationToken.None));
        }
        catch (Exception gone) when (IsGone(gone))
        {
            socket.Abort();
        }
    }

    private static bool IsGone(Exception failure) => failure is WebSocketException or IOException or ObjectDisposedException or OperationCanceledException or InvalidOperationException
        or Microsoft.AspNetCore.Connections.ConnectionAbortedException;
}
