using System.Globalization;
using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>Devices, users, the console's session, dead letters and events.</summary>
public static class AccountsApi
{
    /// <summary>Body of <c>POST devices</c>.</summary>
    public sealed record NewDevice(string? Id);

    /// <summary>Body of <c>POST users</c>; without a password the user has tokens only.</summary>
    public sealed record NewUser(string? Name, string? Role, string? Password);

    /// <summary>Body of <c>PUT users/{name}/password</c>.</summary>
    public sealed record NewPassword(string? Password);

    /// <summary>Body of <c>POST session</c>.</summary>
    public sealed record SignIn(string? Name, string? Password);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/devices", (HubRegistry registry, string? site, string? limit, string? cursor) =>
            Page.TryLimit(limit, out var take, out var problem)
                ? Results.Ok(Page.Of(registry.Devices.Where(d => site is null || d.Site == site).OrderBy(d => d.Id, StringComparer.Ordinal), d => d.Id, DeviceJson.View, cursor, take))
                : problem!).WithSummary("Devices, ordered by id.");
        api.MapGet("/devices/{id}", (string id, HubRegistry registry) => registry.FindDevice(Uri.UnescapeDataString(id)) is { } device ? Results.Ok(DeviceJson.View(device)) : NoDevice(id)).WithSummary("One device.");
        api.MapPost("/devices", AddDevice).RequireRole("admin").WithSummary("Gives the device a new token, which is shown once.");
        api.MapDelete("/devices/{id}/token", RevokeDevice).RequireRole("admin").WithSummary("Revokes the device's token and drops its connection.");
        api.MapGet("/users", (AccountStore accounts) => Results.Ok(new Page(accounts.Users().Cast<object>().ToList(), null))).RequireRole("admin").WithSummary("Users.");
        api.MapPost("/users", AddUser).RequireRole("admin").WithSummary("Adds a user or changes role and password.");
        api.MapPut("/users/{name}/password", SetPassword).RequireRole("admin").WithSummary("Sets a password.");
        api.MapPost("/users/{name}/tokens", async (string name, AccountStore accounts, CancellationToken ct) =>
            await accounts.NewUserTokenAsync(name, ct) is { } token ? Results.Created((string?)null, new { name, token }) : NoUser(name)).RequireRole("admin").WithSummary("A new token of the user, shown once.");
        api.MapGet("/deadletters", ListDeadLetters).WithSummary("What could not be used, newest first.");
        api.MapGet("/events", (TicketStore store, string? device, string? type, string? limit, long? cursor) =>
        {
            if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
            using var read = store.OpenRead();
            var (items, next) = EventTable.List(read, device, type, cursor, take);
            return Results.Ok(new Page(items.Cast<object>().ToList(), next?.ToString(CultureInfo.InvariantCulture)));
        }).WithSummary("Events reported by devices, newest first.");
    }

    /// <summary>The console's session; outside of <c>RequireUser</c>, because signing in comes before it.</summary>
    public static void MapSession(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/v1/session", (HttpRequest request, ApiIdentity identity) => identity.Identify(request) is { } user
            ? Results.Ok(new { user = user.Name, user.Role, user.Csrf })
            : TypedResults.Problem("Sign in with POST /api/v1/session {name, password}.", statusCode: 401, title: "Not signed in")).WithSummary("Who is signed in.");
        routes.MapPost("/api/v1/session", BeginSession).WithSummary("Signs in; sets the cookie.");
        routes.MapDelete("/api/v1/session", (HttpContext http, ApiIdentity identity, ConsoleSessions sessions) =>
        {
            if (identity.Identify(http.Request) is { } user && !ApiIdentity.PassesCsrf(http.Request, user)) return ApiIdentityEndpoints.CsrfProblem();
            sessions.End(http.Request.Cookies[ConsoleSessions.Cookie]);
            http.Response.Cookies.Delete(ConsoleSessions.Cookie);
            return Results.NoContent();
        }).WithSummary("Signs out.");
    }

    private static async Task<IResult> BeginSession(SignIn body, HttpContext http, AccountStore accounts, SignInThrottle throttle, ConsoleSessions sessions, CancellationToken ct)
    {
        var (found, retryAfter) = await throttle.CheckAsync(accounts, body.Name ?? "", body.Password ?? "", http.Connection.RemoteIpAddress, ct);
        if (retryAfter is { } wait)
        {
            var seconds = (int)Math.Ceiling(wait.TotalSeconds);
            http.Response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
            return TypedResults.Problem($"Too many sign-ins have failed; try again in {seconds} s.", statusCode: 429, title: "Too many tries");
        }
        if (found is not { } user) return TypedResults.Problem("Name or password is wrong. An admin can set a new one: cityedge-hub users passwd NAME.", statusCode: 401, title: "Not signed in");
        var (id, session) = sessions.Begin(user.Name, user.Role);
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Cookies.Append(ConsoleSessions.Cookie, id, new CookieOptions { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = http.Request.IsHttps, Path = "/" });
        return Results.Ok(new { user = session.Name, session.Role, session.Csrf });
    }

    private static IResult NoDevice(string id) => Problems.NotFound("device", Uri.UnescapeDataString(id), "See GET /api/v1/devices; add one with: cityedge-hub devices add SITE/DEVICE");

    private static IResult NoUser(string name) => Problems.NotFound("user", name, "See GET /api/v1/users; add one with: cityedge-hub users add NAME");

    private static async Task<IResult> AddDevice(NewDevice body, AccountStore accounts, HubRegistry registry, CancellationToken ct)
    {
        var parts = (body.Id ?? "").Split('/');
        if (parts.Length != 2 || !PointId.IsSiteOrDevice(parts[0]) || !PointId.IsSiteOrDevice(parts[1]) || parts[1] == "tickets")
            return Problems.Bad("id", body.Id, "SITE/DEVICE, each 1 to 64 of A-Z a-z 0-9 _ -; 'tickets' is not a device name");
        var token = await accounts.AddDeviceAsync(parts[0], parts[1], ct);
        registry.GetOrAddDevice(parts[0], parts[1]);
        return Results.Created($"/api/v1/devices/{Uri.EscapeDataString(body.Id!)}", new { body.Id, token });
    }

    private static async Task<IResult> RevokeDevice(string id, AccountStore accounts, MqttBroker broker, CancellationToken ct)
    {
        var device = Uri.UnescapeDataString(id);
        if (!await accounts.RevokeDeviceAsync(device, ct)) return NoDevice(id);
        await broker.DisconnectAsync(device);
        return Results.NoContent();
    }

    private static async Task<IResult> AddUser(NewUser body, AccountStore accounts, ConsoleSessions sessions, CancellationToken ct)
    {
        if (body.Name is null || !PointId.IsSiteOrDevice(body.Name)) return Problems.Bad("name", body.Name, "1 to 64 of A-Z a-z 0-9 _ -");
        var role = body.Role ?? "viewer";
        if (!AccountStore.Roles.Contains(role)) return Problems.Bad("role", role, string.Join(", ", AccountStore.Roles));
        if (body.Password is { Length: < 10 or > 1024 }) return Problems.Bad("password", "…", "10 to 1024 characters");
        await accounts.AddUserAsync(body.Name, role, body.Password, ct);
        sessions.EndAll(body.Name);
        return Results.Created($"/api/v1/users/{body.Name}", new { body.Name, role });
    }

    private static async Task<IResult> SetPassword(string name, NewPassword body, AccountStore accounts, ConsoleSessions sessions, CancellationToken ct)
    {
        if (body.Password is null or { Length: < 10 or > 1024 }) return Problems.Bad("password", "…", "10 to 1024 characters");
        if (!await accounts.SetPasswordAsync(name, body.Password, ct)) return NoUser(name);
        sessions.EndAll(name);
        return Results.NoContent();
    }

    private static IResult ListDeadLetters(TicketStore store, string? reason, string? device, string? limit, long? cursor)
    {
        if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
        using var read = store.OpenRead();
        var (items, next) = DeadLetters.List(read, reason, device, cursor, take);
        return Results.Ok(new Page(items.Select(DeadLetterJson.View).ToList(), next?.ToString(CultureInfo.InvariantCulture)));
    }
}
