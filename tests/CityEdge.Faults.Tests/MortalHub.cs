using System.Net;
using System.Net.Sockets;

namespace CityEdge.Faults.Tests;

/// <summary>A hub that is killed and comes back: the same data folder and the same ports in every life, so that its clients find it again.</summary>
public sealed class MortalHub : IAsyncDisposable
{
    private readonly string data;
    private readonly string[] arguments;
    private HubProcess? now;

    public MortalHub(string data, params string[] more)
    {
        this.data = data;
        var (http, mqtt) = (FreePort.Next(), FreePort.Next());
        Mqtt = $"127.0.0.1:{mqtt}";
        arguments = ["--http", $"http://127.0.0.1:{http}", "--mqtt", Mqtt, .. more.Contains("--max-age") ? (string[])[] : ["--max-age", "none"], "--retention", "none", .. more];
    }

    /// <summary><c>HOST:PORT</c>, also while there is no hub.</summary>
    public string Mqtt { get; }

    public string MqttPort => Mqtt[(Mqtt.LastIndexOf(':') + 1)..];

    public HubProcess Now => now ?? throw new InvalidOperationException("The hub is not running.");

    public async Task<HubProcess> StartAsync() => now = await HubProcess.StartAsync(data, arguments);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        await Now.KillAsync();
        await ForgetAsync();
    }

    /// <summary>Starts it and kills it (-9) after a while, ready or not: recovery is an instant like any other.</summary>
    public async Task DieWhileStartingAsync(TimeSpan after)
    {
        await using var child = new ChildProcess(HubProcess.Program, ["serve", "--data", data, "--auth", "none", .. arguments]);
        await Task.Delay(after, TimeProvider.System, TestContext.Current.CancellationToken);
        await child.KillAsync();
    }

    /// <summary>SIGTERM; it must end with 0.</summary>
    public async Task StopAsync()
    {
        var errors = Now.Child;
        Assert.True(await Now.StopAsync() == 0, errors.Errors);
        await ForgetAsync();
    }

    /// <summary>Runs <c>journal verify</c> on the data folder of the stopped hub.</summary>
    public async Task AssertJournalIsSoundAsync()
    {
        await using var verify = new ChildProcess(HubProcess.Program, ["journal", "verify", "--data", data, "--json"]);
        var code = await verify.WaitForExitAsync(TimeSpan.FromSeconds(60));
        Assert.True(code == 0, $"journal verify ended with {code}: {string.Join('\n', verify.Lines)}\n{verify.Errors}");
    }

    private async Task ForgetAsync()
    {
        await Now.DisposeAsync();
        now = null;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (now is not null) await ForgetAsync();
    }
}
