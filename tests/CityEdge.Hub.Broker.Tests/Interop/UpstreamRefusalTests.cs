using System.Buffers;
using System.Net;
using System.Net.Sockets;
using CityEdge.Mqtt;
using static CityEdge.Hub.Broker.Tests.Interop.UpstreamFleet;

namespace CityEdge.Hub.Broker.Tests.Interop;

/// <summary>What keeps the hub from an upstream broker is said with its mend, in <c>/readyz</c> and the log, and never ends the hub.</summary>
public sealed class UpstreamRefusalTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_broker_of_311_only_is_named_with_the_mend_and_served_with_it()
    {
        await using var server = await NatsServer.StartAsync();
        await using (var refused = await HubAsync(folder["hub"], server.Url)) await refused.ProblemAsync("--upstream-version 3.1.1");

        await using var hub = await HubAsync(folder["hub"], server.Url, "--upstream-version", "3.1.1");
        await hub.PutRuleAsync(Rule);
        await hub.ConnectedAsync();
        await using var device = await ConnectAsync(server.Url, "devices", version: MqttVersion.V311);
        await PublishAllAsync(device, [Telemetry("room-1", Start, 20), Telemetry("room-1", Start + 1000, 5)]);
        await Wait.UntilAsync("the readings", async () => (await ReadingsAsync(hub, "room-1")).Count == 2, Patience, () => hub.Child.Errors);
        await Wait.UntilAsync("the card", async () => await hub.CountAsync("published") >= 1, Patience, () => hub.Child.Errors);
        Assert.Equal(0, await hub.CountAsync("refused"));
    }

    [Fact]
    public async Task A_broker_without_shared_subscriptions_is_named_with_the_mend()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeWithoutSharingAsync(listener);
        await using (var hub = await HubAsync(folder["hub"], $"mqtt://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}"))
        {
            await hub.ProblemAsync("--upstream-share none");
            Assert.False(hub.Child.Process.HasExited);
        }
        listener.Stop();
        await serving;
    }

    [Fact]
    public async Task User_password_and_authority_are_those_of_the_settings()
    {
        await using var server = await MosquittoServer.StartAsync("allow_anonymous false\npassword_file FOLDER/passwords\nrequire_certificate true", tls: true, new Dictionary<string, string> { ["hub"] = "right" });
        var url = server.TlsUrl.Replace("://", "://hub@", StringComparison.Ordinal);
        string[] tls = ["--upstream-ca", server.CaFile, "--upstream-cert", server.ClientCertificateFile, "--upstream-key", server.ClientKeyFile];
        await using (var wrong = await HubAsync(folder["hub"], url, [.. tls, "--upstream-password-file", folder.Write("wrong", "wrong")])) await wrong.ProblemAsync("--upstream-password-file");
        await using (var distrustful = await HubAsync(folder["hub"], url, ["--upstream-password-file", folder.Write("right", "right\n")])) await distrustful.ProblemAsync("certificate");
        await using var hub = await HubAsync(folder["hub"], url, [.. tls, "--upstream-password-file", folder["right"]]);
        await hub.ConnectedAsync();
    }

    /// <summary>A 5.0 server that says in CONNACK that it has no shared subscriptions, and grants all else.</summary>
    private static async Task ServeWithoutSharingAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var peer = await listener.AcceptTcpClientAsync(Ct);
                var stream = peer.GetStream();
                var buffer = new byte[65536];
                var held = 0;
                while (await stream.ReadAsync(buffer.AsMemory(held), Ct) is > 0 and var read)
                {
                    held += read;
                    while (PacketFraming.TryReadFrame(buffer.AsSpan(0, held), 60_000, out var header, out var body, out var consumed, out _) == FrameStatus.Frame)
                    {
                        var output = new ArrayBufferWriter<byte>();
                        switch (PacketFraming.TypeOf(header))
                        {
                            case PacketType.Connect:
                                PacketEncoder.Write(output, MqttVersion.V500, new ConnAckPacket(false, ReasonCode.Success, new() { SharedSubscriptionAvailable = false }));
                                break;
                            case PacketType.Subscribe when PacketDecoder.TryDecodeSubscribe(body, MqttVersion.V500, out var subscribe, out _):
                                Assert.DoesNotContain(subscribe.Subscriptions, s => s.Filter.StartsWith("$share", StringComparison.Ordinal));
                                PacketEncoder.Write(output, MqttVersion.V500, new SubAckPacket(subscribe.PacketId, [.. subscribe.Subscriptions.Select(_ => ReasonCode.GrantedQoS1)]));
                                break;
                        }
                        buffer.AsSpan(consumed, held - consumed).CopyTo(buffer);
                        held -= consumed;
                        if (output.WrittenCount > 0) await stream.WriteAsync(output.WrittenMemory, Ct);
                    }
                }
            }
        }
        catch (Exception end) when (end is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The test is over, or the hub went.
            return;
        }
    }

    public void Dispose() => folder.Dispose();
}
