namespace CityEdge.Hub.Broker;

/// <summary>What serves plain TCP. TLS and WebSocket are always Kestrel's.</summary>
public enum MqttTransport
{
    /// <summary>The broker's own loop where the system has epoll (Linux), elsewhere Kestrel.</summary>
    Epoll,

    /// <summary>Kestrel everywhere.</summary>
    Kestrel,
}
