using System.Security.Cryptography;
using System.Text;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Security;

/// <summary>Authenticates every call of the API; a call by cookie that changes something must carry the session's CSRF token.</summary>
public sealed class ApiIdentity(HubOptions options, AccountStore accounts, ConsoleSessions sessions)
{
    private static readonly ApiUser Anonymous = new("anonymous", "admin", null);

    /// <summary>Null when nobody, or nobody known, is asking.</summary>
    public ApiUser? Identify(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return accounts.FindByToken(Encoding.UTF8.GetBytes(header[7..].Trim())) is { } user ? new ApiUser(user.Name, user.Role, null) : options.Auth == AuthMode.None ? Anonymous : null;
        }
        if (sessions.Find(request.Cookies[ConsoleSessions.Cookie]) is { } session) return session;
        return options.Auth == AuthMode.None ? Anonymous : null;
    }

    /// <summary>True when the call may change something: it did not come by cookie, or it carries that session's token.</summary>
    public static bool PassesCsrf(HttpRequest request, ApiUser user) =>
        user.Csrf is null || HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) ||
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(request.Headers["X-CSRF-Token"].ToString()), Encoding.UTF8.GetBytes(user.Csrf));
}
