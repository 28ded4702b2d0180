using System.Diagnostics.CodeAnalysis;

namespace CityEdge.Contracts;

/// <summary>
/// Identity of one measured or reported quantity: <c>site/device/name</c> (design §5). Site and device match
/// <c>[A-Za-z0-9_-]{1,64}</c>; the name is a SenML name without the base name, 1 to 128 characters.
/// </summary>
public readonly record struct PointId(string Site, string Device, string Name)
{
    /// <summary>Longest accepted point name, characters.</summary>
    public const int MaxNameLength = 128;

    /// <summary>Parses <c>site/device/name</c>; false when a part is missing or has a character that it may not have.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out PointId id)
    {
        id = default;
        if (text is null) return false;
        var first = text.IndexOf('/');
        var second = first < 0 ? -1 : text.IndexOf('/', first + 1);
        if (second < 0) return false;
        id = new PointId(text[..first], text[(first + 1)..second], text[(second + 1)..]);
        return IsSiteOrDevice(id.Site) && IsSiteOrDevice(id.Device) && IsName(id.Name);
    }

    /// <summary>True for <c>[A-Za-z0-9_-]{1,64}</c>.</summary>
    public static bool IsSiteOrDevice(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > 64) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '-')) return false;
        }
        return true;
    }

    /// <summary>True for a SenML name (RFC 8428 §4.5.1): starts with a letter or digit, then letters, digits and <c>- : . / _</c>.</summary>
    public static bool IsName(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxNameLength || !char.IsAsciiLetterOrDigit(text[0])) return false;
        foreach (var c in text)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('-' or ':' or '.' or '/' or '_')) return false;
        }
        return true;
    }

    /// <inheritdoc />
    public override string ToString() => $"{Site}/{Device}/{Name}";
}
