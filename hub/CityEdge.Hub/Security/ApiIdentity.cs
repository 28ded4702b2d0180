using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CityEdge.Hub.Api;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Security;

/// <summary>Who is asking: a user by bearer token or by the console's cookie, or the anonymous admin under <c>--auth none</c>.</summary>
public sealed record ApiUser(string Name, string Role, string? Csrf);

/// <summary>Sessions of the console: in memory, 12 hours, ended by a restart of the hub.</summary>
public sealed class ConsoleSessions(TimeProvider time)
{
    public const string Cookie = "cityedge_session";
    public const int MaxSessions = 10_000;
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);
    private readonly ConcurrentDictionary<string, (ApiUser User, long ExpiresAt)> sessions = new();

    public (string Id, ApiUser User) Begin(string name, string role)
    {
        foreach (var (id, session) in sessions)
        {
            if (session.ExpiresAt < time.GetTimestamp()) sessions.TryRemove(id, out _);
        }
        if (sessions.Count >= MaxSessions) sessions.TryRemove(sessions.First().Key, out _);
        var user = new ApiUser(name, role, Secrets.NewToken());
        var key = Secrets.NewToken();
        sessions[key] = (user, time.GetTimestamp() + (long)(Lifetime.TotalSeconds * time.TimestampFrequency));
        return (key, user);
    }

    public ApiUser? Find(string? id) => id is not null && sessions.TryGetValue(id, out var session) && session.ExpiresAt >= time.GetTimestamp() ? session.User : null;

    public void End(string? id)
    {
        if (id is not null) sessions.TryRemove(id, out _);
    }
}

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

/// <summary>The filter that all of <c>/api/v1</c> passes, and what endpoints ask of it.</summary>
public static class ApiIdentityEndpoints
{
    private const string Key = "cityedge.user";

    public static string UserName(this HttpContext http) => http.ApiUser().Name;

    public static ApiUser ApiUser(this HttpContext http) => (ApiUser)http.Items[Key]!;

    /// <summary>Refuses who is not signed in (401) and changes by cookie without the CSRF token (403).</summary>
    public static RouteGroupBuilder RequireUser(this RouteGroupBuilder group)
    {
        group.AddEndpointFilter(async (context, next) =>
        {
            var http = context.HttpContext;
            if (http.RequestServices.GetRequiredService<ApiIdentity>().Identify(http.Request) is not { } user)
            {
                http.Response.Headers.WWWAuthenticate = "Bearer";
                return TypedResults.Problem("Send 'Authorization: Bearer TOKEN' (see: cityedge-hub users token), or sign in to the console.", statusCode: 401, title: "Not signed in");
            }
            if (!ApiIdentity.PassesCsrf(http.Request, user))
            {
                return TypedResults.Problem("A change made with the console's cookie needs the header X-CSRF-Token of GET /api/v1/session.", statusCode: 403, title: "CSRF token is missing or wrong");
            }
            http.Items[Key] = user;
            return await next(context);
        });
        return group;
    }

    /// <summary>Lets only users of the role, or of a higher one, through.</summary>
    public static RouteHandlerBuilder RequireRole(this RouteHandlerBuilder endpoint, string role)
    {
        var needed = AccountStore.Roles.ToList().IndexOf(role);
        return endpoint.AddEndpointFilter(async (context, next) =>
            AccountStore.Roles.ToList().IndexOf(context.HttpContext.ApiUser().Role) >= needed ? await next(context) : Problems.Forbidden(role));
    }
}
