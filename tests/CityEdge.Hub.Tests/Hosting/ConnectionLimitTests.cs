using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Cli;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Tests;

/// <summary>The limits of connections on real listeners, and how <c>/metrics</c> shows limits.</summary>
[Collection(nameof(OneHubAtATime))]
public sealed class ConnectionLimitTests
{
    [Fact]
    public async Task One_address_has_so_many_connections_over_all_listeners()
    {
        using var folder = new TemporaryFolder();
        using (var maker = CertificateMaker.Create(folder["pki"], TimeProvider.System)) maker.MakeServer([]);
        await using var hub = await RunningHub.StartAsync(folder["data"], o => o with
        {
            Mqtts = "127.0.0.1:0",
            CertificateFile = folder["pki/server.pem"],
            KeyFile = folder["pki/server.key"],
            Broker = o.Broker with { MaxConnectionsPerAddress = 2, LimitLoopback = true },
        });
        await using var first = await hub.ConnectAsync("first");
        using var socket = await WebSocketTests.OpenAsync(hub);
        await using (await WireClient.ConnectAsync(WebSocketStream.Create(socket, WebSocketMessageType.Binary, ownsWebSocket: true), "second"))
        {
            Assert.True(await Record.ExceptionAsync(() => hub.ConnectAsync("third")) is IOException or SocketException);
            var refused = await Assert.ThrowsAsync<WebSocketException>(() => WebSocketTests.OpenAsync(hub));
            Assert.Equal(HttpStatusCode.ServiceUnavailable, refused.Data["status"]);
            // Before the handshake: nothing comes back but the end.
            var cut = await Assert.ThrowsAnyAsync<Exception>(async () =>
            {
                await using var tls = new SslStream(await WireClient.OpenAsync(hub.Host.Mqtts!));
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, TestContext.Current.CancellationToken);
            });
            Assert.True(cut is IOException or SocketException, cut.ToString());
            Assert.Equal((2, 2, 3), (await Metric("limit"), await Metric("used"), await Metric("bitten_total")));
            Assert.Equal(3, await hub.MetricAsync("cityedge_mqtt_closed_total{reason=\"quota_exceeded\"}"));
        }
        await Wait.UntilAsync("the second to be gone", async () => await Metric("used") == 1, TimeSpan.FromSeconds(20));
        await using var again = await hub.ConnectAsync("again");

        Task<double> Metric(string what) => hub.MetricAsync($"cityedge_mqtt_{what}{{limit=\"max_connections_per_address\"}}");
    }

    [Fact]
    public async Task Metrics_show_every_limit_and_how_often_it_bit()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await RunningHub.StartAsync(folder["data"], o => o with { Broker = o.Broker with { MaxTopicLevels = 2, MaxMessagesPerSecond = 0 } });
        await using var client = await hub.ConnectAsync("deep");
        Assert.Equal(0x8F, await client.SubscribeAsync("a/b/c"));
        Assert.Equal((2, 1), (await hub.MetricAsync("cityedge_mqtt_limit{limit=\"topic_levels\"}"), await hub.MetricAsync("cityedge_mqtt_bitten_total{limit=\"topic_levels\"}")));
        var text = await hub.Http.GetStringAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.Contains("cityedge_mqtt_limit{limit=\"message_rate\"} +Inf", text);
        foreach (var key in BrokerSettings.Known.Except(["acl", "forbidden_publish", "transport", "websocket_origins"])) Assert.Contains($"cityedge_mqtt_limit{{limit=\"{key}\"}} ", text);
        foreach (var limit in Enum.GetValues<BrokerLimit>())
        {
            var key = System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(limit.ToString());
            Assert.Contains(key, BrokerSettings.Known);
            Assert.Contains($"cityedge_mqtt_bitten_total{{limit=\"{key}\"}} ", text);
        }
    }
}
