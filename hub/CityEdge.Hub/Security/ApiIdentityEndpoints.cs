using CityEdge.Hub.Api;

namespace CityEdge.Hub.Security;

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
                return CsrfProblem();
            }
            http.Items[Key] = user;
            return await next(context);
        });
        return group;
    }

    /// <summary>403: the call came by cookie and does not carry its session's token.</summary>
    public static IResult CsrfProblem() => TypedResults.Problem("A change made with the console's cookie needs the header X-CSRF-Token of GET /api/v1/session.", statusCode: 403, title: "CSRF token is missing or wrong");

    /// <summary>Lets only users of the role, or of a higher one, through.</summary>
    public static RouteHandlerBuilder RequireRole(this RouteHandlerBuilder endpoint, string role)
    {
        var needed = AccountStore.Rank(role);
        return endpoint.AddEndpointFilter(async (context, next) => AccountStore.Rank(context.HttpContext.ApiUser().Role) >= needed ? await next(context) : Problems.Forbidden(role));
    }
}
