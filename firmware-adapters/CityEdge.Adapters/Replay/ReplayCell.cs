using System.Globalization;
using CityEdge.Contracts;

namespace CityEdge.Adapters.Replay;

/// <summary>Reads one cell as a value of its point's kind.</summary>
internal static class ReplayCell
{
    /// <summary>True for the ways in which files write that there is no value.</summary>
    public static bool IsMissing(string? cell) => cell is null or "" or "NA" or "N/A" or "NaN" or "nan" or "null" or "NULL" or "-" or "?";

    /// <summary>Parses a cell that is not missing; false when it is no value of the kind.</summary>
    public static bool TryParse(string cell, PointKind kind, bool? decimalComma, out ReadingValue value)
    {
        value = default;
        switch (kind)
        {
            case PointKind.Text:
                value = ReadingValue.FromText(cell);
                return true;
            case PointKind.Contact when Truth(cell) is { } flag:
                value = ReadingValue.FromBoolean(flag);
                return true;
        }
        if (decimalComma != false && cell.Contains(',') && !cell.Contains('.')) cell = cell.Replace(',', '.');
        if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number)) return false;
        value = ReadingValue.FromNumber(number);
        return true;
    }

    private static bool? Truth(string cell) => cell.ToLowerInvariant() switch
    {
        "true" or "yes" or "on" or "1" => true,
        "false" or "no" or "off" or "0" => false,
        _ => null,
    };
}
