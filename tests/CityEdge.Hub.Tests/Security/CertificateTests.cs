using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Hub.Security;

namespace CityEdge.Hub.Tests.Security;

/// <summary>Certificates: whom they name, who revokes them, and what the authority of one's own writes.</summary>
public sealed class CertificateTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("cityedge-pki-");

    [Theory]
    [InlineData("CN=s1/d1", null, null, "s1/d1")]
    [InlineData("O=City,CN=s1/d1", null, null, "s1/d1")]
    [InlineData("CN=Boiler room 7", "cityedge:s1/d1", null, "s1/d1")]
    [InlineData("CN=Boiler room 7", null, "s1/d1", "s1/d1")]
    [InlineData("CN=s1/d1", "cityedge:s1/d1", "s1/d1", "s1/d1")]
    [InlineData("CN=s1/d1", "cityedge:s1/d2", null, null)]
    [InlineData("CN=s1/d1/x", null, null, null)]
    [InlineData("CN=s 1/d1", null, null, null)]
    [InlineData("CN=s1/+", null, null, null)]
    [InlineData("O=s1/d1", null, null, null)]
    [InlineData("CN=server", "https://hub/s1/d1", "hub.example", null)]
    public void A_certificate_names_one_device_or_none(string subject, string? uri, string? dns, string? device)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest(subject, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        if (uri is not null) names.AddUri(new Uri(uri));
        if (dns is not null) names.AddDnsName(dns);
        if ((uri ?? dns) is not null) request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(1));
        Assert.Equal(device is not null, DeviceCertificate.TryRead(certificate, out var id, out var error));
        Assert.Equal(device ?? "", id);
        Assert.Equal(device is null, error.Length > 0);
    }

    [Fact]
    public void Alternative_names_that_are_no_names_are_an_error_not_a_fault()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=s1/d1", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509Extension("2.5.29.17", [0x30, 0x7F, 0x82], critical: false));
        using var certificate = request.CreateSelfSigned(TimeProvider.System.GetUtcNow(), TimeProvider.System.GetUtcNow().AddDays(1));
        Assert.False(DeviceCertificate.TryRead(certificate, out _, out var error));
        Assert.Contains("cannot be read", error);
    }

    [Fact]
    public void A_revocation_list_names_what_was_revoked_and_only_its_own_authority_makes_it()
    {
        var (dir, other) = (folder.FullName + "/a", folder.FullName + "/b");
        using var maker = CertificateMaker.Create(dir, TimeProvider.System);
        using var stranger = CertificateMaker.Create(other, TimeProvider.System);
        maker.MakeAgent("s1/d1");
        maker.MakeAgent("s1/d2");
        using var first = Load(dir, "s1/d1");
        using var second = Load(dir, "s1/d2");
        using var authority = X509CertificateLoader.LoadCertificateFromFile(CertificateMaker.AuthorityFile(dir));
        Assert.Equal(0, List().Count);
        Assert.True(maker.Revoke(first));
        Assert.False(maker.Revoke(first));
        Assert.True(List().Contains(first));
        Assert.False(List().Contains(second));
        Assert.True(maker.Revoke(second));
        Assert.True(List().Contains(first) && List().Contains(second));
        Assert.Contains("signed", Assert.Throws<InvalidDataException>(() => RevocationList.Parse(File.ReadAllBytes(CertificateMaker.RevocationFile(other)), [authority])).Message);
        RevocationList List() => RevocationList.Parse(File.ReadAllBytes(CertificateMaker.RevocationFile(dir)), [authority]);
    }

    [Fact]
    public void Damaged_revocation_lists_are_refused_with_a_reason()
    {
        using var maker = CertificateMaker.Create(folder.FullName + "/a", TimeProvider.System);
        using var authority = X509CertificateLoader.LoadCertificateFromFile(CertificateMaker.AuthorityFile(folder.FullName + "/a"));
        var text = File.ReadAllText(CertificateMaker.RevocationFile(folder.FullName + "/a"));
        var sound = Convert.FromBase64String(text[PemEncoding.Find(text).Base64Data]);
        Assert.Equal(0, RevocationList.Parse(sound, [authority]).Count);
        var random = new Random(20261121);
        for (var i = 0; i < 3000; i++)
        {
            var bytes = (byte[])sound.Clone();
            bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
            if (i % 3 == 0) bytes = bytes[..random.Next(bytes.Length)];
            if (i % 7 == 0) random.NextBytes(bytes);
            Assert.Throws<InvalidDataException>(() => RevocationList.Parse(bytes, [authority]));
        }
    }

    [Fact]
    public void Files_are_their_owners_alone_and_never_written_over()
    {
        var dir = folder.FullName + "/a";
        using (var maker = CertificateMaker.Create(dir, TimeProvider.System))
        {
            maker.MakeServer(["hub.example", "192.0.2.7"]);
            maker.MakeAgent("s1/d1");
            Assert.Throws<IOException>(() => maker.MakeServer([]));
            Assert.Throws<IOException>(() => maker.MakeAgent("s1/d1"));
        }
        Assert.Throws<IOException>(() => CertificateMaker.Create(dir, TimeProvider.System));
        Assert.All(Directory.GetFiles(dir), f => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(f)));
        using var server = X509CertificateLoader.LoadCertificateFromFile(CertificateMaker.FilesOf(dir).Certificate);
        foreach (var name in new[] { "hub.example", "192.0.2.7", "localhost", "127.0.0.1", "::1" }) Assert.True(server.MatchesHostname(name), name);
        Assert.False(DeviceCertificate.TryRead(server, out _, out _));
    }

    public void Dispose() => folder.Delete(recursive: true);

    private static X509Certificate2 Load(string dir, string device) => X509CertificateLoader.LoadCertificateFromFile(CertificateMaker.FilesOf(dir, device).Certificate);
}
