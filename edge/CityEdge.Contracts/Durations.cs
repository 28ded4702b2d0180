using System.Globalization;

namespace CityEdge.Contracts;

/// <summary>Durations as people write them: <c>90s 15m 2h 3d 500ms</c>, or several together, <c>1h30m</c> (design §5).</summary>
public static class Durations
{
    /// <summary>Parses a duration; false for anything else, for negatives, and above 100 years.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan duration)
    {
        duration = default;
        text = text.Trim();
        if (text.IsEmpty) return false;
        double ms = 0;
        while (!text.IsEmpty)
        {
            var digits = 0;
            while (digits < text.Length && (char.IsAsciiDigit(text[digits]) || text[digits] == '.')) digits++;
            if (digits == 0 || !double.TryParse(text[..digits], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number)) return false;
            text = text[digits..];
            var letters = 0;
            while (letters < text.Length && char.IsAsciiLetter(text[letters])) letters++;
            double unit = text[..letters] switch { "ms" => 1, "s" => 1000, "m" => 60_000, "h" => 3_600_000, "d" => 86_400_000, _ => 0 };
            if (unit == 0) return false;
            ms += number * unit;
            text = text[letters..];
        }
        if (ms > 100 * 366 * 86_400_000d) return false;
        duration = TimeSpan.FromMilliseconds(Math.Round(ms));
        return true;
    }

    /// <summary>The shortest exact form, e.g. <c>1h30m</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero) return "0s";
        var text = "";
        if (duration.Days != 0) text += $"{duration.Days}d";
        if (duration.Hours != 0) text += $"{duration.Hours}h";
        if (duration.Minutes != 0) text += $"{duration.Minutes}m";
        if (duration.Seconds != 0) text += $"{duration.Seconds}s";
        if (duration.Milliseconds != 0) text += $"{duration.Milliseconds}ms";
        return text;
    }
}
