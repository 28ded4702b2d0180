using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Hub.Hosting;

namespace CityEdge.Hub.Security;

/// <summary>
/// The certificates of the TLS listeners, read from files and read again within a second of a change, without a restart: a connection made later gets the new ones. Files
/// that cannot be used leave those in force, and the log says why.
/// </summary>
public sealed class TlsFiles
{
    private const string ClientAuthentication = "1.3.6.1.5.5.7.3.2";
    private readonly HubOptions options;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private volatile State state;
    private string stamps;

    /// <exception cref="InvalidDataException">A file cannot be used; the message names it and why.</exception>
    public TlsFiles(HubOptions options, TimeProvider time, ILogger<TlsFiles> logger)
    {
        (this.options, this.time, this.logger) = (options, time, logger);
        stamps = Stamps();
        state = Read();
    }

    /// <summary>How often the files are looked at.</summary>
    public static TimeSpan Every { get; } = TimeSpan.FromMilliseconds(400);

    /// <summary>What a TLS handshake is to use; clients may show certificates where <paramref name="clients"/> is true and there is a client authority.</summary>
    public SslServerAuthenticationOptions Handshake(bool clients)
    {
        var now = state;
        var handshake = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = now.Server,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (!clients) return handshake;
        // MQTT clients that speak of a protocol at all say this.
        handshake.ApplicationProtocols = [new SslApplicationProtocol("mqtt")];
        if (now.Authorities.Count == 0) return handshake;
        handshake.ClientCertificateRequired = true;
        handshake.RemoteCertificateValidationCallback = (_, certificate, chain, _) => certificate is null || Accept(certificate as X509Certificate2 ?? new X509Certificate2(certificate), chain);
        return handshake;
    }

    /// <summary>True when this certificate is from one of the client authorities, in its time and not revoked.</summary>
    public bool Trusts(X509Certificate2 certificate) => Problem(certificate, null) is null;

    /// <summary>Reads the files again if they changed; true when they did and could be used.</summary>
    public bool Refresh()
    {
        var seen = Stamps();
        if (seen == stamps) return false;
        stamps = seen;
        try
        {
            state = Read();
            logger.LogInformation("The certificate files have changed and are in force.");
            return true;
        }
        catch (InvalidDataException error)
        {
            logger.LogError("{Problem} The certificates in force stay.", error.Message);
            return false;
        }
    }

    private bool Accept(X509Certificate2 certificate, X509Chain? sent)
    {
        if (Problem(certificate, sent) is not { } problem) return true;
        logger.LogWarning("A client certificate of '{Subject}', serial {Serial}, is refused: {Problem}", certificate.Subject, certificate.SerialNumber, problem);
        return false;
    }

    private string? Problem(X509Certificate2 certificate, X509Chain? sent)
    {
        var now = state;
        using var chain = new X509Chain();
        chain.ChainPolicy.TrustMode = X509ChainTrustMode.CustomRootTrust;
        chain.ChainPolicy.CustomTrustStore.AddRange(now.Authorities);
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;
        chain.ChainPolicy.DisableCertificateDownloads = true;
        chain.ChainPolicy.VerificationTime = time.GetUtcNow().UtcDateTime;
        chain.ChainPolicy.ApplicationPolicy.Add(new Oid(ClientAuthentication));
        if (sent is not null) chain.ChainPolicy.ExtraStore.AddRange(sent.ChainPolicy.ExtraStore);
        if (!chain.Build(certificate)) return string.Join(' ', chain.ChainStatus.Select(s => s.StatusInformation.Trim()));
        return now.Revoked is { } revoked && revoked.Contains(certificate) ? "it is revoked." : null;
    }

    private State Read()
    {
        var server = Try(options.CertificateFile!, () =>
        {
            using var pem = X509Certificate2.CreateFromPemFile(options.CertificateFile!, options.KeyFile!);
            var chain = new X509Certificate2Collection();
            chain.ImportFromPemFile(options.CertificateFile!);
            // By way of PKCS #12 the key is one that TLS can use on every platform.
            var leaf = X509CertificateLoader.LoadPkcs12(pem.Export(X509ContentType.Pkcs12), null);
            return SslStreamCertificateContext.Create(leaf, new X509Certificate2Collection(chain.Skip(1).ToArray()), offline: true);
        });
        var authorities = new X509Certificate2Collection();
        if (options.ClientCaFile is { } ca)
        {
            Try(ca, () =>
            {
                authorities.ImportFromPemFile(ca);
                return authorities.Count > 0 ? true : throw new InvalidDataException("it holds no certificate");
            });
        }
        var revoked = options.ClientCrlFile is { } crl ? Try(crl, () => RevocationList.Parse(File.ReadAllBytes(crl), authorities)) : null;
        if (revoked?.NextUpdate is { } next && next < time.GetUtcNow()) logger.LogError("{File}: a newer revocation list was due on {Next:u}. What this one names stays revoked; put the newer one here.", options.ClientCrlFile, next);
        return new State(server, authorities, revoked);
    }

    private static T Try<T>(string file, Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception error) when (error is InvalidDataException or CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new InvalidDataException($"{file}: {error.Message.TrimEnd('.')}.", error);
        }
    }

    private string Stamps() => string.Join('|', new[] { options.CertificateFile, options.KeyFile, options.ClientCaFile, options.ClientCrlFile }.OfType<string>().Select(f =>
        new FileInfo(f) is { Exists: true } info ? $"{info.LastWriteTimeUtc.Ticks}-{info.Length}-{info.ResolveLinkTarget(returnFinalTarget: true)?.FullName}" : "-"));

    private sealed record State(SslStreamCertificateContext Server, X509Certificate2Collection Authorities, RevocationList? Revoked);
}
