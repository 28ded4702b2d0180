using System.Globalization;
using System.Net;
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

    /// <summary>Listens on host and port: an address, <c>localhost</c>, or <c>*</c> for all.</summary>
    /// <exception cref="FormatException">The host is none of these.</exception>
    public static void Listen(KestrelServerOptions kestrel, string host, int port, Action<ListenOptions> configure)
    {
        if (host is "*" or "+" or "0.0.0.0") kestrel.Listen(IPAddress.Any, port, configure);
        else if (host == "localhost") kestrel.Listen(IPAddress.Loopback, port, configure);
        else if (IPAddress.TryParse(host.Trim('[', ']'), out var address)) kestrel.Listen(address, port, configure);
        else throw new FormatException($"'{host}' is not an address to listen on; use an IP address, localhost, or * for all.");
    }
}
