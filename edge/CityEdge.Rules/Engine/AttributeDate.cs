using System.Globalization;

namespace CityEdge.Rules;

/// <summary>Dates among attributes: <c>2026-01-12</c>, or an instant of RFC 3339 such as <c>2026-01-12T08:00:00+08:00</c>; without an offset it is local.</summary>
internal static class AttributeDate
{
    public const string Expected = "a date such as 2026-01-12, or a time such as 2026-01-12T08:00:00+08:00";

    private static readonly string[] Local = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mm", "yyyy-MM-dd'T'HH:mm:ss", "yyyy-MM-dd'T'HH:mm:ss.FFF"];
    private static readonly string[] Instants = ["yyyy-MM-dd'T'HH:mmzzz", "yyyy-MM-dd'T'HH:mm:sszzz", "yyyy-MM-dd'T'HH:mm:ss.FFFzzz", "yyyy-MM-dd'T'HH:mm'Z'", "yyyy-MM-dd'T'HH:mm:ss'Z'", "yyyy-MM-dd'T'HH:mm:ss.FFF'Z'"];
    private static readonly int Epoch = new DateOnly(1970, 1, 1).DayNumber;

    /// <summary>Days from 1970-01-01 to the local date; NaN for what is no date.</summary>
    public static double DayOf(string? text, TimeZoneInfo zone)
    {
        if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local)) return DateOnly.FromDateTime(local).DayNumber - Epoch;
        return DateTimeOffset.TryParseExact(text, Instants, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant)
            ? DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(instant, zone).DateTime).DayNumber - Epoch
            : double.NaN;
    }
}
