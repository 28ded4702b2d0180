using System.Globalization;

namespace CityEdge.Hub.Api;

/// <summary>Times in queries: RFC 3339, or Unix milliseconds.</summary>
public static class ApiTime
{
    /// <summary>Parses RFC 3339 (UTC is assumed when no offset is given) or Unix milliseconds.</summary>
    public static bool TryParse(string? text, out DateTimeOffset time)
    {
        time = default;
        if (string.IsNullOrWhiteSpace(text)) return false;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var ms))
        {
            if (ms is < -62135596800000 or > 253402300799999) return false;
            time = DateTimeOffset.FromUnixTimeMilliseconds(ms);
            return true;
        }
        // A '+' that was not percent-encoded arrives as a space.
        return DateTimeOffset.TryParse(text.Replace(' ', text.Contains('T') ? '+' : ' '), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out time);
    }
}
