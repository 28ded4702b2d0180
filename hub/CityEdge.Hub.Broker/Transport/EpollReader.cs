using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace CityEdge.Hub.Broker;

/// <summary>
/// The reading half. A waiting ReadAsync is completed inline on the loop with the loop's shared buffer; what the reader leaves is copied to a small rented buffer, none
/// while idle. A reader that still looks at the shared buffer when it gives the thread back keeps it. One reader at a time; ReadAsync looks at its token once.
/// </summary>
internal sealed class EpollReader(EpollConnection connection) : PipeReader, IValueTaskSource<ReadResult>
{
    private const int MostAtOnce = 64 * 1024;
    private const int LongRest = 4096;
    private const int NoLease = 0;
    private const int Shared = 1;
    private const int Kept = 2;

    private ManualResetValueTaskSourceCore<ReadResult> _source;
    private byte[]? _own;
    private int _start;
    private int _length;
    private int _givenEnd;
    private int _lease;
    private int _waiting;
    private int _canceled;
    private volatile bool _readable;
    private bool _hungUp;
    private bool _unexamined;
    private bool _ended;
    private bool _given;
    private volatile bool _completed;
    private Exception? _failure;

    public bool Completed => _completed;

    /// <summary>The socket has bytes, its end, or an error. On the loop.</summary>
    public void OnReadable(bool ended)
    {
        if (ended) _hungUp = true;
        _readable = true;
        // Against a ReadAsync on another thread that has just begun to wait and found nothing.
        Interlocked.MemoryBarrier();
        Serve();
    }

    /// <summary>Completes a waiting read if it can be. On the loop.</summary>
    public void Serve()
    {
        if (Volatile.Read(ref _waiting) == 0) return;
        if (Interlocked.Exchange(ref _canceled, 0) != 0) Deliver(Rest(canceled: true));
        else if (_readable) Receive();
    }

    private void Receive()
    {
        var sockets = connection.Loop.Sockets!;
        int read, error, room;
        if (_length > LongRest)
        {
            // A long packet gathers in its own buffer, so that it is not copied for each piece that comes.
            MakeRoom();
            room = Math.Min(MostAtOnce, _own!.Length - _start - _length);
            read = Libc.Receive(connection.Descriptor, _own.AsSpan(_start + _length, room), out error);
            if (read > 0)
            {
                _length += read;
                Received(read, room);
                Deliver(Rest());
                return;
            }
        }
        else
        {
            var buffer = sockets.Buffer;
            if (_length > 0) _own.AsSpan(_start, _length).CopyTo(buffer);
            room = MostAtOnce;
            read = Libc.Receive(connection.Descriptor, buffer.AsSpan(_length, room), out error);
            if (read > 0)
            {
                Received(read, room);
                _givenEnd = _length + read;
                _given = true;
                _lease = Shared;
                Deliver(new ReadResult(new ReadOnlySequence<byte>(buffer, 0, _givenEnd), false, false));
                // The reader awaits something else and still has the buffer: let it.
                if (Interlocked.CompareExchange(ref _lease, Kept, Shared) == Shared) sockets.GiveBufferAway();
                return;
            }
        }
        if (read < 0 && error == Libc.Again && !_hungUp)
        {
            _readable = false;
            return;
        }
        if (read < 0) _failure = new IOException(connection.Descriptor < 0 ? "the transport was stopped" : "the connection was reset by the peer");
        _ended = true;
        if (_failure is null) Deliver(Rest());
        else Fail();
    }

    /// <summary>Fewer bytes than there was room for: the socket is empty, and the next ones make a new event. Not so for an end that has already been announced.</summary>
    private void Received(int read, int room)
    {
        if (read < room && !_hungUp) _readable = false;
    }

    private void MakeRoom()
    {
        if (_own!.Length - _start - _length >= LongRest) return;
        var larger = _start >= _length ? _own : ArrayPool<byte>.Shared.Rent(Math.Max(2 * _length, MostAtOnce));
        _own.AsSpan(_start, _length).CopyTo(larger);
        if (larger != _own) ArrayPool<byte>.Shared.Return(_own);
        (_own, _start) = (larger, 0);
    }

    /// <summary>What was left, as a result.</summary>
    private ReadResult Rest(bool canceled = false)
    {
        _unexamined = false;
        _givenEnd = _start + _length;
        _given = _length > 0;
        return new ReadResult(_length > 0 ? new ReadOnlySequence<byte>(_own!, _start, _length) : default, canceled, _ended);
    }

    private void Deliver(in ReadResult result)
    {
        Volatile.Write(ref _waiting, 0);
        _source.SetResult(result);
    }

    private void Fail()
    {
        Volatile.Write(ref _waiting, 0);
        _source.SetException(_failure!);
    }

    public override bool TryRead(out ReadResult result)
    {
        if (Interlocked.Exchange(ref _canceled, 0) != 0)
        {
            result = Rest(canceled: true);
            return true;
        }
        if (_failure is not null) throw _failure;
        result = default;
        if (!_unexamined && !_ended) return false;
        result = Rest();
        return true;
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (_completed) throw new InvalidOperationException("The reader is completed.");
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        if (TryRead(out var result)) return ValueTask.FromResult(result);
        _source.Reset();
        Interlocked.Exchange(ref _waiting, 1);
        if (_readable || Volatile.Read(ref _canceled) != 0) connection.Ask();
        return new ValueTask<ReadResult>(this, _source.Version);
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (!_given) return;
        _given = false;
        if (consumed.GetObject() is not byte[] array) throw new ArgumentException("The position is not of this read.", nameof(consumed));
        var from = consumed.GetInteger();
        var left = _givenEnd - from;
        if (left < 0) throw new ArgumentOutOfRangeException(nameof(consumed));
        _unexamined = examined.GetInteger() < _givenEnd;
        if (left == 0) DropOwn();
        else if (array == _own) _start = from;
        else Keep(array.AsSpan(from, left));
        _length = left;
        Interlocked.Exchange(ref _lease, NoLease);
    }

    private void Keep(ReadOnlySpan<byte> rest)
    {
        if (_own is null || _own.Length < rest.Length)
        {
            DropOwn();
            _own = ArrayPool<byte>.Shared.Rent(rest.Length);
        }
        rest.CopyTo(_own);
        _start = 0;
    }

    private void DropOwn()
    {
        if (_own is not null) ArrayPool<byte>.Shared.Return(_own);
        (_own, _start, _length) = (null, 0, 0);
    }

    public override void CancelPendingRead()
    {
        Interlocked.Exchange(ref _canceled, 1);
        connection.Ask();
    }

    public override void Complete(Exception? exception = null)
    {
        if (_completed) return;
        DropOwn();
        _completed = true;
        Interlocked.Exchange(ref _lease, NoLease);
        connection.Ask();
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);
}
