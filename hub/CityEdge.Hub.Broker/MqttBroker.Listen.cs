using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace CityEdge.Hub.Broker;

/// <summary>The broker's own transport for plain TCP.</summary>
public sealed partial class MqttBroker
{
    private const int Backlog = 4096;
    private readonly List<MqttListener> _listeners = [];

    /// <summary>True where <see cref="Listen"/> can be used: Linux. Elsewhere, and for TLS and WebSocket, Kestrel hands connections to <c>ServeAsync</c>.</summary>
    public static bool HasTransport => OperatingSystem.IsLinux();

    /// <summary>
    /// Accepts plain TCP on all of <paramref name="addresses"/> at one port (0: any free), after <see cref="StartAsync"/>. An address family that the system does not have is
    /// left out unless it is the only one. Throws <see cref="IOException"/> around <see cref="AddressInUseException"/> when the port is taken, or for an address that is not this machine's.
    /// </summary>
    public MqttListener Listen(IReadOnlyList<IPAddress> addresses, int port)
    {
        ArgumentNullException.ThrowIfNull(addresses);
        if (!HasTransport) throw new PlatformNotSupportedException("The broker's own transport needs Linux; use Kestrel here.");
        var sockets = new List<Socket>();
        try
        {
            foreach (var address in addresses)
            {
                var endPoint = new IPEndPoint(address, port);
                try
                {
                    var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endPoint);
                    sockets.Add(socket);
                    socket.Blocking = false;
                    socket.Listen(Backlog);
                    port = ((IPEndPoint)socket.LocalEndPoint!).Port;
                }
                catch (SocketException failure) when (failure.SocketErrorCode == SocketError.AddressAlreadyInUse)
                {
                    throw new IOException($"Failed to bind to address {endPoint}: address already in use.", new AddressInUseException(failure.Message, failure));
                }
                catch (SocketException failure) when (failure.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable && (address != addresses[^1] || sockets.Count > 0))
                {
                    continue;
                }
                catch (SocketException failure)
                {
                    throw new IOException($"Failed to bind to address {endPoint}: {failure.Message}.", failure);
                }
            }
        }
        catch
        {
            foreach (var socket in sockets) socket.Dispose();
            throw;
        }
        var listener = new MqttListener(port, [.. sockets.Select(s => new EpollListener(_loop, s, Accepted, CannotAccept))]);
        lock (_listeners) _listeners.Add(listener);
        listener.Start(_loop);
        return listener;
    }

    /// <summary>For tests.</summary>
    internal BrokerLoop Loop => _loop;

    /// <summary>True: nothing is routed, for tests that look at receiving alone.</summary>
    internal bool RouterRests
    {
        get => _routerRests;
        set => _routerRests = value;
    }

    /// <summary>On the loop.</summary>
    private void Accepted(EpollConnection connection, IPEndPoint? remote) => _ = ServeAsync(connection, remote, null, CancellationToken.None);

    private void CannotAccept(string why) => BrokerLog.CannotAccept(_core.Logger, why);

    private async Task CloseListenersAsync()
    {
        MqttListener[] all;
        lock (_listeners) all = [.. _listeners];
        foreach (var listener in all) await listener.DisposeAsync().ConfigureAwait(false);
    }
}
