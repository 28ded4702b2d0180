using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Tests.Security;

/// <summary>Real handshakes with <c>--mqtts</c>: which versions, sessions resumed, and authorities that change under it.</summary>
public sealed class TlsListenerTests : IDisposable
{
    private const string Topic = "cityedge/v1/s1/d1/telemetry";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder folder = new();

    private static CancellationToken Ct => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(SslProtocols.Tls12, true)]
    [InlineData(SslProtocols.Tls12, false)]
    [InlineData(SslProtocols.Tls13, true)]
    [InlineData(SslProtocols.Tls13, false)]
    public async Task Both_versions_are_spoken_with_a_certificate_and_with_a_token(SslProtocols version, bool certificate)
    {
        Make("a", "s1/d1");
        await using var hub = await StartAsync(folder["a/ca.pem"]);
        hub.Authorize((await File.ReadAllTextAsync(Path.Combine(hub.Data, "admin-token"), Ct)).Trim());
        var token = certificate ? null : (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/devices", new { id = "s1/d1" }))["token"].GetString();
        var tls = await HandshakeAsync(hub, version, certificate ? Agent("a", "s1/d1") : null);
        Assert.Equal(version, tls.SslProtocol);
        await using var client = await WireClient.ConnectAsync(tls, "d1", certificate ? null : "s1/d1", token);
        Assert.InRange(await client.PublishAsync(Topic, """[{"n":"t","u":"Cel","v":20}]"""), 0, 0x7f);
        Assert.Equal(0x87, await client.PublishAsync("cityedge/v1/s1/d2/telemetry", "[]"));
    }

    [Fact]
    public async Task An_older_version_is_refused_with_the_alert_that_says_so()
    {
        Make("a");
        await using var hub = await StartAsync(null);
        await using var raw = await WireClient.OpenAsync(hub.Host.Mqtts!);
        // A ClientHello of TLS 1.1 (RFC 4346 §7.4.1.2) with suites that ECDSA certificates can serve, so that the version is the only thing wrong with it.
        byte[] hello = [3, 2, .. new byte[32], 0, 0, 4, 0xc0, 0x0a, 0xc0, 0x09, 1, 0, 0, 14, 0, 10, 0, 4, 0, 2, 0, 23, 0, 11, 0, 2, 1, 0];
        await raw.WriteAsync(new byte[] { 0x16, 3, 1, 0, (byte)(hello.Length + 4), 1, 0, 0, (byte)hello.Length }.Concat(hello).ToArray(), Ct);
        var alert = new byte[7];
        await raw.ReadExactlyAsync(alert, Ct);
        Assert.Equal((0x15, 2, 70), (alert[0], alert[5], alert[6]));
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_session_is_resumed_and_its_certificate_still_judged(string version)
    {
        Make("a", "s1/d1");
        await using var hub = await StartAsync(folder["a/ca.pem"], folder["a/ca.crl"]);
        Assert.Contains("New, ", await ClientAsync(hub, version, "-sess_out"));
        await StoredAsync(1);
        Assert.Contains("Reused, ", await ClientAsync(hub, version, "-sess_in"));
        await StoredAsync(2);
        using (var maker = CertificateMaker.Open(folder["a"], TimeProvider.System))
        using (var certificate = Agent("a", "s1/d1")) Assert.True(maker.Revoke(certificate));
        await Wait.UntilAsync("the resumed session to be refused", async () =>
        {
            var before = Stored();
            await ClientAsync(hub, version, "-sess_in");
            using var settle = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            await settle.WaitForNextTickAsync(Ct);
            return Stored() == before;
        }, Patience);

        long Stored() => hub.Host.Service<MqttBroker>().Stats.MessagesIn.Sum();
        Task StoredAsync(int count) => Wait.UntilAsync($"{count} messages", () => Task.FromResult(Stored() == count), Patience);
    }

    [Fact]
    public async Task Authorities_change_without_a_restart()
    {
        Make("a", "s1/d1");
        Make("b", "s1/d2");
        var trusted = folder["trusted.pem"];
        var (a, b) = (await File.ReadAllTextAsync(folder["a/ca.pem"], Ct), await File.ReadAllTextAsync(folder["b/ca.pem"], Ct));
        await File.WriteAllTextAsync(trusted, a, Ct);
        await using var hub = await StartAsync(trusted);
        await using var first = await WireClient.ConnectAsync(await HandshakeAsync(hub, SslProtocols.None, Agent("a", "s1/d1")), "d1");
        Assert.False(await LetsInAsync(hub, "b", "s1/d2"));
        // The new authority beside the old one, then the old one away.
        await File.WriteAllTextAsync(trusted, a + b, Ct);
        await Wait.UntilAsync("the new authority", () => LetsInAsync(hub, "b", "s1/d2"), Patience);
        Assert.False(first.Closed.IsCompleted);
        await File.WriteAllTextAsync(trusted, b, Ct);
        Assert.Equal(0x98, await first.Closed);
        Assert.False(await LetsInAsync(hub, "a", "s1/d1"));
        Assert.True(await LetsInAsync(hub, "b", "s1/d2"));
    }

    public void Dispose() => folder.Dispose();

    private void Make(string authority, params string[] agents)
    {
        using var maker = CertificateMaker.Create(folder[authority], TimeProvider.System);
        maker.MakeServer([]);
        foreach (var agent in agents) maker.MakeAgent(agent);
    }

    private Task<RunningHub> StartAsync(string? clientCa, string? clientCrl = null) => RunningHub.StartAsync(folder["data"], o => o with
    {
        Auth = AuthMode.Required,
        Mqtts = "127.0.0.1:0",
        CertificateFile = folder["a/server.pem"],
        KeyFile = folder["a/server.key"],
        ClientCaFile = clientCa,
        ClientCrlFile = clientCrl,
    });

    private X509Certificate2 Agent(string authority, string device)
    {
        var (certificate, key) = CertificateMaker.FilesOf(folder[authority], device);
        return X509Certificate2.CreateFromPemFile(certificate, key);
    }

    private async Task<SslStream> HandshakeAsync(RunningHub hub, SslProtocols version, X509Certificate2? certificate)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(folder["a/ca.pem"]);
        var tls = new SslStream(await WireClient.OpenAsync(hub.Host.Mqtts!));
        try
        {
            await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost", EnabledSslProtocols = version, CertificateChainPolicy = policy, ClientCertificates = certificate is null ? null : [certificate] }, Ct);
            return tls;
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }

    private async Task<bool> LetsInAsync(RunningHub hub, string authority, string device)
    {
        try
        {
            // TLS 1.3 tells a client only after its handshake that its certificate is refused.
            await using var client = await WireClient.ConnectAsync(await HandshakeAsync(hub, SslProtocols.None, Agent(authority, device)), device.Replace('/', '.'));
            return true;
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            return false;
        }
    }

    /// <summary>openssl says whether a session was resumed, which no API of .NET does. Sends CONNECT, one message, and a second CONNECT, at which the hub closes.</summary>
    private async Task<string> ClientAsync(RunningHub hub, string version, string session)
    {
        const string connect = "\u0010\u0011\0\u0004MQTT\u0005\u0002\0<\0\0\u0004abcd";
        var publish = $"\u0030{(char)(Topic.Length + 5)}\0{(char)Topic.Length}{Topic}\0[]";
        var (certificate, key) = CertificateMaker.FilesOf(folder["a"], "s1/d1");
        await using var openssl = new ChildProcess("openssl", ["s_client", "-connect", hub.Host.Mqtts!, "-CAfile", folder["a/ca.pem"], version, "-cert", certificate, "-key", key, session, folder["session.pem"], "-ign_eof"], input: connect + publish + connect);
        await openssl.WaitForExitAsync(Patience);
        return string.Join('\n', openssl.Lines) + openssl.Errors;
    }
}
