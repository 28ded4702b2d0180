using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Rules;

/// <summary>Ids of alarm occurrences: the same input gives the same id, so that replaying a journal writes the same rows.</summary>
public static class AlarmIds
{
    /// <summary>32 lower-case hex digits: the first half of SHA-256 over rule, point, <c>value</c> or <c>nodata</c>, and raise time in Unix ms.</summary>
    public static string Of(string rule, PointId point, bool noData, long raisedAtMs)
    {
        var text = string.Create(CultureInfo.InvariantCulture, $"{rule}\n{point}\n{(noData ? "nodata" : "value")}\n{raisedAtMs}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 16));
    }
}
