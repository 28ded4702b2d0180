using System.Net;
using System.Net.WebSockets;
using CityEdge.Hub.Broker;

namespace CityEdge.Hub.Hosting;

/// <summary>
/// <c>/mqtt</c>: MQTT over WebSocket on the hub's HTTP and HTTPS listeners, subprotocol <c>mqtt</c> or <c>mqttv3.1</c> (MQTT 5.0 §6). Who connects and what it may do is the
/// broker's to say, as over TCP. A page of another origin is refused: a token is no cookie and no page has it by itself, but under <c>--auth none</c> there is none to have, and
/// a stranger's page in the browser of somebody inside would be a way in to try passwords from, on that person's address.
/// </summary>
public static class MqttWebSocket
{
    /// <summary>The path.</summary>
    public const string Path = "/mqtt";

    private static readonly string[] Protocols = ["mqtt", "mqttv3.1"];

    public static void Map(WebApplication app)
    {
        // Unasked pongs: a proxy between must not take a device that is silent for most of its keep-alive for a dead one.
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = TimeSpan.FromSeconds(30) });
        app.MapGet(Path, ServeAsync).WithSummary("MQTT 3.1.1 and 5.0 over WebSocket, subprotocol 'mqtt', binary frames. Sign in with MQTT's user name and password.")
            .ProducesProblem(StatusCodes.Status400BadRequest).ProducesProblem(StatusCodes.Status403Forbidden).ProducesProblem(StatusCodes.Status426UpgradeRequired).ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        // HTTP/2's way of asking for a WebSocket (RFC 8441).
        app.MapMethods(Path, [HttpMethods.Connect], ServeAsync).ExcludeFromDescription();
    }

    /// <summary>May a page of the request's origin connect? True when no browser asks (there is no origin), for the hub's own pages, and for the origins allowed.</summary>
    /// <param name="request">Its <c>Origin</c>, <c>Host</c> and scheme are looked at.</param>
    /// <param name="allowed">Origins such as <c>https://wall.example</c>; <c>*</c> for all.</param>
    public static bool MayConnect(HttpRequest request, IReadOnlyList<string> allowed)
    {
        var origin = request.Headers.Origin.ToString();
        if (origin.Length == 0 || allowed.Contains("*") || allowed.Contains(origin, StringComparer.OrdinalIgnoreCase)) return true;
        if (!Uri.TryCreate(origin, UriKind.Absolute, out var page)) return false;
        // Behind a proxy that ends TLS the page is of https and the request of http; the other way round it is not ours.
        if (page.Scheme != "https" && (page.Scheme != "http" || request.IsHttps)) return false;
        return page.Host.Equals(request.Host.Host, StringComparison.OrdinalIgnoreCase) && (request.Host.Port ?? (page.IsDefaultPort ? page.Port : -1)) == page.Port;
    }

    private static async Task<IResult> ServeAsync(HttpContext http, MqttBroker broker, HubOptions options)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            http.Response.Headers.Upgrade = "websocket";
            return TypedResults.Problem("This address speaks MQTT over WebSocket (subprotocol 'mqtt'): connect with an MQTT client, such as mqtt.js, to ws:// or wss:// and this path.", statusCode: StatusCodes.Status426UpgradeRequired, title: "WebSocket needed");
        }
        if (!MayConnect(http.Request, options.Broker.WebSocketOrigins))
            return TypedResults.Problem($"Pages of '{http.Request.Headers.Origin}' may not connect to this hub. Name the origin in broker.websocket_origins of the hub's configuration.", statusCode: StatusCodes.Status403Forbidden, title: "Origin not allowed");
        var asked = http.WebSockets.WebSocketRequestedProtocols;
        if (Protocols.FirstOrDefault(p => asked.Contains(p)) is not { } protocol)
            return TypedResults.Problem("Offer the subprotocol 'mqtt' (Sec-WebSocket-Protocol, MQTT-6.0.0-3).", statusCode: StatusCodes.Status400BadRequest, title: "Subprotocol missing");
        var remote = http.Connection.RemoteIpAddress is { } address ? new IPEndPoint(address, http.Connection.RemotePort) : null;
        using var admission = broker.TryAdmit(remote);
        if (admission is null)
        {
            http.Response.Headers.RetryAfter = "10";
            return TypedResults.Problem("The hub takes no more MQTT connections now, or none from this address.", statusCode: StatusCodes.Status503ServiceUnavailable, title: "Too many connections");
        }
        using var socket = await http.WebSockets.AcceptWebSocketAsync(new WebSocketAcceptContext { SubProtocol = protocol });
        await WebSocketTransport.RunAsync(socket, pipe => broker.ServeAsync(pipe, admission, remote, null, CancellationToken.None));
        return Results.Empty;
    }
}
