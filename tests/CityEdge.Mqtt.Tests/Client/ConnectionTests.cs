using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CityEdge.Mqtt.Tests.Client;

public class ConnectionTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // Full jitter at its upper end, or wherever the test wants it.
    private sealed class Drawn(double value) : Random
    {
        public override double NextDouble() => value;
    }

    private static MqttClientOptions Options(string url, ManualTimeProvider time, double drawn = 1) => new()
    {
        Url = url, ClientId = "c", Time = time, Random = new Drawn(drawn), ConnectTimeout = TimeSpan.FromMinutes(60),
    };

    private static string ClosedPort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return $"127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}";
    }

    [Fact]
    public async Task Waits_between_attempts_double_to_their_cap()
    {
        var time = new ManualTimeProvider();
        await using var link = await ClientHarness.StartAsync(Options(ClosedPort(), time));
        foreach (var seconds in new[] { 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 12.8, 25.6, 30, 30 })
        {
            var failed = await link.DisconnectedAsync();
            Assert.Equal(TimeSpan.FromSeconds(seconds), failed.Retry);
            Assert.Null(failed.Code);
            await time.WaitForTimerAsync(failed.Retry!.Value, Stop);
            Assert.Equal(MqttLinkState.Waiting, link.Client.State);
            time.Advance(failed.Retry.Value);
        }
    }

    [Fact]
    public async Task Jitter_goes_down_to_a_floor_so_that_a_closed_port_is_not_hammered()
    {
        await using var link = await ClientHarness.StartAsync(Options(ClosedPort(), new ManualTimeProvider(), drawn: 0));
        Assert.Equal(TimeSpan.FromMilliseconds(20), (await link.DisconnectedAsync()).Retry);
    }

    [Fact]
    public async Task A_stable_connection_starts_the_waits_afresh_and_a_short_one_does_not()
    {
        var time = new ManualTimeProvider();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, time) with { KeepAlive = TimeSpan.Zero });
        foreach (var (lived, wait) in new[] { (1, 0.2), (1, 0.4), (9, 0.8), (10, 0.2), (0, 0.4) })
        {
            var peer = await server.WelcomeAsync(Stop);
            await link.ConnectedAsync();
            time.Advance(lived * Second);
            peer.Dispose();
            var lost = await link.DisconnectedAsync();
            Assert.Equal(TimeSpan.FromSeconds(wait), lost.Retry);
            await time.WaitForTimerAsync(lost.Retry!.Value, Stop);
            time.Advance(lost.Retry.Value);
        }
    }

    [Theory]
    [InlineData(MqttVersion.V311)]
    [InlineData(MqttVersion.V500)]
    public async Task A_refusal_is_shown_and_retried_slowly(MqttVersion version)
    {
        var time = new ManualTimeProvider();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, time, drawn: 0.5) with { Version = version, UserName = "u", Password = "wrong" });
        var peer = await server.AcceptAsync(Stop);
        Assert.Equal(("u", "wrong"), (peer.Connect.UserName, Encoding.UTF8.GetString(peer.Connect.Password!)));
        await peer.SendAsync(new ConnAckPacket(false, ReasonCode.BadUserNameOrPassword, version == MqttVersion.V500 ? new() { ReasonString = "who?" } : null));
        var refused = await link.DisconnectedAsync();
        Assert.Equal((ReasonCode.BadUserNameOrPassword, true, 22.5 * Second), (refused.Code, refused.ByServer, refused.Retry));
        Assert.Contains(version == MqttVersion.V500 ? "who?" : "BadUserNameOrPassword", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong", refused.Message, StringComparison.Ordinal);
        await time.WaitForTimerAsync(refused.Retry!.Value, Stop);
        Assert.Equal(MqttLinkState.Refused, link.Client.State);
        time.Advance(refused.Retry.Value);
        peer = await server.WelcomeAsync(Stop);
        await link.Client.WaitConnectedAsync(Stop).Within("connection");
    }

    [Fact]
    public async Task A_server_without_5_0_is_understood()
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, new ManualTimeProvider()));
        var peer = await server.AcceptAsync(Stop);
        await peer.SendRawAsync([0x20, 2, 0, 1]);
        Assert.Equal(ReasonCode.UnsupportedProtocolVersion, (await link.DisconnectedAsync()).Code);
    }

    [Fact]
    public async Task A_server_that_does_not_answer_connect_is_given_up()
    {
        var time = new ManualTimeProvider();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, time) with { ConnectTimeout = 10 * Second });
        await server.AcceptAsync(Stop);
        await time.WaitForTimerAsync(10 * Second, Stop);
        time.Advance(10 * Second);
        Assert.Contains("within 10 s", (await link.DisconnectedAsync()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Silence_is_broken_by_pings_and_ends_the_connection_when_they_are_not_answered()
    {
        var time = new ManualTimeProvider();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, time) with { KeepAlive = 40 * Second });
        var peer = await server.WelcomeAsync(Stop);
        Assert.Equal(40, peer.Connect.KeepAlive);
        await time.WaitForTimerAsync(30 * Second, Stop);
        time.Advance(30 * Second);
        Assert.Equal(PacketType.PingReq, await peer.ReadAsync<PacketType>());
        await time.WaitForTimerAsync(10 * Second, Stop);
        await peer.SendAsync(PacketType.PingResp);
        // Its answer has been read when this publish has been acknowledged.
        var publish = link.Client.PublishAsync(new("t", default), Stop);
        await peer.SendAsync(new AckPacket(PacketType.PubAck, (await peer.ReadAsync<PublishPacket>()).PacketId));
        await publish.Within("PUBACK");
        time.Advance(10 * Second);
        await time.WaitForTimerAsync(20 * Second, Stop);
        Assert.Equal(MqttLinkState.Connected, link.Client.State);

        time.Advance(20 * Second);
        Assert.Equal(PacketType.PingReq, await peer.ReadAsync<PacketType>());
        await time.WaitForTimerAsync(10 * Second, Stop);
        time.Advance(10 * Second);
        var lost = await link.DisconnectedAsync();
        Assert.Equal((ReasonCode.KeepAliveTimeout, false), (lost.Code, lost.ByServer));
        Assert.Equal(ReasonCode.KeepAliveTimeout, (await peer.ReadAsync<DisconnectPacket>()).Code);
    }

    [Fact]
    public async Task The_servers_keep_alive_and_client_identifier_are_taken_over()
    {
        var time = new ManualTimeProvider();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, time) with { ClientId = "" });
        var peer = await server.WelcomeAsync(Stop, properties: new() { ServerKeepAlive = 4, AssignedClientIdentifier = "given" });
        Assert.StartsWith("cityedge-", peer.Connect.ClientId, StringComparison.Ordinal);
        Assert.Equal("given", (await link.ConnectedAsync()).ClientId);
        Assert.Equal("given", link.Client.ClientId);
        await time.WaitForTimerAsync(3 * Second, Stop);
        time.Advance(3 * Second);
        Assert.Equal(PacketType.PingReq, await peer.ReadAsync<PacketType>());
        await time.WaitForTimerAsync(4 * Second, Stop);
    }

    [Fact]
    public async Task The_reason_of_a_server_that_disconnects_is_shown()
    {
        var time = new ManualTimeProvider();
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(Options(server.Url, time));
        var peer = await server.WelcomeAsync(Stop);
        await peer.SendAsync(new DisconnectPacket(ReasonCode.SessionTakenOver, new() { ReasonString = "twin" }));
        var lost = await link.DisconnectedAsync();
        Assert.Equal((ReasonCode.SessionTakenOver, true), (lost.Code, lost.ByServer));
        Assert.Contains("twin", lost.Message, StringComparison.Ordinal);
        // Two clients of one name must not throw each other out in a tight loop.
        Assert.Equal(30 * Second, lost.Retry);
    }

    [Theory]
    [InlineData(MqttVersion.V311, false)]
    [InlineData(MqttVersion.V311, true)]
    [InlineData(MqttVersion.V500, false)]
    [InlineData(MqttVersion.V500, true)]
    public async Task Disconnecting_says_whether_the_will_is_wanted(MqttVersion version, bool publishWill)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(new()
        {
            Url = server.Url, Version = version, ClientId = "c", Will = new("w", "gone"u8.ToArray(), QoS.AtLeastOnce, true), WillDelay = 7 * Second, SessionExpiry = 60 * Second,
        });
        var peer = await server.WelcomeAsync(Stop);
        var will = peer.Connect.Will!;
        Assert.Equal(("w", "gone", QoS.AtLeastOnce, true), (will.Topic, Encoding.UTF8.GetString(will.Payload.Span), will.QoS, will.Retain));
        Assert.Equal(version == MqttVersion.V500 ? 7u : null, will.Properties?.WillDelayInterval);
        Assert.Equal(version == MqttVersion.V500 ? 60u : null, peer.Connect.Properties?.SessionExpiryInterval);
        await link.ConnectedAsync();
        await link.Client.DisconnectAsync(publishWill, Stop);
        if (version == MqttVersion.V500 || !publishWill)
            Assert.Equal(publishWill ? ReasonCode.DisconnectWithWillMessage : ReasonCode.Success, (await peer.ReadAsync<DisconnectPacket>()).Code);
        await Assert.ThrowsAsync<EndOfStreamException>(() => peer.ReadAnyAsync());
        Assert.Null((await link.DisconnectedAsync()).Retry);
    }

    [Theory]
    [InlineData(MqttVersion.V311, true)]
    [InlineData(MqttVersion.V500, false)]
    public async Task Clean_start_is_for_the_first_connection_only_where_sessions_last(MqttVersion version, bool secondTime)
    {
        await using var server = new FakeServer();
        await using var link = await ClientHarness.StartAsync(new() { Url = server.Url, Version = version, ClientId = "c", CleanStart = true, MaxBackoff = Second });
        var peer = await server.WelcomeAsync(Stop);
        Assert.True(peer.Connect.CleanStart);
        await link.ConnectedAsync();
        peer.Dispose();
        Assert.Equal(secondTime, (await server.AcceptAsync(Stop)).Connect.CleanStart);
    }

    [Fact]
    public async Task Disposing_ends_at_once_whatever_the_link_is_doing()
    {
        var time = new ManualTimeProvider();
        var waiting = await ClientHarness.StartAsync(Options(ClosedPort(), time));
        await waiting.DisconnectedAsync();
        await waiting.DisposeAsync().AsTask().Within("dispose while waiting");
        await using var server = new FakeServer();
        var connecting = await ClientHarness.StartAsync(Options(server.Url, time));
        await server.AcceptAsync(Stop);
        await connecting.DisposeAsync().AsTask().Within("dispose while connecting");
        await connecting.DisposeAsync();
        var never = new MqttClient(Options(server.Url, time));
        await never.DisposeAsync();
    }

    [Theory]
    [InlineData("mqtt://host", "mqtt://host:1883")]
    [InlineData("mqtts://host", "mqtts://host:8883")]
    [InlineData("MQTTS://host:1/", "mqtts://host:1")]
    [InlineData("host:1884", "mqtt://host:1884")]
    [InlineData("host", "mqtt://host:1883")]
    [InlineData("[::1]:1884", "mqtt://[::1]:1884")]
    [InlineData("mqtt://[::1]", "mqtt://[::1]:1883")]
    [InlineData("http://host", null)]
    [InlineData("mqtt://", null)]
    [InlineData("mqtt://host:0", null)]
    [InlineData("mqtt://host:99999", null)]
    [InlineData("mqtt://host/path", null)]
    [InlineData("mqtt://user:pw@host", null)]
    public void Addresses(string text, string? parsed)
    {
        Assert.Equal(parsed is not null, MqttEndpoint.TryParse(text, out var endpoint, out var error));
        if (parsed is not null) Assert.Equal(parsed, endpoint.ToString());
        else Assert.Contains(text, error, StringComparison.Ordinal);
    }

    [Fact]
    public void Wrong_options_are_named()
    {
        var good = new MqttClientOptions { Url = "host" };
        foreach (var (options, word) in new[]
        {
            (good with { Url = "ftp://host" }, "ftp"), (good with { MaxInflight = 0 }, "MaxInflight"), (good with { ReceiveMaximum = 70_000 }, "ReceiveMaximum"),
            (good with { KeepAlive = TimeSpan.FromMilliseconds(1) }, "KeepAlive"), (good with { Will = new("a/#", default) }, "will"), (good with { MaxPacketSize = 1 }, "MaxPacketSize"),
            (good with { Version = MqttVersion.V311, Password = "p" }, "3.1.1"),
        })
            Assert.Contains(word, Assert.Throws<ArgumentException>(() => new MqttClient(options)).Message, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", (good with { Password = "hush" }).ToString(), StringComparison.Ordinal);
    }
}
