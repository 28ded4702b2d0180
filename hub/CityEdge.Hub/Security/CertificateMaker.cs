using System.Net;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CityEdge.Hub.Security;

/// <summary>
/// An authority of one's own in a directory: <c>ca.pem</c>, <c>ca.key</c>, its revocation list <c>ca.crl</c>, and the certificates that it makes. ECDSA P-256; the authority
/// is good for 10 years, a server's certificate for 2, an agent's for 5. Files are readable by their owner only; none but the revocation list is ever written over.
/// </summary>
public sealed class CertificateMaker : IDisposable
{
    private static readonly HashAlgorithmName Hash = HashAlgorithmName.SHA256;
    private readonly string directory;
    private readonly TimeProvider time;
    private readonly X509Certificate2 authority;

    private CertificateMaker(string directory, TimeProvider time, X509Certificate2 authority) => (this.directory, this.time, this.authority) = (directory, time, authority);

    public static string AuthorityFile(string directory) => Path.Combine(directory, "ca.pem");

    public static string RevocationFile(string directory) => Path.Combine(directory, "ca.crl");

    /// <summary>Certificate and key of the server, or of an agent by <c>SITE/DEVICE</c>.</summary>
    public static (string Certificate, string Key) FilesOf(string directory, string? agent = null)
    {
        var name = agent is null ? "server" : "agent-" + agent.Replace('/', '.');
        return (Path.Combine(directory, name + ".pem"), Path.Combine(directory, name + ".key"));
    }

    /// <summary>Makes an authority and its empty revocation list.</summary>
    /// <exception cref="IOException">There is one already.</exception>
    public static CertificateMaker Create(string directory, TimeProvider time)
    {
        Directory.CreateDirectory(directory, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        var now = time.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=CityEdge authority " + now.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), key, Hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, hasPathLengthConstraint: true, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        var maker = new CertificateMaker(directory, time, request.CreateSelfSigned(now.AddMinutes(-5), now.AddYears(10)));
        WritePair((AuthorityFile(directory), Path.Combine(directory, "ca.key")), maker.authority, key);
        maker.WriteList(new CertificateRevocationListBuilder(), BigInteger.One);
        return maker;
    }

    /// <summary>Opens the authority of the directory.</summary>
    /// <exception cref="InvalidDataException">There is none, or its files do not belong together.</exception>
    public static CertificateMaker Open(string directory, TimeProvider time)
    {
        try
        {
            return new CertificateMaker(directory, time, X509Certificate2.CreateFromPemFile(AuthorityFile(directory), Path.Combine(directory, "ca.key")));
        }
        catch (Exception error) when (error is IOException or CryptographicException or ArgumentException)
        {
            throw new InvalidDataException($"{directory}: the authority ca.pem with ca.key cannot be used: {error.Message} Make one with: cityedge-hub tls init --dir DIR", error);
        }
    }

    /// <summary>The server's certificate for these names and addresses, and for the loopback.</summary>
    public void MakeServer(IReadOnlyList<string> names)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        foreach (var name in names.Append("localhost").Append("127.0.0.1").Append("::1").Distinct(StringComparer.OrdinalIgnoreCase))
        {
            if (IPAddress.TryParse(name, out var address)) alternatives.AddIpAddress(address);
            else alternatives.AddDnsName(name);
        }
        Make(FilesOf(directory), names.Count > 0 ? names[0] : "localhost", alternatives, "1.3.6.1.5.5.7.3.1", 2);
    }

    /// <summary>An agent's certificate: common name and URI name its device.</summary>
    public void MakeAgent(string device)
    {
        var alternatives = new SubjectAlternativeNameBuilder();
        alternatives.AddUri(new Uri("cityedge:" + device));
        Make(FilesOf(directory, device), device, alternatives, "1.3.6.1.5.5.7.3.2", 5);
    }

    /// <summary>Puts a certificate on the revocation list; false when it is there already.</summary>
    public bool Revoke(X509Certificate2 certificate)
    {
        var file = RevocationFile(directory);
        var known = RevocationList.Parse(File.ReadAllBytes(file), [authority]);
        if (known.Contains(certificate)) return false;
        var list = CertificateRevocationListBuilder.LoadPem(File.ReadAllText(file), out var number);
        list.AddEntry(certificate, time.GetUtcNow(), X509RevocationReason.CessationOfOperation);
        WriteList(list, number + 1);
        return true;
    }

    /// <inheritdoc />
    public void Dispose() => authority.Dispose();

    private void Make((string Certificate, string Key) files, string commonName, SubjectAlternativeNameBuilder alternatives, string purpose, int years)
    {
        var now = time.GetUtcNow();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var subject = new X500DistinguishedNameBuilder();
        subject.AddCommonName(commonName.Length > 64 ? commonName[..64] : commonName);
        var request = new CertificateRequest(subject.Build(), key, Hash);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(false, false, 0, critical: true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.DigitalSignature, critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(purpose)], critical: false));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(request.PublicKey, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromCertificate(authority, includeKeyIdentifier: true, includeIssuerAndSerial: false));
        request.CertificateExtensions.Add(alternatives.Build());
        // A positive number, as RFC 5280 §4.1.2.2 asks.
        var serial = RandomNumberGenerator.GetBytes(16);
        serial[0] = (byte)(serial[0] & 0x7F | 0x40);
        var until = now.AddYears(years);
        using var certificate = request.Create(authority, now.AddMinutes(-5), until < authority.NotAfter ? until : authority.NotAfter, serial);
        WritePair(files, certificate, key);
    }

    private void WriteList(CertificateRevocationListBuilder list, BigInteger number)
    {
        var file = RevocationFile(directory);
        var pem = PemEncoding.WriteString("X509 CRL", list.Build(authority, number, time.GetUtcNow().AddYears(1), Hash, thisUpdate: time.GetUtcNow().AddMinutes(-5)));
        var next = $"{file}.{number}.new";
        Secrets.WritePrivate(next, Encoding.ASCII.GetBytes(pem + "\n"));
        // In one step: a hub that watches it never reads half a list.
        File.Move(next, file, overwrite: true);
    }

    /// <summary>The key first: a certificate is there only with its key.</summary>
    private static void WritePair((string Certificate, string Key) files, X509Certificate2 certificate, ECDsa key)
    {
        if (File.Exists(files.Certificate)) throw new IOException($"{files.Certificate} is there already and is not written over; move it away first.");
        if (File.Exists(files.Key)) throw new IOException($"{files.Key} is there already and is not written over; move it away first.");
        Secrets.WritePrivate(files.Key, Encoding.ASCII.GetBytes(key.ExportPkcs8PrivateKeyPem() + "\n"));
        Secrets.WritePrivate(files.Certificate, Encoding.ASCII.GetBytes(certificate.ExportCertificatePem() + "\n"));
    }
}
