using System.Net;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Tests;

/// <summary>Class fixture: one hub under <c>--auth required</c> with a user of each role.</summary>
public sealed class SecuredHub : IAsyncLifetime
{
    public const string Password = "correct horse battery";
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, string> tokens = [];

    public RunningHub Hub { get; private set; } = null!;

    /// <summary>Token of the user whose name is the role.</summary>
    public string Token(string role) => tokens[role];

    public (string, string) Bearer(string role) => ("Authorization", "Bearer " + tokens[role]);

    public async ValueTask InitializeAsync()
    {
        Hub = await RunningHub.StartAsync(folder["data"], o => o with { Auth = AuthMode.Required });
        tokens["admin"] = (await File.ReadAllTextAsync(Path.Combine(Hub.Data, "admin-token"))).Trim();
        foreach (var role in new[] { "viewer", "crew", "manager" })
        {
            (await Hub.SendJsonAsync(HttpMethod.Post, "/api/v1/users", new { name = role, role, password = Password }, Bearer("admin"))).Is(HttpStatusCode.Created);
            tokens[role] = (await Hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/users/{role}/tokens", null, Bearer("admin"))).Is(HttpStatusCode.Created)["token"].GetString()!;
        }
    }

    /// <summary>A device of its own and its token.</summary>
    public async Task<string> AddDeviceAsync(string id) =>
        (await Hub.SendJsonAsync(HttpMethod.Post, "/api/v1/devices", new { id }, Bearer("admin"))).Is(HttpStatusCode.Created)["token"].GetString()!;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await Hub.DisposeAsync();
        folder.Dispose();
    }
}
