using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary>Who may see who complained.</summary>
public sealed class ComplaintPrivacyTests(SecuredHub fixture) : IClassFixture<SecuredHub>
{
    private readonly RunningHub hub = fixture.Hub;

    [Fact]
    public async Task Only_a_manager_sees_who_complained_and_lists_show_nobody()
    {
        var body = new { channel = "hotline", category = "heating.room", text = "冷，打 13800001111", address = "幸福里 3 号楼 301", reporter = new { name = "王芳", phone = "13800001111" } };
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/complaints", body, fixture.Bearer("viewer"))).IsProblem(HttpStatusCode.Forbidden, "crew");
        var id = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/complaints", body, fixture.Bearer("crew"))).Is(HttpStatusCode.Created)["id"].GetString();
        foreach (var role in new[] { "viewer", "crew", "manager" })
        {
            var list = (await hub.SendAsync(HttpMethod.Get, "/api/v1/complaints", null, fixture.Bearer(role))).Is(HttpStatusCode.OK);
            foreach (var hidden in new[] { "王芳", "13800001111", "幸福里" }) Assert.DoesNotContain(hidden, list.Text, StringComparison.Ordinal);
            Assert.Contains("王**", list.Text, StringComparison.Ordinal);
            var one = (await hub.SendAsync(HttpMethod.Get, $"/api/v1/complaints/{id}", null, fixture.Bearer(role))).Is(HttpStatusCode.OK).Text;
            Assert.Equal(role == "manager", one.Contains("王芳", StringComparison.Ordinal));
            Assert.Equal(role == "manager", one.Contains("13800001111", StringComparison.Ordinal));
            Assert.Equal(role != "viewer", one.Contains("幸福里", StringComparison.Ordinal));
        }
        (await hub.SendAsync(HttpMethod.Delete, $"/api/v1/complaints/{id}/reporter", null, fixture.Bearer("crew"))).IsProblem(HttpStatusCode.Forbidden, "manager");
        (await hub.SendAsync(HttpMethod.Delete, $"/api/v1/complaints/{id}/reporter", null, fixture.Bearer("manager"))).Is(HttpStatusCode.NoContent);
        var gone = (await hub.SendAsync(HttpMethod.Get, $"/api/v1/complaints/{id}", null, fixture.Bearer("manager"))).Is(HttpStatusCode.OK).Text;
        foreach (var hidden in new[] { "王芳", "13800001111" }) Assert.DoesNotContain(hidden, gone, StringComparison.Ordinal);
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/complaints/import", new StringContent("x", System.Text.Encoding.UTF8, "text/csv"), fixture.Bearer("crew"))).IsProblem(HttpStatusCode.Forbidden, "manager");
        (await hub.SendAsync(HttpMethod.Get, "/api/v1/complaints")).IsProblem(HttpStatusCode.Unauthorized);
    }
}
