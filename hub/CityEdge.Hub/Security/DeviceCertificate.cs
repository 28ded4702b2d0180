using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using CityEdge.Contracts;

namespace CityEdge.Hub.Security;

/// <summary>Which device a client certificate speaks for: the URI <c>cityedge:site/device</c> or the DNS name <c>site/device</c> of its subject alternative names, or its common name.</summary>
public static class DeviceCertificate
{
    private const string CommonName = "2.5.4.3";
    private const string AlternativeNames = "2.5.29.17";
    private const string Scheme = "cityedge:";

    /// <summary>False with the reason when the certificate names no device, or more than one.</summary>
    public static bool TryRead(X509Certificate2 certificate, out string id, out string error)
    {
        (id, error) = ("", "");
        var found = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            foreach (var name in Names(certificate))
            {
                var parts = (name.StartsWith(Scheme, StringComparison.Ordinal) ? name[Scheme.Length..] : name).Split('/');
                if (parts.Length == 2 && PointId.IsSiteOrDevice(parts[0]) && PointId.IsSiteOrDevice(parts[1])) found.Add($"{parts[0]}/{parts[1]}");
            }
        }
        catch (Exception problem) when (problem is AsnContentException or CryptographicException or InvalidOperationException)
        {
            error = $"its names cannot be read: {problem.Message}";
            return false;
        }
        if (found.Count != 1)
        {
            error = found.Count == 0 ? "it names no device: expected common name SITE/DEVICE or the alternative name URI:cityedge:SITE/DEVICE" : $"it names several devices: {string.Join(", ", found.Order(StringComparer.Ordinal))}";
            return false;
        }
        id = found.First();
        return true;
    }

    private static List<string> Names(X509Certificate2 certificate)
    {
        var names = new List<string>();
        foreach (var part in certificate.SubjectName.EnumerateRelativeDistinguishedNames())
        {
            if (!part.HasMultipleElements && part.GetSingleElementType().Value == CommonName && part.GetSingleElementValue() is { } common) names.Add(common);
        }
        foreach (var extension in certificate.Extensions.Where(e => e.Oid?.Value == AlternativeNames))
        {
            // GeneralNames, RFC 5280 §4.2.1.6: [2] dNSName, [6] uniformResourceIdentifier.
            var list = new AsnReader(extension.RawData, AsnEncodingRules.DER).ReadSequence();
            while (list.HasData)
            {
                var tag = list.PeekTag();
                if (tag is { TagClass: TagClass.ContextSpecific, TagValue: 2 or 6 }) names.Add(list.ReadCharacterString(UniversalTagNumber.IA5String, tag));
                else list.ReadEncodedValue();
            }
        }
        return names;
    }
}
