using System.ComponentModel;
using System.Runtime.InteropServices;

namespace CityEdge.Hub.Broker;

/// <summary>
/// epoll, the table of watched descriptors, and the one receive buffer that all connections share. Edge-triggered: each descriptor is registered once, and what a connection
/// did not read is remembered in its own flag, so that holding back reading costs no system call and leaves the bytes to the peer's TCP window.
/// </summary>
internal sealed unsafe class EpollPoller : ILoopPoller
{
    private const int MostEvents = 256;
    private static readonly long NewcomersSlice = TimeProvider.System.TimestampFrequency / 4000;
    private static readonly long SettledSpeakFor = TimeProvider.System.TimestampFrequency;
    private const int NewcomersRestShare = 3;
    private const int BufferBytes = 256 * 1024;
    private const long GatherNanoseconds = 1_000_000;

    private readonly int _epoll;
    private readonly int _event;
    private readonly byte* _events = (byte*)NativeMemory.Alloc((nuint)(MostEvents * Libc.EventBytes));
    private readonly Stack<int> _free = new();
    private EpollSource?[] _sources = new EpollSource?[64];
    private uint[] _generations = new uint[64];
    private int _used = 1;
    private List<EpollConnection> _ready = new(64);
    private List<EpollConnection> _serving = new(64);
    private readonly Queue<EpollSource> _newcomers = new();
    private long _newcomersRestUntil;
    private bool _settledSpoke;
    private long _settledSpokeAt = long.MinValue / 2;
    private int _window = 1;
    private int _active;

    public EpollPoller()
    {
        _epoll = Libc.CreateEpoll();
        _event = Libc.CreateEvent();
        // Slot 0 is the event that wakes. Edge-triggered, so that nobody has to read it back to zero.
        if (_epoll < 0 || _event < 0 || !Libc.Control(_epoll, Libc.Add, _event, Libc.In | Libc.Edge, 0)) throw new IOException("The MQTT loop cannot watch sockets: " + new Win32Exception().Message);
    }

    /// <summary>Where a connection receives; kept only until the next one does.</summary>
    public byte[] Buffer { get; private set; } = NewBuffer();

    /// <summary>Descriptors watched now. Any thread, for tests.</summary>
    public int Watched => _used - 1 - _free.Count;

    public bool HasReady => _ready.Count > 0 || (_newcomers.Count > 0 && !NewcomersRest);

    private bool NewcomersRest => TimeProvider.System.GetTimestamp() < _newcomersRestUntil;

    private static byte[] NewBuffer() => GC.AllocateUninitializedArray<byte>(BufferBytes, pinned: true);

    /// <summary>Somebody still looks at the buffer: it is theirs now.</summary>
    public void GiveBufferAway() => Buffer = NewBuffer();

    /// <summary>Watches a descriptor; false with errno set when the system cannot.</summary>
    public bool Watch(EpollSource source, uint events)
    {
        var slot = _free.TryPop(out var free) ? free : _used++;
        if (slot == _sources.Length)
        {
            Array.Resize(ref _sources, slot * 2);
            Array.Resize(ref _generations, slot * 2);
        }
        _sources[slot] = source;
        source.Slot = slot;
        if (Libc.Control(_epoll, Libc.Add, source.Descriptor, events, (ulong)_generations[slot] << 32 | (uint)slot)) return true;
        Forget(source);
        return false;
    }

    /// <summary>Closes a watched descriptor. Events of it that were fetched but not yet served miss by their generation.</summary>
    public void Close(EpollSource source)
    {
        if (source.Descriptor < 0) return;
        Forget(source);
        Libc.Close(source.Descriptor);
        source.Descriptor = -1;
    }

    /// <summary>Stops watching without closing.</summary>
    public void Unwatch(EpollSource source)
    {
        if (source.Slot < 0) return;
        Libc.Control(_epoll, Libc.Delete, source.Descriptor, 0, 0);
        Forget(source);
    }

    private void Forget(EpollSource source)
    {
        if (source.Slot < 0) return;
        _sources[source.Slot] = null;
        _generations[source.Slot]++;
        _free.Push(source.Slot);
        source.Slot = -1;
    }

    /// <summary>Serves the connection in the next round, without an event. On the loop.</summary>
    public void AddReady(EpollConnection connection) => _ready.Add(connection);

    /// <summary>One of those who are connected for a while has an event. On the loop.</summary>
    public void SettledSpoke() => _settledSpoke = true;

    /// <summary>Serves a listener to which somebody connects, or a connection that has sent its first bytes, when its turn comes. On the loop.</summary>
    public void AddNewcomer(EpollSource source) => _newcomers.Enqueue(source);

    public void Poll(bool mayWait)
    {
        var count = Libc.Wait(_epoll, _events, MostEvents, !mayWait || HasReady ? 0 : _newcomers.Count > 0 ? 1 : -1);
        // Those with an event before those with more to read: who sends without end waits for those who send now and then.
        for (var i = 0; i < count; i++)
        {
            var entry = _events + i * Libc.EventBytes;
            var data = *(ulong*)(entry + Libc.EventData);
            var slot = (int)(uint)data;
            if (slot == 0 || _sources[slot] is not { } source || _generations[slot] != (uint)(data >> 32)) continue;
            if (source.ActiveIn != _window)
            {
                source.ActiveIn = _window;
                _active++;
            }
            source.OnEvents(*(uint*)entry);
        }
        if (_newcomers.Count > 0 && !NewcomersRest) ServeNewcomers();
        if (_ready.Count == 0) return;
        (_serving, _ready) = (_ready, _serving);
        foreach (var connection in _serving) connection.ServeReady();
        _serving.Clear();
    }

    /// <summary>
    /// A new connection costs as much as a hundred messages: a burst of them must not hold up those who are connected. They get a slice of a round and then a rest, in which
    /// the loop serves the others and leaves the processor to them and to the flusher.
    /// </summary>
    private void ServeNewcomers()
    {
        var began = TimeProvider.System.GetTimestamp();
        var now = began;
        while (now - began < NewcomersSlice && _newcomers.TryDequeue(out var newcomer))
        {
            newcomer.ServeNewcomer();
            now = TimeProvider.System.GetTimestamp();
        }
        // Where nobody else speaks there is nobody to rest for.
        if (_settledSpoke) (_settledSpoke, _settledSpokeAt) = (false, now);
        _newcomersRestUntil = now - _settledSpokeAt < SettledSpeakFor ? now + NewcomersRestShare * (now - began) : 0;
    }

    public void Wake() => Libc.Raise(_event);

    public int TakeActive()
    {
        var active = _active;
        _active = 0;
        _window++;
        return active;
    }

    public void Gather() => Libc.Pause(GatherNanoseconds);

    public void CloseAll()
    {
        for (var slot = 1; slot < _used; slot++) _sources[slot]?.Abort();
        _ready.Clear();
        _newcomers.Clear();
    }

    public void Dispose()
    {
        Libc.Close(_event);
        Libc.Close(_epoll);
        NativeMemory.Free(_events);
    }
}
