using System.Globalization;

namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary><c>mosquitto_pub</c>, <c>mosquitto_sub</c> and <c>mosquitto_rr</c> against the hub's real listeners.</summary>
[Collection(InteropHub.Collection)]
public sealed class MosquittoClientsTests(InteropHub interop)
{
    private static int number;
    private readonly string root = $"mosquitto/{Interlocked.Increment(ref number)}";

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        foreach (var version in new[] { "311", "5" })
        {
            foreach (var qos in new[] { "0", "1", "2" }) data.Add(version, qos);
        }
        return data;
    }

    private string Port => interop.Hub.MqttPort;

    private string Url(string topic) => $"mqtt://127.0.0.1:{Port}/{topic}";

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Every_quality_of_service_by_url(string version, string qos)
    {
        await using var sub = await interop.SubscribeAsync("mosquitto_sub", "-L", Url($"{root}/#"), "-V", version, "-q", qos, "-C", "40", "-F", "%t %p %q");
        await InteropHub.RunAsync("mosquitto_pub", "-L", Url($"{root}/x"), "-V", version, "-q", qos, "--repeat", "40", "-m", "报警");
        Assert.Equal(0, await sub.WaitForExitAsync(InteropHub.Patience));
        Assert.Equal(Enumerable.Repeat($"{root}/x 报警 {qos}", 40), sub.Lines);
    }

    [Theory]
    [InlineData("311")]
    [InlineData("5")]
    public async Task Retained_messages_are_kept_replaced_and_cleared(string version)
    {
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", version, "-q", "1", "-r", "-t", $"{root}/kept", "-m", "old");
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", version, "-q", "2", "-r", "-t", $"{root}/kept", "-m", "new");
        Assert.Equal("new 1", await InteropHub.RunAsync("mosquitto_sub", "-p", Port, "-V", version, "-q", "1", "-t", $"{root}/+", "-C", "1", "-F", "%p %r"));
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", version, "-q", "1", "-r", "-n", "-t", $"{root}/kept");
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", version, "-q", "1", "-r", "-t", $"{root}/other", "-m", "only");
        Assert.Equal("only", await InteropHub.RunAsync("mosquitto_sub", "-p", Port, "-V", version, "-t", $"{root}/+", "-C", "1"));
    }

    [Theory]
    [InlineData("311")]
    [InlineData("5")]
    public async Task The_will_of_a_killed_client_is_published(string version)
    {
        await using var watcher = await interop.SubscribeAsync("mosquitto_sub", "-p", Port, "-V", version, "-q", "1", "-t", $"{root}/will", "-C", "1");
        await using (var mortal = await interop.SubscribeAsync("mosquitto_sub", "-p", Port, "-V", version, "-t", $"{root}/none", "--will-topic", $"{root}/will", "--will-payload", "gone", "--will-qos", "1")) await mortal.KillAsync();
        Assert.Equal(0, await watcher.WaitForExitAsync(InteropHub.Patience));
        Assert.Equal(["gone"], watcher.Lines);
    }

    [Theory]
    [InlineData("311")]
    [InlineData("5")]
    public async Task A_persistent_session_keeps_what_came_meanwhile(string version)
    {
        string[] session = ["-p", Port, "-V", version, "-i", $"sleeper-{version}", "-c", "-q", "2", "-t", $"{root}/night", .. version == "5" ? new[] { "-x", "300" } : []];
        await InteropHub.RunAsync("mosquitto_sub", [.. session, "-E"]);
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", version, "-q", "2", "-t", $"{root}/night", "--repeat", "30", "-m", "waited");
        Assert.Equal(Enumerable.Repeat("waited", 30), (await InteropHub.RunAsync("mosquitto_sub", [.. session, "-C", "30"])).Split('\n'));
    }

    [Theory]
    [InlineData("311")]
    [InlineData("5")]
    public async Task A_shared_subscription_divides_the_messages(string version)
    {
        await using var one = await interop.SubscribeAsync("mosquitto_sub", "-p", Port, "-V", version, "-q", "1", "-t", $"$share/g/{root}/shared");
        await using var two = await interop.SubscribeAsync("mosquitto_sub", "-p", Port, "-V", version, "-q", "1", "-t", $"$share/g/{root}/shared");
        await using (var pub = new ChildProcess("mosquitto_pub", ["-p", Port, "-V", version, "-q", "1", "-t", $"{root}/shared", "-l"], input: string.Join('\n', Enumerable.Range(0, 200)) + "\n"))
            Assert.Equal(0, await pub.WaitForExitAsync(InteropHub.Patience));
        await Wait.UntilAsync("all two hundred", () => Task.FromResult(one.Lines.Count + two.Lines.Count >= 200), InteropHub.Patience);
        Assert.Equal(Enumerable.Range(0, 200), one.Lines.Concat(two.Lines).Select(l => int.Parse(l, CultureInfo.InvariantCulture)).Order());
        Assert.All([one.Lines.Count, two.Lines.Count], n => Assert.InRange(n, 20, 180));
    }

    [Fact]
    public async Task Properties_travel_with_the_message()
    {
        await using var sub = await interop.SubscribeAsync("mosquitto_sub", "-p", Port, "-V", "5", "-q", "1", "-t", $"{root}/five", "-C", "1", "-D", "SUBSCRIBE", "subscription-identifier", "7", "-F", "%C|%D|%R|%P|%E|%F|%S|%p");
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", "5", "-q", "1", "-t", $"{root}/five", "-m", "x", "-D", "publish", "content-type", "text/plain", "-D", "publish", "correlation-data", "c1",
            "-D", "publish", "response-topic", "answers", "-D", "publish", "user-property", "a", "b", "-D", "publish", "message-expiry-interval", "600", "-D", "publish", "payload-format-indicator", "1", "-D", "publish", "topic-alias", "1");
        Assert.Equal(0, await sub.WaitForExitAsync(InteropHub.Patience));
        Assert.Matches(@"^text/plain\|c1\|answers\|a:b\|(600|59\d)\|1\|7\|x$", Assert.Single(sub.Lines));
    }

    [Fact]
    public async Task A_request_is_answered_to_its_response_topic()
    {
        await using var service = await interop.SubscribeAsync("mosquitto_sub", "-p", Port, "-V", "5", "-q", "1", "-t", $"{root}/request", "-C", "1", "-F", "%R %p");
        await using var request = InteropHub.Start("mosquitto_rr", "-p", Port, "-V", "5", "-q", "1", "-t", $"{root}/request", "-e", $"{root}/answer", "-m", "how warm", "-W", "50");
        Assert.Equal(0, await service.WaitForExitAsync(InteropHub.Patience));
        Assert.Equal([$"{root}/answer how warm"], service.Lines);
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", "5", "-q", "1", "-t", $"{root}/answer", "-m", "18.5");
        Assert.Equal(0, await request.WaitForExitAsync(InteropHub.Patience));
        Assert.Equal(["18.5"], request.Lines);
    }

    [Theory]
    [InlineData("311")]
    [InlineData("5")]
    public async Task Tls_with_the_authority_and_with_a_client_certificate(string version)
    {
        string[] tls = ["-h", "localhost", "-p", interop.MqttsPort, "-V", version, "-q", "1", "-t", $"{root}/tls", "-m", "secret", "--cafile", interop.Ca];
        await InteropHub.RunAsync("mosquitto_pub", [.. tls, "-r"]);
        Assert.Equal("secret", await InteropHub.RunAsync("mosquitto_sub", "-h", "localhost", "-p", interop.MqttsPort, "-V", version, "-t", $"{root}/tls", "-C", "1", "--cafile", interop.Ca));
        await InteropHub.RunAsync("mosquitto_pub", [.. tls, "--cert", interop.Known.Certificate, "--key", interop.Known.Key]);
        await using var foreign = InteropHub.Start("mosquitto_pub", [.. tls, "--cert", interop.Foreign.Certificate, "--key", interop.Foreign.Key]);
        Assert.NotEqual(0, await foreign.WaitForExitAsync(InteropHub.Patience));
    }

    [Fact]
    public async Task A_large_payload_arrives_whole()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("large", new string('x', 200_000));
        await InteropHub.RunAsync("mosquitto_pub", "-p", Port, "-V", "5", "-q", "2", "-r", "-t", $"{root}/large", "-f", file);
        Assert.Equal(200_000, (await InteropHub.RunAsync("mosquitto_sub", "-p", Port, "-V", "5", "-t", $"{root}/large", "-C", "1")).Length);
    }
}
