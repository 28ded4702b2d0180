using System.Globalization;

namespace CityEdge.Edge;

/// <summary>Sizes as people write them: <c>65536</c>, <c>64KiB</c>, <c>256MiB</c>, <c>2GiB</c>; also <c>kB MB GB</c> by thousands.</summary>
public static class ByteSizes
{
    private static readonly (string Suffix, long Factor)[] Suffixes =
        [("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("kB", 1000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("B", 1)];

    /// <summary>Parses a size; false for anything else and above 1 PiB.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long bytes)
    {
        bytes = 0;
        long factor = 1;
        foreach (var (suffix, value) in Suffixes)
        {
            if (!text.EndsWith(suffix, StringComparison.Ordinal)) continue;
            text = text[..^suffix.Length].TrimEnd();
            factor = value;
            break;
        }
        if (!double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || number * factor > 1L << 50) return false;
        bytes = (long)Math.Round(number * factor);
        return true;
    }
}
