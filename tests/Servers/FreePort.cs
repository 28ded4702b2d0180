using System.Net;
using System.Net.Sockets;

namespace CityEdge.Tests.Servers;

/// <summary>
/// Ports for the programs that tests start. They lie below the ports that the system gives to outgoing connections (Linux: 32768 up): a port from there may become the local end of any
/// connection before its server listens, even of the test's own attempt to reach that server, which then finds itself.
/// </summary>
internal static class FreePort
{
    private const int First = 12_000;
    private const int Last = 32_000;
    private static readonly Lock Gate = new();
    private static readonly HashSet<int> Given = [];

    /// <summary>A port of 127.0.0.1 on which nothing listens, and which this process did not get before.</summary>
    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                var port = Random.Shared.Next(First, Last);
                if (!Given.Add(port)) continue;
                try
                {
                    using var probe = new TcpListener(IPAddress.Loopback, port);
                    probe.Start();
                    return port;
                }
                catch (SocketException taken) when (taken.SocketErrorCode == SocketError.AddressAlreadyInUse)
                {
                    // Another program has it: the next one.
                }
            }
        }
    }
}
