using System.Globalization;
using System.Text.Unicode;

namespace CityEdge.Contracts;

/// <summary>Checks on JSON text that System.Text.Json leaves until a string is read, when it throws.</summary>
internal static class JsonText
{
    /// <summary>True when the bytes are valid UTF-8 and no <c>\u</c> escape is half of a surrogate pair (RFC 8259 §8.2). The text must be syntactically valid JSON.</summary>
    public static bool IsUnicode(ReadOnlySpan<byte> json)
    {
        if (!Utf8.IsValid(json)) return false;
        for (var at = json.IndexOf((byte)'\\'); at >= 0;)
        {
            var step = 2;
            if (CodeUnit(json, at) is { } unit)
            {
                step = 6;
                if (char.IsLowSurrogate(unit)) return false;
                if (char.IsHighSurrogate(unit))
                {
                    if (CodeUnit(json, at + 6) is not { } low || !char.IsLowSurrogate(low)) return false;
                    step = 12;
                }
            }
            var next = json[(at + step)..].IndexOf((byte)'\\');
            at = next < 0 ? -1 : at + step + next;
        }
        return true;
    }

    private static char? CodeUnit(ReadOnlySpan<byte> json, int at) =>
        json.Length >= at + 6 && json[at] == '\\' && json[at + 1] == 'u' && ushort.TryParse(json.Slice(at + 2, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var unit) ? (char)unit : null;
}
