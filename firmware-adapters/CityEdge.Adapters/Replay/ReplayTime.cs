using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Adapters.Replay;

/// <summary>Reads the time of a row: RFC 3339 and other ISO 8601 forms, <c>yyyy-MM-dd HH:mm[:ss[.fff]]</c> in a zone, Unix seconds or milliseconds, or a stated format.</summary>
public static class ReplayTime
{
    /// <summary>From this number on (year 5138 in seconds, March 1973 in milliseconds) a bare number is milliseconds.</summary>
    private const double MillisecondsFrom = 1e11;

    private static readonly string[] Formats =
    [
        "yyyy-MM-dd HH:mm:ss", "yyyy-MM-dd HH:mm", "yyyy-MM-dd HH:mm:ss.FFFFFFF", "yyyy-MM-ddTHH:mm:ss", "yyyy-MM-ddTHH:mm", "yyyy-MM-ddTHH:mm:ss.FFFFFFF", "yyyy-MM-dd",
        "yyyy/MM/dd HH:mm:ss", "yyyy/MM/dd HH:mm", "yyyyMMddTHHmmss", "yyyyMMddHHmmss",
    ];

    private static readonly string[] OffsetFormats = ["yyyy-MM-ddTHH:mmK", "yyyy-MM-dd HH:mm:ssK", "yyyy-MM-dd HH:mm:ss.FFFFFFFK", "yyyy-MM-dd HH:mm:ss zzz", "yyyy-MM-ddTHH:mm:sszz", "yyyyMMddTHHmmssK"];

    /// <summary>Parses; false when the text is none of these. Local times that the zone skips count as if the clock had not yet been put forward; those it repeats as standard time.</summary>
    /// <param name="text">The cell.</param>
    /// <param name="format">.NET custom date format, <c>unix</c>, <c>unix-ms</c>, or null to recognise the form.</param>
    /// <param name="zone">Zone of a time without offset.</param>
    /// <param name="unixMs">Unix milliseconds.</param>
    public static bool TryParse(string text, string? format, TimeZoneInfo zone, out long unixMs)
    {
        unixMs = 0;
        if (format is "unix" or "unix-ms" or null && double.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out var number) && text.Length is not (8 or 14))
        {
            var ms = format == "unix-ms" || (format is null && Math.Abs(number) >= MillisecondsFrom) ? number : number * 1000;
            if (!(ms >= -62_135_596_800_000 && ms <= 253_402_300_799_999)) return false;
            unixMs = (long)Math.Round(ms);
            return true;
        }
        if (format is "unix" or "unix-ms") return false;
        if (format is null && Rfc3339.TryParse(text, out unixMs)) return true;
        var hasOffset = format is not null ? format.Contains('z') || format.Contains('K') : false;
        if (!hasOffset && DateTime.TryParseExact(text, format is null ? Formats : [format], CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
        {
            var utc = DateTime.SpecifyKind(local, DateTimeKind.Unspecified) - zone.GetUtcOffset(DateTime.SpecifyKind(local, DateTimeKind.Unspecified));
            unixMs = (utc.Ticks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMillisecond;
            return true;
        }
        if ((hasOffset || format is null) && DateTimeOffset.TryParseExact(text, format is null ? OffsetFormats : [format], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var instant))
        {
            unixMs = instant.ToUnixTimeMilliseconds();
            return true;
        }
        return false;
    }
}
