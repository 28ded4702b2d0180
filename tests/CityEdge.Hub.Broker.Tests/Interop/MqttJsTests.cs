namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>MQTT.js, the client of browsers and Node.js: every QoS, retained, will, a session over broken connections, properties (see <c>mqttjs/interop.js</c>).</summary>
[Collection(InteropHub.Collection)]
public sealed class MqttJsTests(InteropHub interop)
{
    private static string Folder => Path.Combine(Checkout.Root, "tests", "CityEdge.Hub.Broker.Tests", "Interop", "mqttjs");

    [Theory]
    [InlineData("4")]
    [InlineData("5")]
    public Task Over_tcp(string version) => DriveAsync($"mqtt://127.0.0.1:{interop.Hub.MqttPort}", version);

    [Theory]
    [InlineData("4")]
    [InlineData("5")]
    public Task Over_web_socket(string version) => DriveAsync(interop.WebSocket, version);

    [Fact]
    public Task Over_tls() => DriveAsync($"mqtts://localhost:{interop.MqttsPort}", "5", interop.Ca);

    private static async Task DriveAsync(string url, string version, params string[] more)
    {
        Assert.True(Directory.Exists(Path.Combine(Folder, "node_modules", "mqtt")), $"MQTT.js is not installed: run 'npm ci' in {Folder}; tests/run.sh does.");
        Assert.EndsWith("all well", await InteropHub.RunAsync("node", [Path.Combine(Folder, "interop.js"), url, version, .. more]), StringComparison.Ordinal);
    }
}
