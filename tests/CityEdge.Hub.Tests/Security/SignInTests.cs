using System.Net;
using System.Text;

namespace CityEdge.Hub.Tests;

/// <summary>Who may call what: tokens, the console's cookie with CSRF protection, roles.</summary>
public sealed class SignInTests(SecuredHub fixture) : IClassFixture<SecuredHub>
{
    private readonly RunningHub hub = fixture.Hub;

    public static TheoryData<string> Paths => new(
        "points", "points/a%2Fb%2Fc", "readings?point=a%2Fb%2Fc", "devices", "devices/a%2Fb", "assets", "assets.csv", "sites", "rules", "rules/x", "alarms", "alarms/x", "tickets", "tickets/x",
        "deadletters", "events", "users", "session", "clock", "summary", "journal", "journal/verify", "live");

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task Without_a_token_nothing_is_told(string path)
    {
        var answer = (await hub.TryGetAsync("/api/v1/" + path)).IsProblem(HttpStatusCode.Unauthorized);
        if (path != "session") Assert.Contains(answer.Headers.WwwAuthenticate, h => h.Scheme == "Bearer");
        (await hub.SendAsync(HttpMethod.Get, "/api/v1/" + path, null, ("Authorization", "Bearer nonsense"))).IsProblem(HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Who_is_asking_comes_before_what_is_asked()
    {
        var nonsense = new StringContent("{nonsense", Encoding.UTF8, "application/json");
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/users", nonsense)).IsProblem(HttpStatusCode.Unauthorized);
    }

    /// <summary>Every call that changes something, and the lowest role that may.</summary>
    public static TheoryData<string, string, string, string> Changes => new()
    {
        { "POST", "tickets/none/commands/accept", "{}", "crew" },
        { "POST", "alarms/none/ack", "{}", "crew" },
        { "POST", "alarms/none/shelve", "{}", "manager" },
        { "DELETE", "alarms/none/shelve", "", "manager" },
        { "POST", "maintenance", "{}", "manager" },
        { "DELETE", "maintenance/none", "", "manager" },
        { "PATCH", "points/a%2Fb%2Fc", "{}", "manager" },
        { "PUT", "assets/role-asset", """{"kind":"room","name":"x"}""", "manager" },
        { "POST", "assets/import?dry_run=true", "id,kind\nrole-x,room\n", "manager" },
        { "PUT", "rules/none", "nonsense", "manager" },
        { "DELETE", "rules/none", "", "manager" },
        { "POST", "rules", "[]", "manager" },
        { "GET", "journal", "", "manager" },
        { "GET", "journal/verify", "", "manager" },
        { "POST", "deadletters/none/replay", "", "manager" },
        { "POST", "devices", """{"id":"nonsense"}""", "admin" },
        { "DELETE", "devices/a%2Fb/token", "", "admin" },
        { "GET", "users", "", "admin" },
        { "POST", "users", """{"name":"not a name"}""", "admin" },
        { "PUT", "users/none/password", """{"password":"long enough"}""", "admin" },
        { "POST", "users/none/tokens", "", "admin" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task A_role_may_do_its_own_and_what_lower_ones_may(string method, string path, string body, string needed)
    {
        string[] roles = ["viewer", "crew", "manager", "admin"];
        foreach (var role in roles)
        {
            var content = body.Length == 0 ? null : new StringContent(body, Encoding.UTF8, path.StartsWith("assets/import", StringComparison.Ordinal) ? "text/csv" : path.StartsWith("rules/", StringComparison.Ordinal) ? "application/yaml" : "application/json");
            var answer = await hub.SendAsync(new HttpMethod(method), "/api/v1/" + path, content, fixture.Bearer(role));
            if (Array.IndexOf(roles, role) < Array.IndexOf(roles, needed)) answer.IsProblem(HttpStatusCode.Forbidden, needed);
            else Assert.False(answer.Status is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized or HttpStatusCode.InternalServerError, $"{role}: {(int)answer.Status} {answer.Text}");
        }
    }

    [Fact]
    public async Task Every_role_reads()
    {
        foreach (var role in new[] { "viewer", "crew", "manager", "admin" })
        {
            (await hub.SendAsync(HttpMethod.Get, "/api/v1/points", null, fixture.Bearer(role))).Is(HttpStatusCode.OK);
            var session = (await hub.SendAsync(HttpMethod.Get, "/api/v1/session", null, fixture.Bearer(role))).Is(HttpStatusCode.OK);
            Assert.Equal((role, role), (session["user"].GetString(), session["role"].GetString()));
        }
    }

    [Fact]
    public async Task The_console_signs_in_changes_with_its_csrf_token_and_signs_out()
    {
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/session", new { name = "manager", password = "wrong password" })).IsProblem(HttpStatusCode.Unauthorized);
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/session", new { name = "nobody", password = SecuredHub.Password })).IsProblem(HttpStatusCode.Unauthorized);
        var signed = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/session", new { name = "manager", password = SecuredHub.Password })).Is(HttpStatusCode.OK);
        var setCookie = Assert.Single(signed.Headers.GetValues("Set-Cookie"));
        Assert.Contains("httponly", setCookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", setCookie, StringComparison.OrdinalIgnoreCase);
        var cookie = ("Cookie", setCookie[..setCookie.IndexOf(';')]);

        var session = (await hub.SendAsync(HttpMethod.Get, "/api/v1/session", null, cookie)).Is(HttpStatusCode.OK);
        Assert.Equal("manager", session["user"].GetString());
        var csrf = session["csrf"].GetString()!;
        var asset = new { kind = "room", name = "x" };
        (await hub.SendJsonAsync(HttpMethod.Put, "/api/v1/assets/csrf-asset", asset, cookie)).IsProblem(HttpStatusCode.Forbidden, "CSRF");
        (await hub.SendJsonAsync(HttpMethod.Put, "/api/v1/assets/csrf-asset", asset, cookie, ("X-CSRF-Token", "wrong"))).IsProblem(HttpStatusCode.Forbidden, "CSRF");
        (await hub.SendAsync(HttpMethod.Get, "/api/v1/assets/csrf-asset", null, cookie)).Is(HttpStatusCode.NotFound);
        (await hub.SendJsonAsync(HttpMethod.Put, "/api/v1/assets/csrf-asset", asset, cookie, ("X-CSRF-Token", csrf))).Is(HttpStatusCode.Created);

        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/session", null, cookie, ("X-CSRF-Token", csrf))).Is(HttpStatusCode.NoContent);
        (await hub.SendAsync(HttpMethod.Get, "/api/v1/session", null, cookie)).Is(HttpStatusCode.Unauthorized);
        (await hub.SendAsync(HttpMethod.Get, "/api/v1/points", null, cookie)).Is(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("""{"name":"a b","role":"viewer"}""", "name")]
    [InlineData("""{"role":"viewer"}""", "name")]
    [InlineData("""{"name":"someone","role":"king"}""", "role")]
    [InlineData("""{"name":"someone","role":"viewer","password":"short"}""", "password")]
    public async Task A_user_that_cannot_be_is_refused_by_name(string body, string parameter) =>
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/users", new StringContent(body, Encoding.UTF8, "application/json"), fixture.Bearer("admin"))).IsProblem(HttpStatusCode.BadRequest, parameter);

    [Fact]
    public async Task A_new_password_replaces_the_old_one()
    {
        var admin = fixture.Bearer("admin");
        var created = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/users", new { name = "renew", role = "viewer", password = "first password" }, admin)).Is(HttpStatusCode.Created);
        Assert.Equal("/api/v1/users/renew", created.Headers.Location!.OriginalString);
        (await hub.SendJsonAsync(HttpMethod.Put, "/api/v1/users/renew/password", new { password = "second password" }, admin)).Is(HttpStatusCode.NoContent);
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/session", new { name = "renew", password = "first password" })).Is(HttpStatusCode.Unauthorized);
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/session", new { name = "renew", password = "second password" })).Is(HttpStatusCode.OK);
        (await hub.SendJsonAsync(HttpMethod.Put, "/api/v1/users/nobody/password", new { password = "second password" }, admin)).IsProblem(HttpStatusCode.NotFound, "nobody");
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/users/nobody/tokens", null, admin)).IsProblem(HttpStatusCode.NotFound, "nobody");
        var user = (await hub.SendAsync(HttpMethod.Get, "/api/v1/users", null, admin)).Is(HttpStatusCode.OK)["items"].EnumerateArray().Single(u => u.Text("name") == "renew");
        Shape.AssertHas(user, "name", "role", "created_at", "tokens");
        Assert.DoesNotContain("password", user.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_on_disk_are_the_owners_only_and_tokens_are_not_there()
    {
        var token = await fixture.AddDeviceAsync("disk/dev");
        foreach (var file in new[] { "secret.key", "admin-token" })
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(hub.Data, file)));
        foreach (var file in Directory.GetFiles(hub.Data, "hub.db*"))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var content = new MemoryStream();
            await stream.CopyToAsync(content, TestContext.Current.CancellationToken);
            foreach (var secret in new[] { token, fixture.Token("viewer"), SecuredHub.Password })
                Assert.Equal(-1, content.ToArray().AsSpan().IndexOf(Encoding.UTF8.GetBytes(secret)));
        }
    }
}
