using System.ComponentModel;
using System.Net;
using System.Net.Sockets;

namespace CityEdge.Hub.Broker;

/// <summary>A listening socket on the broker's loop.</summary>
internal sealed class EpollListener : EpollSource, ILoopWork
{
    private const int MostAtOnce = 8;
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(100);

    private readonly BrokerLoop _loop;
    private readonly Socket _socket;
    private readonly Action<EpollConnection, IPEndPoint?> _accepted;
    private readonly Action<string> _cannotAccept;
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _closing;
    private bool _waiting;

    /// <param name="loop">Serves it.</param>
    /// <param name="socket">Bound and listening, non-blocking; closed with this.</param>
    /// <param name="accepted">Told of each connection, on the loop.</param>
    /// <param name="cannotAccept">Told when the system has no descriptor for another connection.</param>
    public EpollListener(BrokerLoop loop, Socket socket, Action<EpollConnection, IPEndPoint?> accepted, Action<string> cannotAccept)
    {
        _loop = loop;
        _socket = socket;
        _accepted = accepted;
        _cannotAccept = cannotAccept;
        Descriptor = (int)socket.SafeHandle.DangerousGetHandle();
    }

    /// <summary>Begins to accept, begins again after a rest, or closes. On the loop.</summary>
    public void Run()
    {
        if (_closing) Abort();
        else if (Slot < 0 && _loop.Sockets?.Watch(this, Libc.In | Libc.Edge) != true) TakeRest(new Win32Exception().Message);
    }

    public Task CloseAsync()
    {
        _closing = true;
        _loop.Post(this);
        return _closed.Task;
    }

    public override void OnEvents(uint events)
    {
        if (_waiting || _loop.Sockets is not { } sockets) return;
        _waiting = true;
        sockets.AddNewcomer(this);
    }

    /// <summary>Accepts some of those who wait, and asks for another turn unless they were all.</summary>
    public override void ServeNewcomer()
    {
        _waiting = false;
        if (Slot < 0) return;
        for (var i = 0; i < MostAtOnce; i++)
        {
            var descriptor = Libc.Accept(Descriptor, out var peer, out var error);
            if (descriptor < 0)
            {
                if (error == Libc.Again) return;
                if (error is Libc.TooManyFiles or Libc.TooManyFilesInSystem or Libc.NoMemory or Libc.NoBuffers)
                {
                    TakeRest(new Win32Exception(error).Message);
                    return;
                }
                // A connection that was gone before it was accepted.
                continue;
            }
            var connection = new EpollConnection(_loop, descriptor);
            if (_loop.Sockets!.Watch(connection, Libc.In | Libc.Out | Libc.PeerHangUp | Libc.Edge)) _accepted(connection, peer);
            else Libc.Close(descriptor);
        }
        OnEvents(Libc.In);
    }

    /// <summary>Without a free descriptor the same connection would be announced for ever.</summary>
    private void TakeRest(string why)
    {
        _loop.Sockets?.Unwatch(this);
        _cannotAccept(why);
        _ = Task.Delay(Rest, TimeProvider.System, CancellationToken.None).ContinueWith(_ => _loop.Post(this), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public override void Abort()
    {
        if (Descriptor >= 0)
        {
            _loop.Sockets?.Unwatch(this);
            Descriptor = -1;
            _socket.Dispose();
        }
        _closed.TrySetResult();
    }
}
