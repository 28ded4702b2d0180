using System.Net;

namespace CityEdge.EndToEnd.Tests;

/// <summary>The hub's Debian package on this machine: built, installed, run as its unit runs it, upgraded, removed, purged. Needs root, as installing does.</summary>
public sealed class DebianPackageTests : IDisposable
{
    private const string Unit = "/usr/lib/systemd/system/cityedge-hub.service";
    private const string Config = "/etc/cityedge/hub.yaml";
    private const string Data = "/var/lib/cityedge-hub";
    private const string Nobody = "65534";
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task The_package_installs_serves_upgrades_and_goes_without_taking_the_data_along()
    {
        Assert.Equal("root", Environment.UserName);
        Assert.False(Directory.Exists(Data) || File.Exists(Config), $"A hub is installed here ({Data} or {Config} exists); this test would replace it.");
        var package = (await RunAsync("bash", Path.Combine(Checkout.Root, "deploy/debian/build.sh"), folder.Path)).Trim();
        Assert.True(new FileInfo(package).Length < 100 << 20, "The package has over 100 MB.");
        try
        {
            await RunAsync("dpkg", "-i", package);
            await RunAsync("systemd-analyze", "verify", Unit);
            Assert.StartsWith("0.", await RunAsync("cityedge-hub", "--version"));
            Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            await RunAsync("chown", $"{Nobody}:{Nobody}", Data);
            string token;
            await using (var service = StartAsUnitDoes())
            {
                var http = await ReadyAsync(service);
                using var client = new HttpClient { BaseAddress = http };
                Assert.Equal("ok", await client.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
                Assert.Contains("<html", await client.GetStringAsync("/", TestContext.Current.CancellationToken));
                using var denied = await client.GetAsync("/api/v1/devices", TestContext.Current.CancellationToken);
                Assert.Equal(HttpStatusCode.Unauthorized, denied.StatusCode);
                token = (await File.ReadAllTextAsync(Path.Combine(Data, "admin-token"), TestContext.Current.CancellationToken)).Trim();
                Assert.NotEmpty(await RunAsync("cityedge-hub", "devices", "add", "bj-chaoyang-01/kiosk-0007", "--hub", http.ToString(), "--token", token));
                Assert.Equal(0, await service.StopAsync(TimeSpan.FromSeconds(15)));
            }
            await File.AppendAllTextAsync(Config, "# ours\n", TestContext.Current.CancellationToken);
            await RunAsync("dpkg", "-i", package);
            Assert.EndsWith("# ours\n", await File.ReadAllTextAsync(Config, TestContext.Current.CancellationToken));
            await using (var service = StartAsUnitDoes())
            {
                Assert.Contains("kiosk-0007", await RunAsync("cityedge-hub", "devices", "list", "--hub", (await ReadyAsync(service)).ToString(), "--token", token));
                Assert.Equal(0, await service.StopAsync(TimeSpan.FromSeconds(15)));
            }
            await RunAsync("dpkg", "-r", "cityedge-hub");
            Assert.False(File.Exists("/usr/bin/cityedge-hub") || File.Exists(Unit) || Directory.Exists("/usr/lib/cityedge-hub"));
            Assert.True(File.Exists(Config));
            await RunAsync("dpkg", "-P", "cityedge-hub");
            Assert.False(File.Exists(Config));
            Assert.True(File.Exists(Path.Combine(Data, "hub.db")));
        }
        finally
        {
            await using var purge = new ChildProcess("dpkg", ["-P", "cityedge-hub"]);
            await purge.WaitForExitAsync(Patience);
            if (Directory.Exists(Data)) Directory.Delete(Data, recursive: true);
        }
    }

    /// <summary>The command of the unit, as a user without rights; on free ports, which a flag may say over the configuration.</summary>
    private static ChildProcess StartAsUnitDoes()
    {
        var command = File.ReadLines(Unit).Single(l => l.StartsWith("ExecStart=", StringComparison.Ordinal))["ExecStart=".Length..].Split(' ');
        return new ChildProcess("setpriv", ["--reuid", Nobody, "--regid", Nobody, "--clear-groups", "--no-new-privs", .. command, "--http", "http://127.0.0.1:0", "--mqtt", "127.0.0.1:0"]);
    }

    private static async Task<Uri> ReadyAsync(ChildProcess service) => new((await service.WaitForLineAsync("ready ", TimeSpan.FromSeconds(60))).Split(' ')[1]["http=".Length..]);

    private static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var child = new ChildProcess(program, arguments);
        var code = await child.WaitForExitAsync(Patience);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}: {string.Join('\n', child.Lines)}\n{child.Errors}");
        return string.Join('\n', child.Lines);
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
