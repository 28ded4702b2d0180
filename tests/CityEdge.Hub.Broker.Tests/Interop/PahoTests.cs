namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>Paho's C client (<c>paho_c_*</c> asynchronous, <c>paho_cs_*</c> synchronous) over TCP, TLS and WebSocket.</summary>
[Collection(InteropHub.Collection)]
public sealed class PahoTests(InteropHub interop)
{
    private static int number;
    private readonly string root = $"paho/{Interlocked.Increment(ref number)}";

    public static TheoryData<string, string, string> Cases()
    {
        var data = new TheoryData<string, string, string>();
        foreach (var library in new[] { "c", "cs" })
        {
            foreach (var version in new[] { "311", "5" })
            {
                foreach (var qos in new[] { "0", "1", "2" }) data.Add(library, version, qos);
            }
        }
        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Every_quality_of_service(string library, string version, string qos) => PassAsync(library, version, qos, $"mqtt://127.0.0.1:{interop.Hub.MqttPort}");

    [Theory]
    [InlineData("c", "311")]
    [InlineData("c", "5")]
    [InlineData("cs", "311")]
    [InlineData("cs", "5")]
    public Task Over_tls(string library, string version) => PassAsync(library, version, "1", $"ssl://localhost:{interop.MqttsPort}", "--cafile", interop.Ca, "--cert", interop.Known.Certificate, "--key", interop.Known.Key);

    [Theory]
    [InlineData("c", "311")]
    [InlineData("c", "5")]
    [InlineData("cs", "311")]
    [InlineData("cs", "5")]
    public Task Over_web_socket(string library, string version) => PassAsync(library, version, "2", interop.WebSocket);

    [Theory]
    [InlineData("c", "5")]
    [InlineData("cs", "311")]
    public Task Over_web_socket_and_tls(string library, string version) => PassAsync(library, version, "1", interop.SecureWebSocket, "--cafile", interop.Ca);

    [Fact]
    public async Task A_retained_message_with_properties_and_a_will()
    {
        var url = $"mqtt://127.0.0.1:{interop.Hub.MqttPort}";
        await InteropHub.RunAsync("paho_c_pub", "-c", url, "-V", "5", "-q", "1", "-r", "-t", $"{root}/kept", "-m", "value", "--user-property", "a", "b", "--message-expiry", "100");
        Assert.Equal("value a:b 1", await InteropHub.RunAsync("mosquitto_sub", "-p", interop.Hub.MqttPort, "-V", "5", "-t", $"{root}/kept", "-C", "1", "-F", "%p %P %r"));
        await using var watcher = await interop.SubscribeAsync("paho_cs_sub", "-c", url, "-q", "1", "-t", $"{root}/will");
        await using (var mortal = await interop.SubscribeAsync("paho_c_sub", "-c", url, "-i", "mortal", "-t", $"{root}/none", "--will-topic", $"{root}/will", "--will-payload", "gone", "--will-qos", "1")) await mortal.KillAsync();
        Assert.Contains("gone", await InteropHub.LinesAsync(watcher, 1));
    }

    private async Task PassAsync(string library, string version, string qos, string url, params string[] more)
    {
        var topic = $"{root}/{library}{version}{qos}";
        await using var sub = await interop.SubscribeAsync($"paho_{library}_sub", ["-c", url, "-V", version, "-q", qos, "-i", $"sub-{root}", "-t", topic, .. more]);
        for (var i = 0; i < 3; i++) await InteropHub.RunAsync($"paho_{library}_pub", ["-c", url, "-V", version, "-q", qos, "-i", $"pub-{root}", "-t", topic, "-m", $"message {i}", .. more]);
        Assert.Equal(["message 0", "message 1", "message 2"], await InteropHub.LinesAsync(sub, 3));
        await sub.StopAsync(InteropHub.Patience);
    }
}
