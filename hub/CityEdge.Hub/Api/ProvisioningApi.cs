using CityEdge.Contracts;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Api;

/// <summary>How devices come by their tokens: import of many, and claim by one-time code.</summary>
public static class ProvisioningApi
{
    /// <summary>Body of <c>POST claim</c>.</summary>
    public sealed record Claim(string? Id, string? Code);

    /// <summary>Body of <c>POST devices/claim-codes</c>.</summary>
    public sealed record NewCode(string? Id);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/devices/import", Import).Accepts<string>("text/csv").TakesUpTo(16 << 20).RequireRole("admin").WithSummary("CSV site,device[,token]: adds devices, all or none; answers each one's token, which is shown once.");
        api.MapPost("/devices/claim-codes", NewClaimCode).RequireRole("admin").WithSummary("A one-time code with which the device fetches its token within 24 hours.");
    }

    /// <summary>The claim itself: outside of <c>RequireUser</c>, because who claims has nothing but the code.</summary>
    public static void MapClaim(IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/claim", async (Claim body, HttpContext http, ClaimCodes codes, ClaimThrottle throttle, HubRegistry registry, CancellationToken ct) =>
    {
        if (!throttle.TryEnter(http.Connection.RemoteIpAddress))
        {
            http.Response.Headers.RetryAfter = "60";
            return TypedResults.Problem($"More than {ClaimThrottle.PerAddress} claims a minute from this address, or {ClaimThrottle.PerMinute} from all. Try again in a minute.", statusCode: 429, title: "Too many claims");
        }
        if (await codes.ClaimAsync(body.Id ?? "", body.Code ?? "", ct) is not { } token)
            return TypedResults.Problem("This code is not good for this device: wrong, used, or older than 24 hours. Ask for a new one: cityedge-hub devices claim-code SITE/DEVICE", statusCode: 401, title: "Not claimed");
        var parts = body.Id!.Split('/');
        registry.GetOrAddDevice(parts[0], parts[1]);
        return Results.Ok(new { body.Id, token });
    }).WithSummary("The device's token for its one-time code; without signing in, 10 a minute from one address.");

    private static async Task<IResult> NewClaimCode(NewCode body, ClaimCodes codes, CancellationToken ct)
    {
        var parts = (body.Id ?? "").Split('/');
        if (parts.Length != 2 || !PointId.IsSiteOrDevice(parts[0]) || !PointId.IsSiteOrDevice(parts[1]) || parts[1] == "tickets")
            return Problems.Bad("id", body.Id, "SITE/DEVICE, each 1 to 64 of A-Z a-z 0-9 _ -; 'tickets' is not a device name");
        var (code, expires) = await codes.CreateAsync(body.Id!, ct);
        return Results.Ok(new { body.Id, code, expires_at = expires });
    }

    private static async Task<IResult> Import(HttpRequest request, AccountStore accounts, HubRegistry registry, CancellationToken ct)
    {
        var rows = DeviceCsv.Read(await request.ReadTextAsync(), out var errors);
        if (errors.Count > 0) return Problems.Invalid("The devices have errors", errors);
        var (tokens, known) = await accounts.ImportDevicesAsync(rows, ct);
        if (known.Count > 0)
            return Problems.Invalid("The devices have errors", [.. known.Take(100).Select(r => (object)new { line = r.Line, key = "device", message = $"{r.Id} has a token already; leave it out, or give it a new one with: cityedge-hub devices add {r.Id}" })]);
        foreach (var row in rows) registry.GetOrAddDevice(row.Site, row.Device);
        return Results.Ok(new { items = rows.Zip(tokens, (row, token) => new { row.Site, row.Device, token }) });
    }
}
