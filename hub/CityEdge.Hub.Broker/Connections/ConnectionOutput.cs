using System.Buffers;
using System.IO.Pipelines;

namespace CityEdge.Hub.Broker;

/// <summary>
/// What waits to be sent on one connection. Writers append whole packets under <see cref="Gate"/>; one pump sends everything that gathered in one go, so that a batch of
/// acknowledgements or messages costs one send. What the broker's loop writes, it sends at the end of its round: acknowledgements and deliveries together. Holds no buffer
/// while idle.
/// </summary>
/// <param name="connection">Told when there is room again.</param>
/// <param name="pipe">The transport.</param>
/// <param name="highWater">Bytes from which on it is congested.</param>
/// <param name="counters">Bytes out.</param>
/// <param name="loop">The broker's loop.</param>
/// <param name="onLoop">The transport is the loop's own: everything is sent there.</param>
internal sealed class ConnectionOutput(ClientConnection connection, PipeWriter pipe, int highWater, BrokerCounters counters, BrokerLoop loop, bool onLoop)
    : IBufferWriter<byte>, IThreadPoolWorkItem, ILoopWork
{
    private byte[] _buffer = [];
    private int _length;
    private int _queued;
    private bool _pumping;
    private bool _closed;
    private volatile bool _congested;
    private TaskCompletionSource? _idle;

    public Lock Gate { get; } = new();

    /// <summary>More waits than should: write only what is small and must go.</summary>
    public bool Congested => _congested;

    /// <summary>The last packet is written: whatever follows is left out (MQTT-3.14.4-1). Under <see cref="Gate"/>.</summary>
    public bool Ended { get; set; }

    public void Advance(int count)
    {
        if (Ended) return;
        _length += count;
        if (_length >= highWater) _congested = true;
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0)
    {
        Reserve(sizeHint);
        return _buffer.AsSpan(_length);
    }

    private void Reserve(int sizeHint)
    {
        var needed = _length + Math.Max(sizeHint, 1);
        if (needed <= _buffer.Length) return;
        var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, Math.Max(512, _buffer.Length * 2)));
        _buffer.AsSpan(0, _length).CopyTo(larger);
        if (_buffer.Length > 0) ArrayPool<byte>.Shared.Return(_buffer);
        _buffer = larger;
    }

    /// <summary>Sends what was written: at the end of the round on the loop, by the loop if the transport is its own, else on this thread. Not under any gate.</summary>
    public void Kick()
    {
        if (!Queue() && Begin()) Pump();
    }

    /// <summary>As <see cref="Kick"/>, but never on this thread; may be called under a session's gate.</summary>
    public void KickLater()
    {
        if (!Queue() && Begin()) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    /// <summary>True when it is the loop's business, or nobody's.</summary>
    private bool Queue()
    {
        if (Volatile.Read(ref _length) == 0) return true;
        var current = loop.IsCurrent;
        if (!current && !onLoop) return false;
        if (Interlocked.Exchange(ref _queued, 1) != 0) return true;
        if (current) loop.SendLater(this);
        else loop.Post(this);
        return true;
    }

    /// <summary>On the loop, once a round at most.</summary>
    public void Run()
    {
        Interlocked.Exchange(ref _queued, 0);
        if (Begin()) Pump();
    }

    public void Execute() => Pump();

    private bool Begin()
    {
        lock (Gate)
        {
            if (_pumping || _length == 0) return false;
            return _pumping = true;
        }
    }

    /// <summary>Sends until nothing is left. Without a task while the transport takes everything at once.</summary>
    private void Pump()
    {
        while (true)
        {
            byte[] sending;
            int length;
            lock (Gate)
            {
                (sending, length) = (_buffer, _length);
                (_buffer, _length) = ([], 0);
                if (length == 0)
                {
                    _pumping = false;
                    _idle?.TrySetResult();
                    return;
                }
            }
            if (!_closed)
            {
                ValueTask<FlushResult> writing;
                try
                {
                    writing = pipe.WriteAsync(sending.AsMemory(0, length));
                }
                catch (Exception failure) when (IsOfPeer(failure))
                {
                    writing = new ValueTask<FlushResult>(new FlushResult(false, isCompleted: true));
                }
                if (!writing.IsCompletedSuccessfully)
                {
                    _ = PumpOnAsync(writing, sending, length);
                    return;
                }
                Written(writing.Result, length);
            }
            Sent(sending);
        }
    }

    private async Task PumpOnAsync(ValueTask<FlushResult> writing, byte[] sending, int length)
    {
        try
        {
            Written(await writing.ConfigureAwait(false), length);
        }
        catch (Exception failure) when (IsOfPeer(failure))
        {
            // The peer is gone; the read loop learns of it and ends the connection. What was to be sent is in the journal or was never promised.
            _closed = true;
        }
        Sent(sending);
        Pump();
    }

    private static bool IsOfPeer(Exception failure) => failure is IOException or InvalidOperationException or OperationCanceledException;

    private void Written(FlushResult result, int length)
    {
        if (result.IsCompleted || result.IsCanceled) _closed = true;
        counters.BytesOut(length);
    }

    private void Sent(byte[] sending)
    {
        ArrayPool<byte>.Shared.Return(sending);
        bool drained;
        lock (Gate)
        {
            drained = _congested;
            _congested = _length >= highWater;
            drained &= !_congested;
        }
        if (drained) connection.Drained();
    }

    /// <summary>Completes when everything written so far is handed to the transport.</summary>
    public Task WaitIdleAsync()
    {
        if (loop.IsCurrent) Run();
        else Kick();
        lock (Gate)
        {
            if (!_pumping && _length == 0) return Task.CompletedTask;
            _idle ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _idle.Task;
        }
    }

    /// <summary>Nothing more is sent; a send that hangs on a peer that does not read is given up.</summary>
    public void Abort()
    {
        _closed = true;
        pipe.CancelPendingFlush();
    }
}
