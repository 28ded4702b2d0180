using System.Runtime.InteropServices;

namespace CityEdge.Bench.Mqtt.Net;

/// <summary>epoll, level-triggered; each socket carries an integer of its owner.</summary>
internal sealed unsafe class Poller : IDisposable
{
    public const uint Readable = 1;
    public const uint Writable = 4;
    public const uint Broken = 0x18;
    private const int Most = 512;

    // The kernel packs its struct on x86-64 only.
    private static readonly int Stride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int DataOffset = Stride - 8;
    private readonly int epoll;
    private readonly byte* events;

    public Poller()
    {
        epoll = Native.EpollCreate(0x80000);
        if (epoll < 0) throw Native.Error("epoll_create1");
        events = (byte*)NativeMemory.AllocZeroed(Most * 16);
    }

    public void Add(int fd, uint interest, int owner) => Control(1, fd, interest, owner);

    public void Change(int fd, uint interest, int owner) => Control(3, fd, interest, owner);

    public void Remove(int fd) => Control(2, fd, 0, 0);

    /// <summary>Waits until something happened or the time is over; 0 nanoseconds looks only. Returns how many.</summary>
    public int Wait(long nanoseconds)
    {
        var timeout = stackalloc long[2];
        (timeout[0], timeout[1]) = Math.DivRem(Math.Max(0, nanoseconds), 1_000_000_000);
        var count = Native.EpollWait(epoll, events, Most, timeout, null);
        if (count >= 0) return count;
        return Marshal.GetLastPInvokeError() == Native.Interrupted ? 0 : throw Native.Error("epoll_pwait2");
    }

    /// <summary>What happened to whom; valid until the next <see cref="Wait"/>.</summary>
    public (uint What, int Owner) this[int index] => (*(uint*)(events + (index * Stride)), *(int*)(events + (index * Stride) + DataOffset));

    /// <inheritdoc />
    public void Dispose()
    {
        _ = Native.Close(epoll);
        NativeMemory.Free(events);
    }

    private void Control(int operation, int fd, uint interest, int owner)
    {
        var change = stackalloc byte[16];
        *(uint*)change = interest;
        *(long*)(change + DataOffset) = owner;
        if (Native.EpollControl(epoll, operation, fd, change) != 0) throw Native.Error("epoll_ctl");
    }
}
