using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace CityEdge.Mqtt;

/// <summary>Opens the byte stream: TCP without delay, and TLS with the system's or the given authorities.</summary>
internal static class MqttTransport
{
    public static async Task<Stream> OpenAsync(MqttEndpoint endpoint, MqttClientOptions options, CancellationToken cancellation)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(endpoint.Host, endpoint.Port, cancellation);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (!endpoint.Tls) return stream;
            var tls = new SslStream(stream, leaveInnerStreamOpen: false);
            stream = tls;
            await tls.AuthenticateAsClientAsync(TlsOptions(endpoint, options), cancellation);
            return tls;
        }
        catch
        {
            if (stream is null) socket.Dispose();
            else await stream.DisposeAsync();
            throw;
        }
    }

    private static SslClientAuthenticationOptions TlsOptions(MqttEndpoint endpoint, MqttClientOptions options)
    {
        var tls = new SslClientAuthenticationOptions { TargetHost = endpoint.Host };
        if (options.CaFile is { } caFile)
        {
            var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
            policy.CustomTrustStore.ImportFromPemFile(caFile);
            if (policy.CustomTrustStore.Count == 0) throw new IOException($"{caFile}: no certificate in it; give the PEM file of the authority that signed the server's certificate");
            tls.CertificateChainPolicy = policy;
        }
        if (options.ClientCertificateFile is { } certificate)
            tls.ClientCertificates = [X509Certificate2.CreateFromPemFile(certificate, options.ClientKeyFile)];
        if (!options.CheckServerName)
            tls.RemoteCertificateValidationCallback = (_, _, _, errors) => (errors & ~SslPolicyErrors.RemoteCertificateNameMismatch) == 0;
        return tls;
    }
}
