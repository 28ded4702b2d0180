using System.Text;

namespace CityEdge.Mqtt.Tests.Client;

/// <summary>The client against a broker that others wrote.</summary>
public class MosquittoTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MqttClientOptions Options(MosquittoServer server, string id, MqttVersion version = MqttVersion.V500) => new()
    {
        Url = server.Url, Version = version, ClientId = id, MaxBackoff = TimeSpan.FromMilliseconds(300),
    };

    private static string Text(MqttIncoming message) => Encoding.UTF8.GetString(message.Payload.Span);

    private static MqttMessage Message(string topic, string text, QoS qos = QoS.AtLeastOnce, bool retain = false, MqttProperties? properties = null) =>
        new(topic, Encoding.UTF8.GetBytes(text), qos, retain, properties);

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task Every_quality_of_service_goes_both_ways(MqttVersion version)
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var link = await ClientHarness.StartAsync(Options(server, "both", version));
        Assert.Equal([ReasonCode.GrantedQoS2], await link.Client.SubscribeAsync([new("loop/+", QoS.ExactlyOnce)], Stop).Within("SUBACK"));
        foreach (var qos in Enum.GetValues<QoS>())
        {
            var results = await Task.WhenAll(Enumerable.Range(0, 100).Select(i => link.Client.PublishAsync(Message("loop/" + (int)qos, "报警 " + i, qos), Stop))).Within($"{qos}");
            Assert.All(results, r => Assert.True(r.IsSuccess));
            for (var i = 0; i < 100; i++)
            {
                var message = await link.IncomingAsync();
                Assert.Equal(("loop/" + (int)qos, "报警 " + i, qos), (message.Topic, Text(message), message.QoS));
            }
        }
        await link.Client.UnsubscribeAsync(["loop/+"], Stop).Within("UNSUBACK");
        await link.Client.PublishAsync(Message("loop/1", "unheard"), Stop);
        Assert.False(link.HasIncoming);
    }

    [Fact]
    public async Task Properties_and_retained_messages_arrive()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var sender = await ClientHarness.StartAsync(Options(server, "sender"));
        var properties = new MqttProperties { ContentType = "application/senml+json", CorrelationData = [1, 2], ResponseTopic = "answers", UserProperties = [new("traceparent", "00-1")] };
        Assert.True((await sender.Client.PublishAsync(Message("status/a", "online", retain: true, properties: properties), Stop).Within("PUBACK")).IsSuccess);
        Assert.Equal(ReasonCode.NoMatchingSubscribers, (await sender.Client.PublishAsync(Message("nobody", "x"), Stop).Within("PUBACK")).Code);
        await using var late = await ClientHarness.StartAsync(Options(server, "late"));
        await late.Client.SubscribeAsync([new("status/#")], Stop).Within("SUBACK");
        var message = await late.IncomingAsync();
        Assert.Equal(("online", true, "application/senml+json", "answers", "00-1"),
            (Text(message), message.Retain, message.Properties?.ContentType, message.Properties?.ResponseTopic, message.Properties?.User("traceparent")));
        Assert.Equal(new byte[] { 1, 2 }, message.Properties!.CorrelationData);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task The_will_is_published_when_asked_for_and_not_otherwise(MqttVersion version)
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var watcher = await ClientHarness.StartAsync(Options(server, "watcher", version));
        await watcher.Client.SubscribeAsync([new("will/#")], Stop).Within("SUBACK");
        foreach (var (name, wanted) in new[] { ("quiet", false), ("loud", true) })
        {
            await using var mortal = await ClientHarness.StartAsync(Options(server, name, version) with { Will = new("will/" + name, "gone"u8.ToArray(), QoS.AtLeastOnce) });
            await mortal.ConnectedAsync();
            await mortal.Client.DisconnectAsync(wanted, Stop);
        }
        Assert.Equal("will/loud", (await watcher.IncomingAsync()).Topic);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task A_session_is_resumed_after_a_broken_connection(MqttVersion version)
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var sender = await ClientHarness.StartAsync(Options(server, "sender", version));
        await using var sleeper = await ClientHarness.StartAsync(Options(server, "sleeper", version));
        Assert.False((await sleeper.ConnectedAsync()).SessionPresent);
        await sleeper.Client.SubscribeAsync([new("night/#")], Stop).Within("SUBACK");
        await sleeper.DisposeAsync();
        await sender.Client.PublishAsync(Message("night/1", "while away"), Stop).Within("PUBACK");
        await using var again = await ClientHarness.StartAsync(Options(server, "sleeper", version));
        Assert.True((await again.ConnectedAsync()).SessionPresent);
        Assert.Equal("while away", Text(await again.IncomingAsync()));
    }

    [Fact]
    public async Task A_broker_that_dies_and_comes_back_loses_no_publish_and_no_subscription()
    {
        await using var server = await MosquittoServer.StartAsync();
        await using var listener = await ClientHarness.StartAsync(Options(server, "listener"));
        await using var sender = await ClientHarness.StartAsync(Options(server, "sender"));
        await listener.Client.SubscribeAsync([new("t/#")], Stop).Within("SUBACK");
        await listener.ConnectedAsync();
        await sender.ConnectedAsync();
        await sender.Client.PublishAsync(Message("t/before", "1"), Stop).Within("PUBACK");
        Assert.Equal("t/before", (await listener.IncomingAsync()).Topic);
        await server.KillAsync();
        await sender.DisconnectedAsync();
        await listener.DisconnectedAsync();
        var kept = sender.Client.PublishAsync(Message("t/while", "2", retain: true), Stop);
        await server.RunAsync();
        Assert.False((await listener.ConnectedAsync()).SessionPresent);
        Assert.True((await kept.Within("publish over the restart")).IsSuccess);
        Assert.Equal("t/while", (await listener.IncomingAsync()).Topic);
    }

    [Fact]
    public async Task Tls_trusts_the_given_authority_and_checks_the_name()
    {
        await using var server = await MosquittoServer.StartAsync(tls: true);
        var good = Options(server, "tls") with { Url = server.TlsUrl, CaFile = server.CaFile };
        await using var link = await ClientHarness.StartAsync(good);
        await link.ConnectedAsync();
        // Larger than a TLS record, in both directions.
        await link.Client.SubscribeAsync([new("big")], Stop).Within("SUBACK");
        var payload = new byte[100_000];
        new Random(1).NextBytes(payload);
        await link.Client.PublishAsync(new("big", payload), Stop).Within("PUBACK");
        Assert.True((await link.IncomingAsync()).Payload.Span.SequenceEqual(payload));

        await using var distrustful = await ClientHarness.StartAsync(good with { CaFile = null, ClientId = "a" });
        Assert.Contains("certificate", (await distrustful.DisconnectedAsync()).Message, StringComparison.Ordinal);
        var elsewhere = good with { Url = $"mqtts://127.0.0.1:{server.Port}", ClientId = "b" };
        await using var misnamed = await ClientHarness.StartAsync(elsewhere);
        Assert.Contains("RemoteCertificateNameMismatch", (await misnamed.DisconnectedAsync()).Message, StringComparison.Ordinal);
        await using var lenient = await ClientHarness.StartAsync(elsewhere with { CheckServerName = false });
        await lenient.ConnectedAsync();
        await using var unread = await ClientHarness.StartAsync(good with { CaFile = "/nowhere/ca.pem", ClientId = "c" });
        Assert.Contains("/nowhere/ca.pem", (await unread.DisconnectedAsync()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task Credentials_are_checked_and_a_wrong_one_is_shown(MqttVersion version)
    {
        await using var server = await MosquittoServer.StartAsync("allow_anonymous false\npassword_file FOLDER/passwords", users: new Dictionary<string, string> { ["site/device"] = "right" });
        await using var good = await ClientHarness.StartAsync(Options(server, "good", version) with { UserName = "site/device", Password = "right" });
        await good.ConnectedAsync();
        await using var bad = await ClientHarness.StartAsync(Options(server, "bad", version) with { UserName = "site/device", Password = "wrong" });
        var refused = await bad.DisconnectedAsync();
        Assert.True(refused.ByServer);
        Assert.Equal(ReasonCode.NotAuthorized, refused.Code);
        Assert.InRange(refused.Retry!.Value.TotalSeconds, 15, 30);
    }
}
