namespace CityEdge.Hub.Broker;

/// <summary>
/// The broker's one thread: on Linux it accepts, reads and sends on plain TCP; everywhere it releases acknowledgements after a flush and routes. A round serves what the
/// sockets have, runs what was posted, takes one bounded turn, and then sends once on each connection that was written to. It never waits for the disk but where the
/// journal makes an appender wait for its flusher; the flusher only ever signals and never waits for it.
/// </summary>
internal sealed class BrokerLoop(Func<bool> turn, Action<Exception> failed)
{
    // The rule of gathering: within the last window as many different connections spoke as makes a pause of a millisecond pay. A few connections, however busy, wait for
    // their acknowledgements and are served at once; of many, each waits a millisecond and all share the wake-ups, reads of the journal's end and flushes.
    private static readonly long Window = TimeProvider.System.TimestampFrequency / 125;
    private const int ManyConnections = 24;
    private static readonly long LongTurn = TimeProvider.System.TimestampFrequency / 200;

    private readonly Lock _gate = new();
    private readonly TaskCompletionSource _stopped = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ILoopPoller _poller = null!;
    private List<ILoopWork> _posted = new(64);
    private List<ILoopWork> _running = new(64);
    private List<ConnectionOutput> _kicked = new(256);
    private List<ConnectionOutput> _sending = new(256);
    private long _windowBegan;
    private bool _gather;
    private int _wanted;
    private int _sleeping;
    private int _thread;
    private volatile bool _stopping;
    private bool _ended;

    /// <summary>The sockets; null where there are none.</summary>
    public EpollPoller? Sockets => _poller as EpollPoller;

    /// <summary>True on the loop's own thread.</summary>
    public bool IsCurrent => Environment.CurrentManagedThreadId == _thread;

    /// <summary>Rounds so far and pauses among them: what tests and measurements look at.</summary>
    public long Rounds { get; private set; }

    public long Gathered { get; private set; }

    public void Start()
    {
        _poller = OperatingSystem.IsLinux() ? new EpollPoller() : new EventPoller();
        var thread = new Thread(Run) { IsBackground = true, Name = "mqtt loop" };
        _thread = thread.ManagedThreadId;
        thread.Start();
    }

    /// <summary>A turn is wanted: the journal's durable end moved, or the router has an operation. Any thread; costs nothing while the loop is awake.</summary>
    public void Signal()
    {
        Volatile.Write(ref _wanted, 1);
        Wake();
    }

    /// <summary>Runs <paramref name="work"/> once on the loop, or on a pool thread when the loop has ended. Any thread.</summary>
    public void Post(ILoopWork work)
    {
        bool ended;
        lock (_gate)
        {
            ended = _ended;
            if (!ended) _posted.Add(work);
        }
        if (ended) ThreadPool.UnsafeQueueUserWorkItem(static w => w.Run(), work, preferLocal: false);
        else Wake();
    }

    /// <summary>Sends what <paramref name="output"/> holds at the end of this round. On the loop.</summary>
    public void SendLater(ConnectionOutput output) => _kicked.Add(output);

    /// <summary>Ends the loop and every connection on it. Not on the loop.</summary>
    public Task StopAsync()
    {
        if (_thread == 0) return Task.CompletedTask;
        _stopping = true;
        Interlocked.MemoryBarrier();
        _poller.Wake();
        return _stopped.Task;
    }

    private void Wake()
    {
        if (IsCurrent) return;
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _sleeping) == 1 && Interlocked.Exchange(ref _sleeping, 0) == 1) _poller.Wake();
    }

    private void Run()
    {
        var more = false;
        while (!_stopping)
        {
            var mayWait = !more && Idle();
            if (mayWait)
            {
                Volatile.Write(ref _sleeping, 1);
                Interlocked.MemoryBarrier();
                mayWait = Idle();
            }
            Guard(static (own, wait) => own._poller.Poll(wait), mayWait);
            Volatile.Write(ref _sleeping, 0);
            Round(ref more);
            if (Pays() && !more && _kicked.Count == 0 && !_poller.HasReady && !_stopping)
            {
                Gathered++;
                _poller.Gather();
            }
        }
        _poller.CloseAll();
        // What the ends of connections still have to do, until nothing more comes of it.
        for (var i = 0; i < 100 && (_poller.HasReady || !Settled()); i++)
        {
            Guard(static (own, _) => own._poller.Poll(mayWait: false), 0);
            Round(ref more);
        }
        List<ILoopWork> left;
        lock (_gate)
        {
            _ended = true;
            left = _posted;
        }
        foreach (var work in left) ThreadPool.UnsafeQueueUserWorkItem(static w => w.Run(), work, preferLocal: false);
        _thread = 0;
        _poller.Dispose();
        _stopped.SetResult();
    }

    private void Round(ref bool more)
    {
        Rounds++;
        RunPosted();
        if (more | Interlocked.Exchange(ref _wanted, 0) != 0) more = Turn();
        (_sending, _kicked) = (_kicked, _sending);
        foreach (var output in _sending) Guard(static (_, o) => o.Run(), output);
        _sending.Clear();
    }

    private bool Turn()
    {
        try
        {
            // What is durable goes out before more is read, so that at saturation publishers wait and not subscribers; but nobody's ping waits longer than this.
            var began = TimeProvider.System.GetTimestamp();
            while (turn())
            {
                if (TimeProvider.System.GetTimestamp() - began > LongTurn) return true;
            }
            return false;
        }
        catch (Exception failure)
        {
            failed(failure);
            return false;
        }
    }

    private void RunPosted()
    {
        lock (_gate)
        {
            if (_posted.Count == 0) return;
            (_posted, _running) = (_running, _posted);
        }
        foreach (var work in _running) Guard(static (_, w) => w.Run(), work);
        _running.Clear();
    }

    /// <summary>A fault of one piece of work must not end the thread that serves everyone.</summary>
    private void Guard<T>(Action<BrokerLoop, T> work, T argument)
    {
        try
        {
            work(this, argument);
        }
        catch (Exception failure)
        {
            failed(failure);
        }
    }

    private bool Idle() => !_stopping && !_poller.HasReady && Settled();

    private bool Settled()
    {
        if (Volatile.Read(ref _wanted) != 0 || _kicked.Count > 0) return false;
        lock (_gate) return _posted.Count == 0;
    }

    /// <summary>Whether to gather; judged anew each window.</summary>
    private bool Pays()
    {
        var now = TimeProvider.System.GetTimestamp();
        var passed = now - _windowBegan;
        if (passed >= Window)
        {
            _gather = _poller.TakeActive() * Window >= ManyConnections * passed;
            _windowBegan = now;
        }
        return _gather;
    }
}
