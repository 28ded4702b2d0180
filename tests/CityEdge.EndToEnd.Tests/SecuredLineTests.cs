using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace CityEdge.EndToEnd.Tests;

/// <summary>The whole line under the hub's own authority: who may in, who may no longer, and how devices come by their tokens.</summary>
public sealed class SecuredLineTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(30);
    private readonly TemporaryFolder folder = new();
    private HubProcess hub = null!;
    private string token = null!;
    private string port = null!;

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    private string Pki => folder["pki"];

    public async ValueTask InitializeAsync()
    {
        await TlsAsync("init", "--dir", Pki, "--agent", "s1/d1", "--agent", "s1/d2");
        hub = await HubProcess.StartAsync(folder["hub"], "--auth", "required", "--mqtts", "127.0.0.1:0", "--cert", Pki + "/server.pem", "--key", Pki + "/server.key",
            "--client-ca", Pki + "/ca.pem", "--client-crl", Pki + "/ca.crl", "--config", folder.Write("hub.yaml", "broker:\n  acl:\n    - { deny: all, topic: secret/# }\n    - { allow: all, topic: 'plant/{site}/#' }\n"));
        token = (await File.ReadAllTextAsync(Path.Combine(folder["hub"], "admin-token"))).Trim();
        hub.Authorize(token);
        var ready = hub.Child.Lines.First(l => l.StartsWith("ready ", StringComparison.Ordinal));
        port = ready[(ready.LastIndexOf(':') + 1)..];
    }

    [Fact]
    public async Task A_certificate_is_a_device_its_name_and_its_rights()
    {
        const string own = "cityedge/v1/s1/d1/telemetry";
        Assert.Equal(0, await PublishAsync(own, Own("s1.d1")));
        Assert.Equal(0, await PublishAsync(own, [.. Own("s1.d1"), "-u", "s1/d1"]));
        Assert.Equal(0, await PublishAsync("plant/s1/x", Own("s1.d1")));
        await hub.DrainAsync(Timeout);
        Assert.Equal(0, await RefusedAsync());
        // Another's name, no name at all, another authority's certificate, a hub of another authority.
        Assert.NotEqual(0, await PublishAsync(own, [.. Own("s1.d1"), "-u", "s1/d2"]));
        Assert.NotEqual(0, await PublishAsync(own, ["--cafile", Pki + "/ca.pem"]));
        await TlsAsync("init", "--dir", folder["other"], "--agent", "s1/d1");
        Assert.NotEqual(0, await PublishAsync(own, ["--cafile", Pki + "/ca.pem", "--cert", folder["other"] + "/agent-s1.d1.pem", "--key", folder["other"] + "/agent-s1.d1.key"]));
        Assert.NotEqual(0, await PublishAsync(own, ["--cafile", folder["other"] + "/ca.pem", "--cert", Pki + "/agent-s1.d1.pem", "--key", Pki + "/agent-s1.d1.key"]));
        // The server's certificate is not one of a client.
        Assert.NotEqual(0, await PublishAsync(own, ["--cafile", Pki + "/ca.pem", "--cert", Pki + "/server.pem", "--key", Pki + "/server.key"]));
        // Foreign and denied topics: refused, the connection stands.
        await PublishAsync("cityedge/v1/s1/d2/telemetry", [.. Own("s1.d1"), "-V", "5"]);
        await PublishAsync("plant/s2/x", [.. Own("s1.d1"), "-V", "5"]);
        await PublishAsync("secret/x", ["-u", "admin", "-P", token, "--cafile", Pki + "/ca.pem", "-V", "5"]);
        await Wait.UntilAsync("three refusals", async () => await RefusedAsync() == 3, Timeout);
    }

    [Fact]
    public async Task A_revoked_certificate_is_put_out_within_a_second_and_stays_out()
    {
        await using var first = Subscribe("s1.d1", "s1/d1");
        await using var second = Subscribe("s1.d2", "s1/d2");
        await Wait.UntilAsync("both to be connected", async () => await ConnectionsAsync() == 2, Timeout, () => first.Errors + second.Errors);
        await TlsAsync("revoke", "--dir", Pki, "s1/d1");
        var revoked = TimeProvider.System.GetTimestamp();
        await Wait.UntilAsync("the first to be gone", async () => await hub.MetricAsync("cityedge_mqtt_closed_total{reason=\"administrative_action\"}") == 1, Timeout);
        Assert.InRange(TimeProvider.System.GetElapsedTime(revoked), TimeSpan.Zero, TimeSpan.FromSeconds(1));
        Assert.NotEqual(0, await PublishAsync("cityedge/v1/s1/d1/telemetry", Own("s1.d1")));
        Assert.Equal(0, await PublishAsync("cityedge/v1/s1/d2/telemetry", Own("s1.d2")));
        Assert.Contains("is revoked", hub.Child.Errors);
    }

    [Fact]
    public async Task A_revoked_token_is_put_out_within_a_second()
    {
        var secret = (await hub.PostAsync("/api/v1/devices", new { id = "s9/a" })).GetProperty("token").GetString()!;
        await using var device = new ChildProcess("mosquitto_sub", ["-h", "127.0.0.1", "-p", hub.MqttPort, "-u", "s9/a", "-P", secret, "-t", "cityedge/v1/s9/a/config"]);
        await Wait.UntilAsync("it to have subscribed", async () => await hub.MetricAsync("cityedge_mqtt_subscriptions") == 1, Timeout, () => device.Errors);
        var began = TimeProvider.System.GetTimestamp();
        using var answer = await hub.Http.DeleteAsync($"/api/v1/devices/{Uri.EscapeDataString("s9/a")}/token", Ct);
        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
        await Wait.UntilAsync("it to be gone", async () => await hub.MetricAsync("cityedge_mqtt_closed_total{reason=\"administrative_action\"}") == 1, Timeout);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    [Fact]
    public async Task New_certificate_files_are_in_force_without_a_restart_and_bad_ones_are_not()
    {
        await File.WriteAllTextAsync(Pki + "/server.pem", "nothing", Ct);
        await Wait.UntilAsync("the log to say so", () => Task.FromResult(hub.Child.Errors.Contains("The certificates in force stay.")), Timeout);
        Assert.Equal(0, await PublishAsync("cityedge/v1/s1/d1/telemetry", Own("s1.d1")));
        await TlsAsync("init", "--dir", folder["next"], "--name", "hub.example");
        File.Copy(folder["next"] + "/server.key", Pki + "/server.key", overwrite: true);
        File.Copy(folder["next"] + "/server.pem", Pki + "/server.pem", overwrite: true);
        await Wait.UntilAsync("the new certificate", async () =>
            await PublishAsync("cityedge/v1/s1/d1/telemetry", ["--cafile", folder["next"] + "/ca.pem", "--cert", Pki + "/agent-s1.d1.pem", "--key", Pki + "/agent-s1.d1.key"]) == 0, Timeout, () => hub.Child.Errors);
    }

    [Fact]
    public async Task Devices_are_imported_all_or_none_and_claim_their_tokens_once()
    {
        var (code, lines) = await HubAsync("devices", "import", folder.Write("devices.csv", "site,device\ns2,a\ns2,b\n"));
        Assert.Equal((0, 3, "site,device,token"), (code, lines.Count, lines[0]));
        var a = lines[1].Split(',');
        Assert.Equal(("s2", "a"), (a[0], a[1]));
        Assert.Equal(0, await PublishAsync("cityedge/v1/s2/a/telemetry", ["--cafile", Pki + "/ca.pem", "-u", "s2/a", "-P", a[2]]));
        (code, lines) = await HubAsync("devices", "import", folder.Write("again.csv", "site,device\ns2,c\ns2,a\n"));
        Assert.Equal(1, code);
        Assert.DoesNotContain(await hub.ListAsync("/api/v1/devices"), d => d.GetProperty("id").GetString() == "s2/c");

        (_, lines) = await HubAsync("devices", "claim-code", "s3/x");
        using var anyone = new HttpClient { BaseAddress = hub.Http.BaseAddress };
        using var wrong = await anyone.PostAsJsonAsync("/api/v1/claim", new { id = "s3/y", code = lines[0] }, Ct);
        Assert.Equal(HttpStatusCode.Unauthorized, wrong.StatusCode);
        using var right = await anyone.PostAsJsonAsync("/api/v1/claim", new { id = "s3/x", code = lines[0] }, Ct);
        var secret = (await right.Content.ReadFromJsonAsync<JsonElement>(Ct)).GetProperty("token").GetString()!;
        Assert.Equal(0, await PublishAsync("cityedge/v1/s3/x/telemetry", ["--cafile", Pki + "/ca.pem", "-u", "s3/x", "-P", secret]));
        HttpStatusCode last = default;
        for (var i = 0; i < 10 && last != HttpStatusCode.TooManyRequests; i++)
        {
            using var again = await anyone.PostAsJsonAsync("/api/v1/claim", new { id = "s3/x", code = lines[0] }, Ct);
            last = again.StatusCode;
            Assert.Contains(last, new[] { HttpStatusCode.Unauthorized, HttpStatusCode.TooManyRequests });
        }
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    public async ValueTask DisposeAsync()
    {
        if (hub is not null) await hub.DisposeAsync();
        folder.Dispose();
    }

    private string[] Own(string agent) => ["--cafile", Pki + "/ca.pem", "--cert", $"{Pki}/agent-{agent}.pem", "--key", $"{Pki}/agent-{agent}.key"];

    private ChildProcess Subscribe(string agent, string device) => new("mosquitto_sub", ["-h", "127.0.0.1", "-p", port, .. Own(agent), "-t", $"cityedge/v1/{device}/config"]);

    private async Task<double> ConnectionsAsync() => await hub.MetricAsync("cityedge_mqtt_connections");

    private async Task<double> RefusedAsync() =>
        (await hub.Http.GetStringAsync("/metrics")).Split('\n').Where(l => l.StartsWith("cityedge_ingest_messages", StringComparison.Ordinal) && l.Contains("forbidden_topic"))
            .Sum(l => double.Parse(l[(l.LastIndexOf(' ') + 1)..], System.Globalization.CultureInfo.InvariantCulture));

    private async Task<int> PublishAsync(string topic, IEnumerable<string> arguments)
    {
        await using var client = new ChildProcess("mosquitto_pub", ["-h", "127.0.0.1", "-p", port, "-q", "1", "-t", topic, "-m", """[{"n":"x","u":"Cel","v":1}]""", .. arguments]);
        return await client.WaitForExitAsync(Timeout);
    }

    private static async Task TlsAsync(params string[] arguments)
    {
        await using var command = new ChildProcess(HubProcess.Program, ["tls", .. arguments]);
        Assert.True(await command.WaitForExitAsync(Timeout) == 0, command.Errors);
    }

    private async Task<(int Code, List<string> Lines)> HubAsync(params string[] arguments)
    {
        await using var command = new ChildProcess(HubProcess.Program, [.. arguments, "--hub", hub.Http.BaseAddress!.ToString(), "--token", token]);
        var code = await command.WaitForExitAsync(Timeout);
        return (code, [.. command.Lines]);
    }
}
