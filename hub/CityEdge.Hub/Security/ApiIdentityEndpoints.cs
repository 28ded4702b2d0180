using CityEdge.Hub.Api;

namespace CityEdge.Hub.Security;

/// <summary>
/// Who may call what: endpoints carry the role they need as metadata, and one middleware asks before anything of the call is read, so that a stranger
/// learns nothing about bodies and parameters.
/// </summary>
public static class ApiIdentityEndpoints
{
    private const string Key = "cityedge.user";

    /// <summary>The lowest role that may call; every role may when it is the lowest of all.</summary>
    private sealed record NeededRole(string Role);

    public static string UserName(this HttpContext http) => http.ApiUser().Name;

    public static ApiUser ApiUser(this HttpContext http) => (ApiUser)http.Items[Key]!;

    /// <summary>Lets only who is signed in through: 401 otherwise, 403 for a change by cookie without the CSRF token.</summary>
    public static RouteGroupBuilder RequireUser(this RouteGroupBuilder group) => group.WithMetadata(new NeededRole(AccountStore.Roles[0]));

    /// <summary>Lets only users of the role, or of a higher one, through.</summary>
    public static RouteHandlerBuilder RequireRole(this RouteHandlerBuilder endpoint, string role) => endpoint.WithMetadata(new NeededRole(role));

    /// <summary>The middleware behind <see cref="RequireUser"/> and <see cref="RequireRole"/>.</summary>
    public static IApplicationBuilder UseApiIdentity(this IApplicationBuilder app) => app.Use(async (http, next) =>
    {
        // The last one counts: an endpoint's own role comes after its group's.
        if (http.GetEndpoint()?.Metadata.GetMetadata<NeededRole>() is not { } needed)
        {
            await next(http);
            return;
        }
        if (http.RequestServices.GetRequiredService<ApiIdentity>().Identify(http.Request) is not { } user)
        {
            http.Response.Headers.WWWAuthenticate = "Bearer";
            await TypedResults.Problem("Send 'Authorization: Bearer TOKEN' (see: cityedge-hub users token), or sign in to the console.", statusCode: 401, title: "Not signed in").ExecuteAsync(http);
        }
        else if (!ApiIdentity.PassesCsrf(http.Request, user)) await CsrfProblem().ExecuteAsync(http);
        else if (AccountStore.Rank(user.Role) < AccountStore.Rank(needed.Role)) await Problems.Forbidden(needed.Role).ExecuteAsync(http);
        else
        {
            http.Items[Key] = user;
            await next(http);
        }
    });

    /// <summary>403: the call came by cookie and does not carry its session's token.</summary>
    public static IResult CsrfProblem() => TypedResults.Problem("A change made with the console's cookie needs the header X-CSRF-Token of GET /api/v1/session.", statusCode: 403, title: "CSRF token is missing or wrong");
}
