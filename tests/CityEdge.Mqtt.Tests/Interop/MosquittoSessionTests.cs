using System.Text;
using CityEdge.Mqtt.Tests.Client;

namespace CityEdge.Mqtt.Tests.Interop;

/// <summary>The client, and the agent on it, against a mosquitto that keeps its state over a restart, and with client certificates.</summary>
public sealed class MosquittoSessionTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task A_session_outlives_a_restart_of_the_broker(MqttVersion version)
    {
        await using var server = await MosquittoServer.StartAsync(persistent: true);
        var options = new MqttClientOptions { Url = server.Url, Version = version, ClientId = "sleeper", MaxBackoff = TimeSpan.FromMilliseconds(300), TopicAliasMaximum = 5 };
        await using var sender = await ClientHarness.StartAsync(options with { ClientId = "sender" });
        await using (var sleeper = await ClientHarness.StartAsync(options)) await sleeper.Client.SubscribeAsync([new("night/#", QoS.ExactlyOnce)], Stop).Within("SUBACK");
        foreach (var qos in new[] { QoS.AtLeastOnce, QoS.ExactlyOnce }) await sender.Client.PublishAsync(new("night/x", Encoding.UTF8.GetBytes($"{qos}"), qos), Stop).Within("acknowledgement");
        await server.StopAsync();
        await server.RunAsync();
        await using var again = await ClientHarness.StartAsync(options);
        Assert.True((await again.ConnectedAsync()).SessionPresent);
        Assert.Equal(["AtLeastOnce", "ExactlyOnce"], new[] { await again.IncomingAsync(), await again.IncomingAsync() }.Select(m => Encoding.UTF8.GetString(m.Payload.Span)));
    }

    [Fact]
    public async Task Aliases_and_subscription_identifiers_work_with_mosquitto()
    {
        await using var server = await MosquittoServer.StartAsync("allow_anonymous true\nmax_topic_alias 10");
        await using var link = await ClientHarness.StartAsync(new() { Url = server.Url, ClientId = "five" });
        Assert.True((await link.ConnectedAsync()).Properties!.TopicAliasMaximum > 0);
        await link.Client.SubscribeAsync([new("t/#")], new() { SubscriptionIdentifiers = [77] }, Stop).Within("SUBACK");
        for (var i = 0; i < 60; i++)
        {
            await link.Client.PublishAsync(new($"t/{i % 20}", "x"u8.ToArray(), Properties: new() { MessageExpiryInterval = 60 }), Stop).Within("PUBACK");
            var message = await link.IncomingAsync();
            Assert.Equal(($"t/{i % 20}", 77u), (message.Topic, Assert.Single(message.Properties!.SubscriptionIdentifiers)));
        }
    }

    [Fact]
    public async Task A_client_certificate_is_shown_and_without_one_the_broker_refuses()
    {
        await using var server = await MosquittoServer.StartAsync("allow_anonymous true\nrequire_certificate true", tls: true);
        var options = new MqttClientOptions { Url = server.TlsUrl, ClientId = "tls", CaFile = server.CaFile };
        await using var known = await ClientHarness.StartAsync(options with { ClientCertificateFile = server.ClientCertificateFile, ClientKeyFile = server.ClientKeyFile });
        await known.ConnectedAsync();
        await using var nameless = await ClientHarness.StartAsync(options with { ClientId = "nameless" });
        Assert.Null((await nameless.DisconnectedAsync()).Code);
    }

    [Fact]
    public async Task The_agent_loses_nothing_over_a_restart_of_the_broker()
    {
        const int Rows = 3000;
        await using var server = await MosquittoServer.StartAsync("allow_anonymous true\nmax_queued_messages 0", persistent: true);
        var values = new HashSet<string>();
        var arrived = new TaskCompletionSource();
        var some = new TaskCompletionSource();
        await using var listener = await ClientHarness.StartAsync(new()
        {
            Url = server.Url, ClientId = "listener", MaxBackoff = TimeSpan.FromMilliseconds(300), EnforceReceiveMaximum = false,
            Handler = (message, _) =>
            {
                foreach (var record in System.Text.Json.JsonDocument.Parse(message.Payload).RootElement.EnumerateArray()) values.Add(record.GetProperty("v").GetRawText());
                if (values.Count > 100) some.TrySetResult();
                if (values.Count == Rows) arrived.TrySetResult();
                return ValueTask.CompletedTask;
            },
        });
        await listener.Client.SubscribeAsync([new("cityedge/v1/+/+/telemetry")], Stop).Within("SUBACK");
        var csv = new StringBuilder("timestamp,value\n");
        // 3000 s of recording at 1000 times its speed: three seconds, in the midst of which the broker goes.
        for (var i = 0; i < Rows; i++) csv.Append(System.Globalization.CultureInfo.InvariantCulture, $"2026-01-01 {i / 3600:00}:{i / 60 % 60:00}:{i % 60:00},{i}\n");
        var config = folder.Write("agent.yaml", $$"""
            site: site-1
            device: kiosk-1
            hub: { url: "{{server.Url}}" }
            spool: { dir: {{folder["spool"]}}, max_bytes: 64MiB, when_full: refuse }
            adapters:
              - { id: room, type: replay, file: {{folder.Write("room.csv", csv.ToString())}}, time: timestamp, zone: UTC, start: recorded, speed: 1000,
                  points: [ { name: room.count, column: value, kind: value, unit: "1" } ] }
            """);
        await using var agent = AgentProcess.Run(config, "--once");
        await some.Task.Within("the first readings");
        await server.StopAsync();
        await server.RunAsync();
        Assert.True(await agent.WaitForExitAsync(Patience) == 0, agent.Errors);
        await arrived.Task.Within($"all {Rows} readings, {values.Count} came");
        Assert.Equal(Rows, values.Count);
    }

    public void Dispose() => folder.Dispose();
}
