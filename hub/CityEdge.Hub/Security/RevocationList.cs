using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace CityEdge.Hub.Security;

/// <summary>A certificate revocation list (RFC 5280 §5, PEM or DER), signed by the authority whose certificates it revokes.</summary>
public sealed class RevocationList
{
    private readonly HashSet<string> serials;

    private RevocationList(HashSet<string> serials, DateTimeOffset? nextUpdate) => (this.serials, NextUpdate) = (serials, nextUpdate);

    /// <summary>When its author promised a newer one. An older list still revokes what it names.</summary>
    public DateTimeOffset? NextUpdate { get; }

    public int Count => serials.Count;

    public bool Contains(X509Certificate2 certificate) => serials.Contains(Hex(certificate.SerialNumberBytes.Span));

    /// <summary>Reads a list and checks its signature with that of the <paramref name="authorities"/> that issued it.</summary>
    /// <exception cref="InvalidDataException">It is not a list, or none of the authorities signed it; the message says which.</exception>
    public static RevocationList Parse(byte[] content, IEnumerable<X509Certificate2> authorities)
    {
        try
        {
            var text = System.Text.Encoding.Latin1.GetString(content);
            if (PemEncoding.TryFind(text, out var pem))
            {
                if (text[pem.Label] != "X509 CRL") throw new InvalidDataException($"it is a PEM '{text[pem.Label]}', expected 'X509 CRL'");
                content = Convert.FromBase64String(text[pem.Base64Data]);
            }
            var file = new AsnReader(content, AsnEncodingRules.DER);
            var outer = file.ReadSequence();
            file.ThrowIfNotEmpty();
            var signed = outer.ReadEncodedValue();
            var named = outer.ReadEncodedValue();
            var algorithm = new AsnReader(named, AsnEncodingRules.DER).ReadSequence().ReadObjectIdentifier();
            var signature = outer.ReadBitString(out var unused);
            outer.ThrowIfNotEmpty();
            var body = new AsnReader(signed, AsnEncodingRules.DER).ReadSequence();
            if (body.PeekTag().HasSameClassAndValue(Asn1Tag.Integer)) body.ReadInteger();
            if (unused != 0 || !body.ReadEncodedValue().Span.SequenceEqual(named.Span)) throw new InvalidDataException("what is signed and the signature name two algorithms");
            var issuer = body.ReadEncodedValue().ToArray();
            ReadTime(body);
            DateTimeOffset? next = body.HasData && IsTime(body.PeekTag()) ? ReadTime(body) : null;
            var serials = new HashSet<string>(StringComparer.Ordinal);
            if (body.HasData && body.PeekTag().HasSameClassAndValue(Asn1Tag.Sequence))
            {
                var entries = body.ReadSequence();
                while (entries.HasData) serials.Add(Hex(entries.ReadSequence().ReadIntegerBytes().Span));
            }
            if (!authorities.Any(a => a.SubjectName.RawData.AsSpan().SequenceEqual(issuer) && Verifies(a, signed.Span, signature, algorithm)))
                throw new InvalidDataException("none of the client authorities signed it");
            return new RevocationList(serials, next);
        }
        catch (Exception error) when (error is AsnContentException or CryptographicException or FormatException)
        {
            throw new InvalidDataException($"it is not a revocation list: {error.Message}", error);
        }
    }

    private static bool Verifies(X509Certificate2 authority, ReadOnlySpan<byte> signed, byte[] signature, string algorithm)
    {
        HashAlgorithmName hash = algorithm switch
        {
            "1.2.840.10045.4.3.2" or "1.2.840.113549.1.1.11" => HashAlgorithmName.SHA256,
            "1.2.840.10045.4.3.3" or "1.2.840.113549.1.1.12" => HashAlgorithmName.SHA384,
            "1.2.840.10045.4.3.4" or "1.2.840.113549.1.1.13" => HashAlgorithmName.SHA512,
            _ => throw new InvalidDataException($"its signature algorithm {algorithm} is not taken: use ECDSA or RSA with SHA-256, SHA-384 or SHA-512"),
        };
        using var ecdsa = authority.GetECDsaPublicKey();
        if (ecdsa is not null) return ecdsa.VerifyData(signed, signature, hash, DSASignatureFormat.Rfc3279DerSequence);
        using var rsa = authority.GetRSAPublicKey();
        return rsa is not null && rsa.VerifyData(signed, signature, hash, RSASignaturePadding.Pkcs1);
    }

    private static bool IsTime(Asn1Tag tag) => tag.HasSameClassAndValue(Asn1Tag.UtcTime) || tag.HasSameClassAndValue(Asn1Tag.GeneralizedTime);

    private static DateTimeOffset ReadTime(AsnReader reader) => reader.PeekTag().HasSameClassAndValue(Asn1Tag.UtcTime) ? reader.ReadUtcTime() : reader.ReadGeneralizedTime();

    /// <summary>A serial number without the zero byte that DER puts before a high bit.</summary>
    private static string Hex(ReadOnlySpan<byte> serial) => Convert.ToHexString(serial.TrimStart((byte)0));
}
