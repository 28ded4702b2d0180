using System.Globalization;
using System.Net;
using CityEdge.Hub.Broker;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace CityEdge.Hub.Hosting;

/// <summary>Listener addresses as people write them: <c>HOST:PORT</c>, port 0 for any.</summary>
public static class Endpoints
{
    public static bool TrySplit(string text, out string host, out int port)
    {
        (host, port) = ("", 0);
        var colon = text.LastIndexOf(':');
        if (colon <= 0 || !int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out port) || port > 65535) return false;
        host = text[..colon];
        return true;
    }

    /// <summary>True when the broker listens for plain MQTT itself; <c>CITYEDGE_MQTT_TRANSPORT=kestrel</c> goes before the configuration.</summary>
    public static bool IsOwn(BrokerOptions options) => MqttBroker.HasTransport && (Environment.GetEnvironmentVariable("CITYEDGE_MQTT_TRANSPORT") switch
    {
        null or "" => options.Transport,
        "epoll" => MqttTransport.Epoll,
        "kestrel" => MqttTransport.Kestrel,
        var other => throw new FormatException($"CITYEDGE_MQTT_TRANSPORT is '{other}'; known: epoll, kestrel."),
    }) == MqttTransport.Epoll;

    /// <summary>What a host means: an address, <c>localhost</c> (both families), or <c>*</c> for all.</summary>
    /// <exception cref="FormatException">The host is none of these.</exception>
    public static IReadOnlyList<IPAddress> AddressesOf(string host) => host switch
    {
        "*" or "+" or "0.0.0.0" => [IPAddress.Any],
        "localhost" => [IPAddress.Loopback, IPAddress.IPv6Loopback],
        _ when IPAddress.TryParse(host.Trim('[', ']'), out var address) => [address],
        _ => throw new FormatException($"'{host}' is not an address to listen on; use an IP address, localhost, or * for all."),
    };

    /// <summary>Listens on host and port in the way of <see cref="AddressesOf"/>; <c>localhost</c> with port 0 is 127.0.0.1 alone, since Kestrel cannot give both families one free port.</summary>
    /// <exception cref="FormatException">The host cannot be listened on.</exception>
    public static void Listen(KestrelServerOptions kestrel, string host, int port, Action<ListenOptions> configure)
    {
        if (host == "localhost" && port != 0) kestrel.ListenLocalhost(port, configure);
        else kestrel.Listen(AddressesOf(host)[0], port, configure);
    }
}
