using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace CityEdge.Hub.Broker;

/// <summary>
/// The writing half. On the loop, WriteAsync hands what fits to the system at once; the rest stays in the caller's memory, goes out as the peer reads, and completes the call
/// then, inline on the loop. From another thread the whole is posted. One write at a time; a peer that is gone completes it with IsCompleted.
/// </summary>
internal sealed class EpollWriter(EpollConnection connection) : PipeWriter, IValueTaskSource<FlushResult>
{
    private ManualResetValueTaskSourceCore<FlushResult> _source;
    private ReadOnlyMemory<byte> _rest;
    private int _waiting;
    private int _canceled;
    private volatile bool _completed;
    private bool _gone;
    private byte[]? _staged;
    private int _stagedBytes;

    public bool Completed => _completed;

    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_completed) throw new InvalidOperationException("The writer is completed.");
        if (Interlocked.Exchange(ref _canceled, 0) != 0) return ValueTask.FromResult(new FlushResult(isCanceled: true, _gone));
        _rest = source;
        var onLoop = connection.Loop.IsCurrent;
        if (onLoop && Send()) return ValueTask.FromResult(new FlushResult(false, _gone));
        _source.Reset();
        Interlocked.Exchange(ref _waiting, 1);
        if (!onLoop || Volatile.Read(ref _canceled) != 0) connection.Ask();
        return new ValueTask<FlushResult>(this, _source.Version);
    }

    /// <summary>True when nothing is left to send, be it that nobody is there to take it. On the loop.</summary>
    private bool Send()
    {
        while (!_gone && !_rest.IsEmpty)
        {
            if (connection.Descriptor < 0)
            {
                _gone = true;
                break;
            }
            var sent = Libc.Send(connection.Descriptor, _rest.Span, out var error);
            if (sent >= 0) _rest = _rest[sent..];
            else if (error == Libc.Again) return false;
            else _gone = true;
        }
        _rest = default;
        return true;
    }

    /// <summary>Goes on with a waiting write. On the loop.</summary>
    public void Serve()
    {
        if (Volatile.Read(ref _waiting) == 0) return;
        var canceled = Interlocked.Exchange(ref _canceled, 0) != 0;
        if (!canceled && !Send()) return;
        _rest = default;
        Volatile.Write(ref _waiting, 0);
        _source.SetResult(new FlushResult(canceled, _gone));
    }

    public override void CancelPendingFlush()
    {
        Interlocked.Exchange(ref _canceled, 1);
        connection.Ask();
    }

    public override void Complete(Exception? exception = null)
    {
        if (_completed) return;
        _completed = true;
        if (_staged is not null) ArrayPool<byte>.Shared.Return(_staged);
        _staged = null;
        connection.Ask();
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        var needed = _stagedBytes + Math.Max(sizeHint, 1);
        if (_staged is null || _staged.Length < needed)
        {
            var larger = ArrayPool<byte>.Shared.Rent(Math.Max(needed, 512));
            _staged.AsSpan(0, _stagedBytes).CopyTo(larger);
            if (_staged is not null) ArrayPool<byte>.Shared.Return(_staged);
            _staged = larger;
        }
        return _staged.AsMemory(_stagedBytes);
    }

    public override Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public override void Advance(int bytes) => _stagedBytes += bytes;

    public override async ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (_staged is not { } staged) return new FlushResult(false, _gone);
        var bytes = _stagedBytes;
        (_staged, _stagedBytes) = (null, 0);
        try
        {
            return await WriteAsync(staged.AsMemory(0, bytes), cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(staged);
        }
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);
}
