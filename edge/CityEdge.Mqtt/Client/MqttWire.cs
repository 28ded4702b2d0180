using System.Buffers;
using System.Threading.Channels;

namespace CityEdge.Mqtt;

/// <summary>
/// One connection: a reader loop, a writer loop that sends everything that has gathered in <see cref="Output"/> at once, and the keep-alive (5.0 §3.1.2.10). It ends with the
/// first fault of any of the three.
/// </summary>
internal sealed class MqttWire(Stream stream, FrameReader frames, Lock gate, TimeProvider time) : IAsyncDisposable
{
    private const int KeptCapacity = 256 * 1024;

    private readonly Channel<bool> wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private ArrayBufferWriter<byte> filling = new(4096);
    private ArrayBufferWriter<byte> sending = new(4096);
    private readonly TaskCompletionSource failing = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool closing;
    private volatile bool midSend;
    private long sentAt = time.GetTimestamp();
    private long receivedAt = time.GetTimestamp();
    private volatile bool paused;
    private volatile bool unanswered;

    /// <summary>What goes out next; only under the gate, followed by <see cref="Wake"/>.</summary>
    public IBufferWriter<byte> Output => filling;

    /// <summary>Bytes waiting to be sent; under the gate.</summary>
    public int Backlog => filling.WrittenCount;

    public void Wake() => wake.Writer.TryWrite(true);

    /// <summary>Ends the connection with a fault that was found outside of its loops.</summary>
    public void Fail(MqttLinkException fault) => failing.TrySetException(fault);

    /// <summary>Lets the writer send what is there and end; under the gate.</summary>
    public void Close()
    {
        closing = true;
        Wake();
    }

    /// <summary>
    /// Runs until <see cref="Close"/> was obeyed (returns) or something failed (throws the first failure). <paramref name="receive"/> is called under the gate for each packet and
    /// answers whether to go on at once; if not, <paramref name="room"/> is awaited first. <paramref name="flushed"/> is called under the gate after each send.
    /// </summary>
    public async Task RunAsync(
        Func<byte, ReadOnlyMemory<byte>, bool> receive, Func<CancellationToken, Task> room, Action flushing, Action flushed, TimeSpan keepAlive, TimeSpan pingTimeout,
        CancellationToken cancellation)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var writer = WriteAsync(flushing, flushed, ending.Token);
        Task[] loops = [ReadAsync(receive, room, ending.Token), writer, KeepAliveAsync(keepAlive, pingTimeout, ending.Token)];
        var first = await Task.WhenAny([.. loops, failing.Task]);
        await ending.CancelAsync();
        await Task.WhenAll(loops).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await first;
    }

    /// <summary>Best effort after the loops have ended: a last DISCONNECT with the code (5.0 §4.13). The peer may be dead or not read.</summary>
    public async Task SayWhyAsync(ReasonCode code, CancellationToken cancellation)
    {
        // A send was cut short: what follows would not be read as a packet.
        if (!midSend) await SayWhyAsync(stream, code, cancellation);
    }

    /// <inheritdoc cref="SayWhyAsync(ReasonCode, CancellationToken)" />
    public static async Task SayWhyAsync(Stream stream, ReasonCode code, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromMilliseconds(500));
        var last = new ArrayBufferWriter<byte>(8);
        PacketEncoder.Write(last, MqttVersion.V500, new DisconnectPacket(code));
        try
        {
            await stream.WriteAsync(last.WrittenMemory, limit.Token);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The fault itself is reported; that the peer could not be told adds nothing.
            return;
        }
    }

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private async Task ReadAsync(Func<byte, ReadOnlyMemory<byte>, bool> receive, Func<CancellationToken, Task> room, CancellationToken cancellation)
    {
        while (true)
        {
            while (!Drain(receive))
            {
                paused = true;
                Wake();
                await room(cancellation);
                Volatile.Write(ref receivedAt, time.GetTimestamp());
                paused = false;
            }
            Wake();
            await frames.FillAsync(cancellation);
            Volatile.Write(ref receivedAt, time.GetTimestamp());
            unanswered = false;
        }
    }

    // One lock for all packets of one read. False: stop reading until there is room.
    private bool Drain(Func<byte, ReadOnlyMemory<byte>, bool> receive)
    {
        lock (gate)
        {
            while (frames.TryNext(out var header, out var body))
            {
                if (!receive(header, body)) return false;
            }
            return true;
        }
    }

    private async Task WriteAsync(Action flushing, Action flushed, CancellationToken cancellation)
    {
        while (true)
        {
            bool last;
            lock (gate)
            {
                (filling, sending) = (sending, filling);
                last = closing;
                if (sending.WrittenCount > 0) flushing();
            }
            if (sending.WrittenCount > 0)
            {
                midSend = true;
                await stream.WriteAsync(sending.WrittenMemory, cancellation);
                midSend = false;
                Volatile.Write(ref sentAt, time.GetTimestamp());
                if (sending.Capacity > KeptCapacity) sending = new(4096);
                else sending.ResetWrittenCount();
                lock (gate) flushed();
            }
            if (last) return;
            await wake.Reader.ReadAsync(cancellation);
        }
    }

    private async Task KeepAliveAsync(TimeSpan keepAlive, TimeSpan pingTimeout, CancellationToken cancellation)
    {
        if (keepAlive <= TimeSpan.Zero) await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellation);
        // Early, so that a late timer still keeps the promise to the server.
        var interval = keepAlive * 0.75;
        long pingAt = 0;
        while (true)
        {
            TimeSpan due;
            // While the handler is behind nothing is read: silence then says nothing about the server. Any bytes answer a ping.
            if (paused)
            {
                Volatile.Write(ref receivedAt, time.GetTimestamp());
                unanswered = false;
            }
            if (unanswered)
            {
                due = pingTimeout - time.GetElapsedTime(pingAt);
                if (due <= TimeSpan.Zero)
                    throw new MqttLinkException(ReasonCode.KeepAliveTimeout, $"no answer to PINGREQ within {pingTimeout.TotalSeconds:0.#} s: the connection is dead");
            }
            else
            {
                due = interval - time.GetElapsedTime(Math.Min(Volatile.Read(ref sentAt), Volatile.Read(ref receivedAt)));
                if (due <= TimeSpan.Zero)
                {
                    pingAt = time.GetTimestamp();
                    unanswered = true;
                    lock (gate) PacketEncoder.WritePingReq(filling);
                    Wake();
                    continue;
                }
            }
            await Task.Delay(due, time, cancellation);
        }
    }
}
