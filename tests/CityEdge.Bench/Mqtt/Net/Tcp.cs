using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace CityEdge.Bench.Mqtt.Net;

/// <summary>Non-blocking TCP on 127.0.0.1.</summary>
internal static unsafe class Tcp
{
    private const int AddressBytes = 16;
    private const int Stream = 1;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;
    private const int NoSignal = 0x4000;
    private const int SocketLevel = 1;
    private const int TcpLevel = 6;
    private const int NoDelay = 1;

    /// <summary>Result of <see cref="Send"/> and <see cref="Receive"/> when the call would have waited.</summary>
    public const int Again = -1;

    /// <summary>Result when the other side is gone.</summary>
    public const int Gone = -2;

    /// <summary>A socket whose connect is under way; writable when it is done. A small receive buffer, bytes, makes one who does not read felt at once; 0 is the system's own.</summary>
    public static int Connect(int port, int receiveRoom = 0)
    {
        var fd = Open();
        if (receiveRoom > 0) SetReceiveRoom(fd, receiveRoom);
        var address = stackalloc byte[AddressBytes];
        Loopback(address, port);
        if (Native.Connect(fd, address, AddressBytes) != 0 && Marshal.GetLastPInvokeError() != Native.InProgress)
        {
            Native.Close(fd);
            return Gone;
        }
        return fd;
    }

    /// <summary>Whether the connect that was under way has succeeded.</summary>
    public static bool IsConnected(int fd)
    {
        const int ErrorOption = 4;
        int error = 0, length = 4;
        return Native.GetOption(fd, SocketLevel, ErrorOption, &error, &length) == 0 && error == 0;
    }

    /// <summary>A listener on any free port.</summary>
    public static int Listen(out int port)
    {
        var fd = Open();
        var address = stackalloc byte[AddressBytes];
        Loopback(address, 0);
        if (Native.Bind(fd, address, AddressBytes) != 0) throw Native.Error("bind");
        if (Native.Listen(fd, 4096) != 0) throw Native.Error("listen");
        var length = AddressBytes;
        if (Native.SocketName(fd, address, &length) != 0) throw Native.Error("getsockname");
        port = BinaryPrimitives.ReadUInt16BigEndian(new ReadOnlySpan<byte>(address + 2, 2));
        return fd;
    }

    /// <summary>The next connection, or <see cref="Again"/>.</summary>
    public static int Accept(int listener)
    {
        var fd = Native.Accept(listener, null, null, NonBlocking | CloseOnExec);
        if (fd < 0) return Again;
        SendAtOnce(fd);
        return fd;
    }

    public static int Send(int fd, byte* data, int length)
    {
        while (true)
        {
            var sent = Native.Send(fd, data, length, NoSignal);
            if (sent >= 0) return (int)sent;
            var error = Marshal.GetLastPInvokeError();
            if (error == Native.Interrupted) continue;
            return error == Native.WouldBlock ? Again : Gone;
        }
    }

    public static int Receive(int fd, byte* data, int length)
    {
        while (true)
        {
            var got = Native.Receive(fd, data, length, 0);
            if (got > 0) return (int)got;
            if (got == 0) return Gone;
            var error = Marshal.GetLastPInvokeError();
            if (error == Native.Interrupted) continue;
            return error == Native.WouldBlock ? Again : Gone;
        }
    }

    private static int Open()
    {
        const int Internet = 2;
        var fd = Native.Socket(Internet, Stream | NonBlocking | CloseOnExec, 0);
        if (fd < 0) throw Native.Error("socket");
        SendAtOnce(fd);
        return fd;
    }

    private static void SetReceiveRoom(int fd, int bytes)
    {
        const int ReceiveBuffer = 8;
        if (Native.SetOption(fd, SocketLevel, ReceiveBuffer, &bytes, 4) != 0) throw Native.Error("setsockopt");
    }

    private static void SendAtOnce(int fd)
    {
        var on = 1;
        if (Native.SetOption(fd, TcpLevel, NoDelay, &on, 4) != 0) throw Native.Error("setsockopt");
    }

    private static void Loopback(byte* address, int port)
    {
        var span = new Span<byte>(address, AddressBytes);
        span.Clear();
        span[0] = 2;
        BinaryPrimitives.WriteUInt16BigEndian(span[2..], (ushort)port);
        span[4] = 127;
        span[7] = 1;
    }
}
