namespace CityEdge.EndToEnd.Tests;

/// <summary>From <c>tls init</c> to readings: the steps that its output and the README tell, with the real programs.</summary>
public sealed class ProvisioningTests : IAsyncLifetime
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder folder = new();
    private HubProcess hub = null!;
    private string token = null!;

    private string Https => hub.Listener("https");

    public async ValueTask InitializeAsync()
    {
        var (code, lines, errors) = await RunAsync(HubProcess.Program, "tls", "init", "--dir", folder["pki"]);
        Assert.True(code == 0, errors);
        Assert.Contains(lines, l => l.Contains($"--cert {folder["pki/server.pem"]} --key {folder["pki/server.key"]}", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains($"copy {folder["pki/ca.pem"]}", StringComparison.Ordinal) && l.Contains("ca_file", StringComparison.Ordinal));
        hub = await HubProcess.StartAsync(folder["hub"], "--auth", "required", "--https", "127.0.0.1:0", "--mqtts", "127.0.0.1:0", "--cert", folder["pki/server.pem"], "--key", folder["pki/server.key"]);
        token = (await File.ReadAllTextAsync(Path.Combine(folder["hub"], "admin-token"))).Trim();
        hub.Authorize(token);
    }

    [Fact]
    public async Task An_agent_with_a_token_over_tls_is_heard()
    {
        var config = Kiosk("kiosk-1", "");
        var (code, lines, errors) = await HubAsync("devices", "add", "s1/kiosk-1");
        Assert.True(code == 0, errors);
        await File.WriteAllTextAsync(folder["kiosk-1/token"], lines[0], TestContext.Current.CancellationToken);
        await HeardAsync("kiosk-1", config);
    }

    [Fact]
    public async Task An_installer_claims_a_token_with_a_code_once()
    {
        var config = Kiosk("kiosk-2", "");
        var claim = await CodeAsync("kiosk-2");
        var (code, _, errors) = await RunAsync(AgentProcess.Program, "claim", "--config", config, "--hub", Https, "--code", "0000-0000");
        Assert.Equal(1, code);
        Assert.Contains("not good for this device", errors);
        Assert.False(File.Exists(folder["kiosk-2/token"]));
        (code, var lines, errors) = await RunAsync(AgentProcess.Program, "claim", "--config", config, "--hub", Https, "--code", claim.ToLowerInvariant());
        Assert.True(code == 0, errors);
        Assert.Equal($"s1/kiosk-2: token in {folder["kiosk-2/token"]}", lines[0]);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder["kiosk-2/token"]));
        await HeardAsync("kiosk-2", config);
        // Once; and without a configuration, by flags alone.
        (code, _, errors) = await RunAsync(AgentProcess.Program, "claim", "--device", "s1/kiosk-2", "--token-file", folder["other"], "--ca-file", folder["pki/ca.pem"], "--hub", Https, "--code", claim);
        Assert.Equal(1, code);
        Assert.Contains("not good for this device", errors);
        Assert.False(File.Exists(folder["other"]));
        (code, _, errors) = await RunAsync(AgentProcess.Program, "claim", "--device", "s1/kiosk-2", "--token-file", folder["other"], "--hub", Https, "--code", claim);
        Assert.Equal(1, code);
        Assert.Contains("--ca-file", errors);
        (code, _, errors) = await RunAsync(AgentProcess.Program, "claim", "--device", "s1/kiosk-2", "--token-file", folder["other"], "--hub", "http://hub.example", "--code", claim);
        Assert.Equal(2, code);
        Assert.Contains("for all to read", errors);
    }

    [Fact]
    public async Task An_agent_with_a_code_in_its_configuration_provisions_itself()
    {
        var config = Kiosk("kiosk-3", $", claim_url: \"{Https}\", claim_code_file: code");
        folder.Write("kiosk-3/code", await CodeAsync("kiosk-3") + "\n");
        await HeardAsync("kiosk-3", config);
        Assert.False(File.Exists(folder["kiosk-3/code"]));
        // The second start has a token and claims nothing.
        var (code, _, errors) = await RunAsync(AgentProcess.Program, "run", "--config", config, "--once");
        Assert.True(code == 0, errors);
    }

    [Fact]
    public async Task An_agent_whose_code_is_refused_says_so_and_ends()
    {
        var config = Kiosk("kiosk-4", $", claim_url: \"{Https}\", claim_code_file: code");
        folder.Write("kiosk-4/code", "0000-0000");
        var (code, _, errors) = await RunAsync(AgentProcess.Program, "run", "--config", config, "--once");
        Assert.Equal(1, code);
        Assert.Contains("cityedge-hub devices claim-code", errors);
        Assert.True(File.Exists(folder["kiosk-4/code"]));
    }

    public async ValueTask DisposeAsync()
    {
        if (hub is not null) await hub.DisposeAsync();
        folder.Dispose();
    }

    private string Kiosk(string device, string more)
    {
        folder.Write(device + "/box.csv", "time,celsius\n2026-01-12 06:00,21.4\n2026-01-12 06:05,21.6\n");
        return folder.Write(device + "/agent.yaml", $$"""
            site: s1
            device: {{device}}
            hub: { url: "mqtts://{{hub.Listener("mqtts")}}", password_file: token, ca_file: ../pki/ca.pem{{more}} }
            spool: { dir: spool, max_bytes: 64MiB }
            adapters:
              - { id: box, type: replay, file: box.csv, time: time, start: ending-now, speed: max,
                  points: [ { name: box.temperature, column: celsius, kind: temperature, unit: Cel } ] }
            """);
    }

    private async Task HeardAsync(string device, string config)
    {
        var (code, _, errors) = await RunAsync(AgentProcess.Program, "run", "--config", config, "--once");
        Assert.True(code == 0, errors);
        await hub.DrainAsync(Timeout);
        Assert.Equal(2, (await hub.ListAsync($"/api/v1/readings?point=s1/{device}/box.temperature")).Count);
    }

    private async Task<string> CodeAsync(string device)
    {
        var (code, lines, errors) = await HubAsync("devices", "claim-code", "s1/" + device);
        Assert.True(code == 0, errors);
        return lines[0];
    }

    private Task<(int Code, List<string> Lines, string Errors)> HubAsync(params string[] arguments) => RunAsync(HubProcess.Program, [.. arguments, "--hub", hub.Http.BaseAddress!.ToString(), "--token", token]);

    private static async Task<(int Code, List<string> Lines, string Errors)> RunAsync(string program, params string[] arguments)
    {
        await using var command = new ChildProcess(program, arguments);
        var code = await command.WaitForExitAsync(Timeout);
        return (code, [.. command.Lines], command.Errors);
    }
}
