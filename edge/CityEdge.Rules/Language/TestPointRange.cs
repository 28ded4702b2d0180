using System.Globalization;
using System.Text.RegularExpressions;

namespace CityEdge.Rules;

/// <summary>Several points of a test that tell the same: <c>p2..p30: 0m..1h every 15m 18</c>.</summary>
internal static partial class TestPointRange
{
    /// <summary>More would make a test that nobody reads.</summary>
    public const int MaxPoints = 500;

    /// <summary>The names from the first to the last; the name alone where it is no range; null where the range runs backwards or is too long.</summary>
    public static IReadOnlyList<string?>? Names(string text)
    {
        if (Range().Match(text) is not { Success: true } range) return [text];
        if (!int.TryParse(range.Groups["first"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            || !int.TryParse(range.Groups["last"].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            || last < first || last - first >= MaxPoints) return null;
        return [.. Enumerable.Range(first, last - first + 1).Select(number => range.Groups["name"].Value + number.ToString(CultureInfo.InvariantCulture))];
    }

    [GeneratedRegex(@"^(?<name>[A-Za-z][A-Za-z0-9_.:/-]*?)(?<first>[0-9]+)\.\.\k<name>(?<last>[0-9]+)$")]
    private static partial Regex Range();
}
