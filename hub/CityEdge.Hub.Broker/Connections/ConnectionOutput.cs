using System.Buffers;
using System.IO.Pipelines;

namespace CityEdge.Hub.Broker;

/// <summary>
/// What waits to be sent on one connection. Writers append whole packets under <see cref="Gate"/>; one pump sends everything that gathered in one go, so that a batch of
/// acknowledgements or messages costs one send. Holds no buffer while idle.
/// </summary>
internal sealed class ConnectionOutput(PipeWriter pipe, int highWater, Action drained, BrokerCounters counters) : IBufferWriter<byte>, IThreadPoolWorkItem
{
    private byte[] _buffer = [];
    private int _length;
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

    /// <summary>Starts sending on this thread if nobody is. Not under any gate.</summary>
    public void Kick()
    {
        if (Begin()) _ = PumpAsync();
    }

    /// <summary>Starts sending on a pool thread; may be called under a session's gate.</summary>
    public void KickLater()
    {
        if (Begin()) ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
    }

    public void Execute() => _ = PumpAsync();

    private bool Begin()
    {
        lock (Gate)
        {
            if (_pumping || _length == 0) return false;
            return _pumping = true;
        }
    }

    private async Task PumpAsync()
    {
        while (true)
        {
            byte[] sending;
            int length;
            bool wasCongested;
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
            try
            {
                if (!_closed)
                {
                    var result = await pipe.WriteAsync(sending.AsMemory(0, length)).ConfigureAwait(false);
                    if (result.IsCompleted || result.IsCanceled) _closed = true;
                    counters.BytesOut(length);
                }
            }
            catch (Exception failure) when (failure is IOException or InvalidOperationException or OperationCanceledException)
            {
                // The peer is gone; the read loop learns of it and ends the connection. What was to be sent is in the journal or was never promised.
                _closed = true;
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(sending);
            }
            lock (Gate)
            {
                wasCongested = _congested;
                _congested = _length >= highWater;
            }
            if (wasCongested && !_congested) drained();
        }
    }

    /// <summary>Completes when everything written so far is handed to the transport.</summary>
    public Task WaitIdleAsync()
    {
        Kick();
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
