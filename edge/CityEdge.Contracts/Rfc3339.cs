using System.Globalization;

namespace CityEdge.Contracts;

/// <summary>Instants as RFC 3339 text, <c>2026-01-02T03:04:05.678Z</c>. In memory they are Unix ms.</summary>
public static class Rfc3339
{
    /// <summary>UTC with exactly three decimals (design §5, HTTP).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Outside the years 1 to 9999.</exception>
    public static string Format(long unixMs) => DateTimeOffset.FromUnixTimeMilliseconds(unixMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>Parses a date-time with offset (RFC 3339 §5.6); digits below the millisecond are cut. A leap second counts as the second before it.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out long unixMs)
    {
        unixMs = 0;
        if (text.Length is < 20 or > 40 || text[4] != '-' || text[7] != '-' || text[10] is not ('T' or 't' or ' ') || text[13] != ':' || text[16] != ':') return false;
        if (!Digits(text[..4], out var year) || !Digits(text[5..7], out var month) || !Digits(text[8..10], out var day) || !Digits(text[11..13], out var hour) || !Digits(text[14..16], out var minute) || !Digits(text[17..19], out var second)) return false;
        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month) || hour > 23 || minute > 59 || second > 60) return false;
        var rest = text[19..];
        var ms = 0;
        if (rest[0] == '.')
        {
            var digits = 1;
            while (digits < rest.Length && char.IsAsciiDigit(rest[digits]))
            {
                if (digits <= 3) ms = ms * 10 + (rest[digits] - '0');
                digits++;
            }
            if (digits == 1) return false;
            for (var i = digits; i <= 3; i++) ms *= 10;
            rest = rest[digits..];
        }
        var offsetMinutes = 0;
        if (rest is not ("Z" or "z"))
        {
            if (rest.Length != 6 || rest[0] is not ('+' or '-') || rest[3] != ':' || !Digits(rest[1..3], out var hours) || !Digits(rest[4..6], out var minutes) || hours > 23 || minutes > 59) return false;
            offsetMinutes = (hours * 60 + minutes) * (rest[0] == '-' ? -1 : 1);
        }
        unixMs = new DateTimeOffset(year, month, day, hour, minute, Math.Min(second, 59), TimeSpan.Zero).ToUnixTimeMilliseconds() + ms - offsetMinutes * 60_000L;
        return unixMs >= DateTimeOffset.MinValue.ToUnixTimeMilliseconds() && unixMs <= DateTimeOffset.MaxValue.ToUnixTimeMilliseconds();
    }

    private static bool Digits(ReadOnlySpan<char> text, out int number) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
}
