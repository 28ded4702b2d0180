namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>One hub, as its own process with all its listeners, that the clients which nobody here wrote drive; certificates of its own authority.</summary>
public sealed class InteropHub : IAsyncLifetime
{
    public const string Collection = "interop";
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder folder = new();
    private readonly List<ChildProcess> subscribers = [];

    public HubProcess Hub { get; private set; } = null!;

    public string Ca => folder["pki/ca.pem"];

    /// <summary>A device's certificate of the hub's authority, and its key.</summary>
    public (string Certificate, string Key) Known => (folder["pki/agent-s1.d1.pem"], folder["pki/agent-s1.d1.key"]);

    /// <summary>The same of another authority.</summary>
    public (string Certificate, string Key) Foreign => (folder["other/agent-s1.d1.pem"], folder["other/agent-s1.d1.key"]);

    public string MqttsPort => Hub.Listener("mqtts")[(Hub.Listener("mqtts").LastIndexOf(':') + 1)..];

    public string WebSocket => Hub.Http.BaseAddress!.ToString().Replace("http://", "ws://", StringComparison.Ordinal) + "mqtt";

    public string SecureWebSocket => Hub.Listener("https").Replace("https://127.0.0.1", "wss://localhost", StringComparison.Ordinal) + "/mqtt";

    public async ValueTask InitializeAsync()
    {
        foreach (var directory in new[] { "pki", "other" })
        {
            await using var tls = new ChildProcess(HubProcess.Program, ["tls", "init", "--dir", folder[directory], "--name", "localhost", "--name", "127.0.0.1", "--agent", "s1/d1"]);
            Assert.True(await tls.WaitForExitAsync(Patience) == 0, tls.Errors);
        }
        Hub = await HubProcess.StartAsync(folder["hub"], "--mqtts", "127.0.0.1:0", "--https", "127.0.0.1:0", "--cert", folder["pki/server.pem"], "--key", folder["pki/server.key"], "--client-ca", Ca);
    }

    /// <summary>Runs a client to its end, which must be good, and gives its lines. A client that is not installed fails the test: interoperability is a promise.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        await using var child = Start(program, arguments);
        var code = await child.WaitForExitAsync(Patience);
        Assert.True(code == 0, $"{program} {string.Join(' ', arguments)} ended with {code}: {string.Join('\n', child.Lines)}\n{child.Errors}");
        return string.Join('\n', child.Lines);
    }

    /// <summary>Starts a client; its output comes line by line.</summary>
    public static ChildProcess Start(string program, params string[] arguments) => new("stdbuf", ["-oL", program, .. arguments]);

    /// <summary>Starts a subscriber and returns when its subscription is in force.</summary>
    public async Task<ChildProcess> SubscribeAsync(string program, params string[] arguments)
    {
        // Who went before is gone from the hub too, and with it its subscriptions; only then does one more mean this one.
        subscribers.RemoveAll(s => s.HasEnded);
        await Wait.UntilAsync("earlier clients to be gone", async () => await Hub.MetricAsync("cityedge_mqtt_used{limit=\"max_connections\"}") <= subscribers.Count, Patience);
        var least = await SubscriptionsAsync();
        var child = Start(program, arguments);
        subscribers.Add(child);
        await Wait.UntilAsync($"the subscription of {program} {string.Join(' ', arguments)}", async () =>
        {
            var now = await SubscriptionsAsync();
            least = Math.Min(least, now);
            return now > least || child.HasEnded;
        }, Patience, () => child.Errors);
        Assert.False(child.HasEnded, $"{program}: {child.Errors}");
        return child;
    }

    /// <summary>Waits until a subscriber has said so many lines.</summary>
    public static async Task<IReadOnlyCollection<string>> LinesAsync(ChildProcess child, int count)
    {
        await Wait.UntilAsync($"{count} lines of {string.Join(' ', child.Process.StartInfo.ArgumentList)}", () => Task.FromResult(child.Lines.Count >= count), Patience, () => $"It said {child.Lines.Count}: {string.Join('\n', child.Lines)} {child.Errors}");
        return child.Lines;
    }

    private Task<double> SubscriptionsAsync() => Hub.MetricAsync("cityedge_mqtt_subscriptions");

    public async ValueTask DisposeAsync()
    {
        // Those that a failed test left behind.
        foreach (var subscriber in subscribers.Where(s => !s.HasEnded)) await subscriber.KillAsync();
        await Hub.DisposeAsync();
        folder.Dispose();
    }
}
