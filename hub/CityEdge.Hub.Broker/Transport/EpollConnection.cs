using System.IO.Pipelines;

namespace CityEdge.Hub.Broker;

/// <summary>
/// One TCP connection on the broker's loop. All its system calls are made there; what another thread asks for is posted. Ends itself when both of its pipes are completed.
/// </summary>
internal sealed class EpollConnection : EpollSource, IDuplexPipe, ILoopWork
{
    private readonly EpollReader _reader;
    private readonly EpollWriter _writer;
    private int _posted;
    private bool _isReady;
    private static readonly long SettlesAfter = TimeProvider.System.TimestampFrequency / 4;
    private bool _known;
    private bool _settled;
    private long _began;
    private uint _firstEvents;

    public EpollConnection(BrokerLoop loop, int descriptor)
    {
        Loop = loop;
        Descriptor = descriptor;
        _reader = new EpollReader(this);
        _writer = new EpollWriter(this);
    }

    public BrokerLoop Loop { get; }

    public PipeReader Input => _reader;

    public PipeWriter Output => _writer;

    public override void OnEvents(uint events)
    {
        if (Loop.Sockets is not { } sockets) return;
        if (_known)
        {
            // What a client says right after its CONNECT is still part of coming in.
            _settled = _settled || TimeProvider.System.GetTimestamp() - _began > SettlesAfter;
            if (_settled) sockets.SettledSpoke();
        }
        else if ((events & Libc.In) != 0)
        {
            (_known, _firstEvents, _began) = (true, events, long.MaxValue);
            sockets.AddNewcomer(this);
            return;
        }
        Handle(events);
    }

    /// <summary>Its turn among the new connections has come.</summary>
    public override void ServeNewcomer()
    {
        if (Descriptor < 0) return;
        _began = TimeProvider.System.GetTimestamp();
        Handle(_firstEvents);
    }

    private void Handle(uint events)
    {
        if ((events & (Libc.In | Libc.PeerHangUp | Libc.HangUp | Libc.Error)) != 0) _reader.OnReadable(ended: (events & (Libc.PeerHangUp | Libc.HangUp | Libc.Error)) != 0);
        if ((events & (Libc.Out | Libc.HangUp | Libc.Error)) != 0) _writer.Serve();
    }

    /// <summary>One of the pipes wants to be served. Any thread.</summary>
    public void Ask()
    {
        if (Loop.IsCurrent)
        {
            if (_isReady || Loop.Sockets is not { } sockets) return;
            _isReady = true;
            sockets.AddReady(this);
        }
        else if (Interlocked.Exchange(ref _posted, 1) == 0)
        {
            Loop.Post(this);
        }
    }

    public void Run()
    {
        Interlocked.Exchange(ref _posted, 0);
        Serve();
    }

    public void ServeReady()
    {
        _isReady = false;
        Serve();
    }

    private void Serve()
    {
        _reader.Serve();
        _writer.Serve();
        if (_reader.Completed && _writer.Completed) Close();
    }

    private void Close()
    {
        if (Descriptor < 0 || Loop.Sockets is not { } sockets) return;
        // Bytes left unread would turn the close into a reset, which can destroy our last packet on its way.
        Libc.EndSending(Descriptor);
        for (var i = 0; i < 4 && Libc.Receive(Descriptor, sockets.Buffer, out _) > 0; i++)
        {
        }
        sockets.Close(this);
    }

    public override void Abort()
    {
        Loop.Sockets?.Close(this);
        _reader.OnReadable(ended: true);
        _writer.Serve();
    }
}
