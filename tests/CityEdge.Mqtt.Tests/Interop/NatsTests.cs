using System.Text;
using CityEdge.Mqtt.Tests.Client;

namespace CityEdge.Mqtt.Tests.Interop;

/// <summary>The client against nats-server, a second broker that others wrote: MQTT 3.1.1 with QoS 0 and 1, retained messages and sessions in JetStream.</summary>
public class NatsTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static MqttClientOptions Options(NatsServer server, string id) => new()
    {
        Url = server.Url, Version = MqttVersion.V311, ClientId = id, MaxBackoff = TimeSpan.FromMilliseconds(300), RefusedBackoff = TimeSpan.FromMilliseconds(300), MaxInflight = 100,
    };

    private static string Text(MqttIncoming message) => Encoding.UTF8.GetString(message.Payload.Span);

    [Fact]
    public async Task Messages_retained_will_and_a_session_over_a_restart_of_the_broker()
    {
        await using var server = await NatsServer.StartAsync();
        await using var sender = await ClientHarness.StartAsync(Options(server, "sender"));
        await using (var link = await ClientHarness.StartAsync(Options(server, "both") with { CleanStart = true }))
        {
            Assert.Equal([ReasonCode.GrantedQoS1], await link.Client.SubscribeAsync([new("loop/+")], Stop).Within("SUBACK"));
            foreach (var qos in new[] { QoS.AtMostOnce, QoS.AtLeastOnce })
            {
                await Task.WhenAll(Enumerable.Range(0, 100).Select(i => link.Client.PublishAsync(new("loop/x", Encoding.UTF8.GetBytes($"报警 {i}"), qos), Stop))).Within($"{qos}");
                for (var i = 0; i < 100; i++) Assert.Equal(($"报警 {i}", qos), await link.IncomingAsync() is var m ? (Text(m), m.QoS) : default);
            }
        }

        await sender.Client.PublishAsync(new("kept/a", "value"u8.ToArray(), Retain: true), Stop).Within("PUBACK");
        await using (var late = await ClientHarness.StartAsync(Options(server, "late") with { CleanStart = true }))
        {
            await late.Client.SubscribeAsync([new("kept/#"), new("will/#")], Stop).Within("SUBACK");
            Assert.Equal(("value", true), await late.IncomingAsync() is var m ? (Text(m), m.Retain) : default);
            await using var mortal = await ClientHarness.StartAsync(Options(server, "mortal") with { CleanStart = true, Will = new("will/x", "gone"u8.ToArray(), QoS.AtLeastOnce) });
            await mortal.ConnectedAsync();
            await mortal.Client.DisconnectAsync(publishWill: true, Stop);
            Assert.Equal("gone", Text(await late.IncomingAsync()));
        }

        await using (var sleeper = await ClientHarness.StartAsync(Options(server, "sleeper"))) await sleeper.Client.SubscribeAsync([new("night/#")], Stop).Within("SUBACK");
        await sender.Client.PublishAsync(new("night/1", "while away"u8.ToArray()), Stop).Within("PUBACK");
        await sender.ConnectedAsync();
        await server.StopAsync();
        await sender.DisconnectedAsync();
        var kept = sender.Client.PublishAsync(new("night/2", "over the restart"u8.ToArray()), Stop);
        await server.RunAsync();
        Assert.True((await kept.Within("publish over the restart")).IsSuccess);
        await using var again = await ClientHarness.StartAsync(Options(server, "sleeper"));
        Assert.True((await again.ConnectedAsync()).SessionPresent);
        Assert.Equal(["over the restart", "while away"], new[] { Text(await again.IncomingAsync()), Text(await again.IncomingAsync()) }.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_client_of_version_5_is_told_that_the_broker_does_not_speak_it()
    {
        await using var server = await NatsServer.StartAsync();
        await using var link = await ClientHarness.StartAsync(Options(server, "five") with { Version = MqttVersion.V500 });
        var refused = await link.DisconnectedAsync();
        Assert.Equal((ReasonCode.UnsupportedProtocolVersion, true), (refused.Code, refused.ByServer));
        Assert.Equal(MqttLinkState.Refused, link.Client.State);
    }
}
