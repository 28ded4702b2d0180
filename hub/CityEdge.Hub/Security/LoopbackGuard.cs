using System.Net;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Security;

/// <summary>
/// Under <c>--auth none</c> whoever reaches the port is admin, and every web page that a person on this machine opens can reach it: by a name of its own that resolves to
/// 127.0.0.1 (DNS rebinding), or by a request across origins. Only requests that name a loopback host and come from a page of this hub, or from no page, are served.
/// </summary>
public static class LoopbackGuard
{
    public static void UseLoopbackGuard(this WebApplication app, HubOptions options)
    {
        if (options.Auth != AuthMode.None) return;
        app.Use(async (http, next) =>
        {
            if (Refusal(http.Request) is not { } refusal)
            {
                await next(http);
                return;
            }
            await Results.Problem(refusal, statusCode: 403, title: "Forbidden").ExecuteAsync(http);
        });
    }

    /// <summary>Why a request is refused; null when it is served.</summary>
    public static string? Refusal(HttpRequest request)
    {
        if (!IsLoopback(request.Host.Host)) return $"This hub runs with --auth none and serves only its own machine, not the host name '{request.Host.Host}': ask 127.0.0.1 or localhost.";
        var origin = request.Headers.Origin.ToString();
        if (origin.Length > 0 && !(Uri.TryCreate(origin, UriKind.Absolute, out var page) && IsLoopback(page.Host)))
            return $"This hub runs with --auth none and takes nothing from pages of '{origin}'. Start it with --auth required to use its API from elsewhere.";
        return null;
    }

    private static bool IsLoopback(string host) => host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IPAddress.IsLoopback(address));
}
