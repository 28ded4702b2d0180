using System.Net;

namespace CityEdge.Hub.Broker;

/// <summary>Plain TCP served by the broker's own loop (Linux); see <see cref="MqttBroker.Listen"/>. Closing it ends no connection; the broker's stop closes it too.</summary>
public sealed class MqttListener : IAsyncDisposable
{
    private readonly EpollListener[] _sockets;

    internal MqttListener(int port, EpollListener[] sockets)
    {
        Port = port;
        _sockets = sockets;
    }

    /// <summary>The port, chosen by the system where 0 was asked for.</summary>
    public int Port { get; }

    internal void Start(BrokerLoop loop)
    {
        foreach (var socket in _sockets) loop.Post(socket);
    }

    /// <summary>Accepts no more. Returns when the port is free.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var socket in _sockets) await socket.CloseAsync().ConfigureAwait(false);
    }
}
