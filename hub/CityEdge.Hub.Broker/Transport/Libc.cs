using System.Net;
using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CityEdge.Hub.Broker;

/// <summary>The system calls of the epoll transport, with the numbers that Linux gives them on every processor .NET runs on.</summary>
internal static partial class Libc
{
    public const int Again = 11;
    public const int Interrupted = 4;
    public const int NoMemory = 12;
    public const int TooManyFilesInSystem = 23;
    public const int TooManyFiles = 24;
    public const int NoBuffers = 105;

    public const uint In = 0x001;
    public const uint Out = 0x004;
    public const uint Error = 0x008;
    public const uint HangUp = 0x010;
    public const uint PeerHangUp = 0x2000;
    public const uint Edge = 1u << 31;

    public const int Add = 1;
    public const int Delete = 2;

    private const int CloseOnExec = 0x80000;
    private const int NonBlocking = 0x800;
    private const int DontWait = 0x40;
    private const int NoSignal = 0x4000;
    private const int Tcp = 6;
    private const int NoDelay = 1;
    private const int Write = 1;

    /// <summary>struct epoll_event is packed on x86-64 only.</summary>
    public static readonly int EventBytes = RuntimeInformation.ProcessArchitecture is Architecture.X64 or Architecture.X86 ? 12 : 16;

    public static readonly int EventData = EventBytes - 8;

    public static int CreateEpoll() => epoll_create1(CloseOnExec);

    public static int CreateEvent() => eventfd(0, CloseOnExec | NonBlocking);

    public static unsafe bool Control(int epoll, int operation, int descriptor, uint events, ulong data)
    {
        var buffer = stackalloc byte[16];
        *(uint*)buffer = events;
        *(ulong*)(buffer + EventData) = data;
        return epoll_ctl(epoll, operation, descriptor, buffer) == 0;
    }

    /// <summary>Number of events; 0 when interrupted.</summary>
    public static unsafe int Wait(int epoll, byte* events, int most, int milliseconds) => Math.Max(0, epoll_wait(epoll, events, most, milliseconds));

    public static unsafe void Raise(int descriptor)
    {
        ulong one = 1;
        _ = write(descriptor, (byte*)&one, 8);
    }

    /// <summary>Bytes; 0 at the end of the stream; -1 with the reason.</summary>
    public static unsafe int Receive(int descriptor, Span<byte> into, out int error)
    {
        error = 0;
        fixed (byte* start = into)
        {
            while (true)
            {
                var read = (int)recv(descriptor, start, (nuint)into.Length, DontWait);
                if (read >= 0) return read;
                error = Marshal.GetLastPInvokeError();
                if (error != Interrupted) return -1;
            }
        }
    }

    /// <summary>Bytes that the system took; -1 with the reason.</summary>
    public static unsafe int Send(int descriptor, ReadOnlySpan<byte> bytes, out int error)
    {
        error = 0;
        fixed (byte* start = bytes)
        {
            while (true)
            {
                var sent = (int)send(descriptor, start, (nuint)bytes.Length, DontWait | NoSignal);
                if (sent >= 0) return sent;
                error = Marshal.GetLastPInvokeError();
                if (error != Interrupted) return -1;
            }
        }
    }

    /// <summary>A connection and its peer; -1 with the reason.</summary>
    public static unsafe int Accept(int listener, out IPEndPoint? peer, out int error)
    {
        const int AddressBytes = 128;
        var address = stackalloc byte[AddressBytes];
        var length = (uint)AddressBytes;
        error = 0;
        peer = null;
        var descriptor = accept4(listener, address, &length, NonBlocking | CloseOnExec);
        if (descriptor < 0)
        {
            error = Marshal.GetLastPInvokeError();
            return -1;
        }
        var one = 1;
        _ = setsockopt(descriptor, Tcp, NoDelay, &one, sizeof(int));
        var port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2));
        // AF_INET and AF_INET6.
        if (*(ushort*)address == 2) peer = new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(address + 4, 4)), port);
        else if (*(ushort*)address == 10) peer = new IPEndPoint(new IPAddress(new ReadOnlySpan<byte>(address + 8, 16), *(uint*)(address + 24)), port);
        return descriptor;
    }

    /// <summary>Nothing more will be sent: FIN after what the system still holds.</summary>
    public static void EndSending(int descriptor) => _ = shutdown(descriptor, Write);

    public static void Close(int descriptor) => _ = close(descriptor);

    public static unsafe void Pause(long nanoseconds)
    {
        var time = stackalloc nint[2];
        time[1] = (nint)nanoseconds;
        _ = nanosleep(time, null);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint initial, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_ctl(int epoll, int operation, int descriptor, byte* settings);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int epoll_wait(int epoll, byte* events, int most, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint write(int descriptor, byte* bytes, nuint length);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint recv(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial nint send(int descriptor, byte* bytes, nuint length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int accept4(int descriptor, byte* address, uint* length, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int setsockopt(int descriptor, int level, int name, int* value, uint length);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int shutdown(int descriptor, int how);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int close(int descriptor);

    [LibraryImport("libc", SetLastError = true)]
    private static unsafe partial int nanosleep(nint* time, nint* rest);
}
