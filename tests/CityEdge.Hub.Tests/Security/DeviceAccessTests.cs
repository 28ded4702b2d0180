using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary>A device connects with its token and touches only its own topics.</summary>
public sealed class DeviceAccessTests(SecuredHub fixture) : IClassFixture<SecuredHub>
{
    private const byte BadUserNameOrPassword = 0x86;
    private const byte NotAuthorized = 0x87;
    private readonly RunningHub hub = fixture.Hub;

    private async Task<byte> RefusalAsync(string? user, string? password) =>
        (await Assert.ThrowsAsync<WireRefusedException>(async () => await hub.ConnectAsync("refused", user, password))).Reason;

    [Fact]
    public async Task A_device_connects_with_its_token_and_is_heard()
    {
        var answer = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/devices", new { id = "token/dev" }, fixture.Bearer("admin"))).Is(HttpStatusCode.Created);
        Assert.Equal("/api/v1/devices/token%2Fdev", answer.Headers.Location!.OriginalString);
        var token = answer["token"].GetString()!;
        Assert.InRange(token.Length, 43, 64);
        await using var device = await hub.ConnectAsync("token-dev", "token/dev", token);
        Assert.InRange(await device.PublishAsync("cityedge/v1/token/dev/telemetry", """[{"n":"t","u":"Cel","v":20}]"""), 0, 0x7f);
        await hub.FoldedAsync();
        var point = (await hub.SendAsync(HttpMethod.Get, "/api/v1/points/token%2Fdev%2Ft", null, fixture.Bearer("viewer"))).Is(HttpStatusCode.OK);
        Assert.Equal(20, point["last"].GetProperty("value").GetDouble());
        Assert.DoesNotContain(token, (await hub.SendAsync(HttpMethod.Get, "/api/v1/devices/token%2Fdev", null, fixture.Bearer("admin"))).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wrong_token_another_devices_token_and_none_are_refused()
    {
        var token = await fixture.AddDeviceAsync("wrong/dev");
        await fixture.AddDeviceAsync("wrong/other");
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("wrong/dev", "nonsense"));
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("wrong/other", token));
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("wrong/dev", null));
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync(null, null));
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("wrong/unknown", token));
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("viewer", token));
    }

    [Fact]
    public async Task A_new_token_replaces_the_old_one()
    {
        var old = await fixture.AddDeviceAsync("renewed/dev");
        var token = await fixture.AddDeviceAsync("renewed/dev");
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("renewed/dev", old));
        await using var device = await hub.ConnectAsync("renewed-dev", "renewed/dev", token);
    }

    [Fact]
    public async Task Revoking_drops_the_live_connection_and_refuses_the_next()
    {
        var token = await fixture.AddDeviceAsync("revoked/dev");
        await using var device = await hub.ConnectAsync("revoked-dev", "revoked/dev", token);
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/devices/revoked%2Fdev/token", null, fixture.Bearer("admin"))).Is(HttpStatusCode.NoContent);
        Assert.Equal(0x98, await device.Closed);
        Assert.Equal(BadUserNameOrPassword, await RefusalAsync("revoked/dev", token));
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/devices/nobody%2Fdev/token", null, fixture.Bearer("admin"))).IsProblem(HttpStatusCode.NotFound, "nobody/dev");
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("site/tickets")]
    [InlineData("a/b/c")]
    [InlineData("a b/c")]
    public async Task A_device_name_that_cannot_be_is_refused(string id) =>
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/devices", new { id }, fixture.Bearer("admin"))).IsProblem(HttpStatusCode.BadRequest, "id", id);

    [Theory]
    [InlineData("cityedge/v1/own/other/telemetry")]
    [InlineData("cityedge/v1/foreign/dev/telemetry")]
    [InlineData("cityedge/v1/own/dev/config")]
    [InlineData("cityedge/v1/own/dev/command/1")]
    [InlineData("cityedge/v1/own/tickets/1")]
    [InlineData("elsewhere")]
    public async Task A_topic_that_is_not_its_own_is_refused_and_kept_with_the_dead_letters(string topic)
    {
        var device = $"own/dev";
        var token = await fixture.AddDeviceAsync(device);
        await using var client = await hub.ConnectAsync("own-dev-" + topic.GetHashCode(StringComparison.Ordinal), device, token);
        Assert.Equal(NotAuthorized, await client.PublishAsync(topic, """[{"n":"t","u":"Cel","v":20}]"""));
        var letters = await EventuallyAsync($"/api/v1/deadletters?reason=forbidden_topic&device={Uri.EscapeDataString(device)}", topic);
        Assert.Contains(letters, l => l.Text("topic") == topic && l.Text("message").Contains(device, StringComparison.Ordinal));
        (await hub.SendAsync(HttpMethod.Get, "/api/v1/points/own%2Fother%2Ft", null, fixture.Bearer("viewer"))).Is(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("cityedge/v1/subs/dev/command/+", true)]
    [InlineData("cityedge/v1/subs/dev/config", true)]
    [InlineData("cityedge/v1/subs/tickets/#", true)]
    [InlineData("cityedge/v1/subs/other/command/+", false)]
    [InlineData("cityedge/v1/+/dev/config", false)]
    [InlineData("cityedge/#", false)]
    [InlineData("#", false)]
    public async Task A_device_hears_only_what_is_for_it(string filter, bool allowed)
    {
        var token = await fixture.AddDeviceAsync("subs/dev");
        await using var client = await hub.ConnectAsync("subs-" + filter.GetHashCode(StringComparison.Ordinal), "subs/dev", token);
        Assert.Equal(allowed, await client.SubscribeAsync(filter) < 0x80);
    }

    [Fact]
    public async Task A_user_connects_with_token_or_password_but_a_viewer_only_reads()
    {
        await using (var byPassword = await hub.ConnectAsync("viewer-1", "viewer", SecuredHub.Password)) Assert.True(await byPassword.SubscribeAsync("cityedge/v1/+/+/telemetry") < 0x80);
        await using var viewer = await hub.ConnectAsync("viewer-2", "viewer", fixture.Token("viewer"));
        Assert.Equal(NotAuthorized, await viewer.PublishAsync("cityedge/v1/forged/dev/telemetry", """[{"n":"t","u":"Cel","v":20}]"""));
    }

    private async Task<List<System.Text.Json.JsonElement>> EventuallyAsync(string path, string topic)
    {
        List<System.Text.Json.JsonElement> items = [];
        await Wait.UntilAsync($"a dead letter of {topic}", async () =>
        {
            items = [.. (await hub.SendAsync(HttpMethod.Get, path, null, fixture.Bearer("viewer"))).Is(HttpStatusCode.OK)["items"].EnumerateArray()];
            return items.Any(l => l.Text("topic") == topic);
        }, TimeSpan.FromSeconds(20));
        return items;
    }
}
