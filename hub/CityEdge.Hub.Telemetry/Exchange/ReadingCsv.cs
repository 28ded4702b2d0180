using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>One reading as a line of CSV and back; see <see cref="ReadingFormat.Csv"/>.</summary>
public static class ReadingCsv
{
    public const string Head = "time,point,kind,type,value,quality";

    private const int Columns = 6;

    /// <summary>Appends a line with its end.</summary>
    public static void Append(StringBuilder into, in TelemetryPoint point, in StoredReading reading)
    {
        into.Append(DateTimeOffset.FromUnixTimeMilliseconds(reading.TimeMs).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture)).Append(',');
        into.Append(point.Point.Site).Append('/').Append(point.Point.Device).Append('/').Append(point.Point.Name).Append(',').Append(KindNames.Name(point.Kind)).Append(',');
        switch (reading.Value.Type)
        {
            case ReadingType.Number:
                into.Append("number,").Append(Number(reading.Value.Number));
                break;
            case ReadingType.Boolean:
                into.Append(reading.Value.Boolean ? "boolean,true" : "boolean,false");
                break;
            case ReadingType.Text:
                into.Append("text,\"").Append(reading.Value.Text!.Replace("\"", "\"\"", StringComparison.Ordinal)).Append('"');
                break;
            default:
                into.Append("data,").Append(Convert.ToBase64String(reading.Value.Data.Span));
                break;
        }
        into.Append(',');
        if (reading.Quality != Quality.Good) into.Append(((int)reading.Quality).ToString(CultureInfo.InvariantCulture));
        into.Append('\n');
    }

    /// <summary>Reads a record; the error names the column.</summary>
    public static bool TryParse(string record, out TelemetryRow row, [NotNullWhen(false)] out string? error)
    {
        row = default;
        var cells = Split(record);
        if (cells is null || cells.Count != Columns) return Fail(out error, $"{Columns} columns are expected ({Head}), {cells?.Count.ToString(CultureInfo.InvariantCulture) ?? "a stray quote"} found");
        if (!DateTimeOffset.TryParse(cells[0], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var time)) return Fail(out error, $"time '{cells[0]}' is not RFC 3339, such as 2026-01-31T08:00:00.000Z");
        if (!PointId.TryParse(cells[1], out var point)) return Fail(out error, $"point '{cells[1]}' is not site/device/name");
        if (!KindNames.TryParse(cells[2], out var kind)) return Fail(out error, $"kind '{cells[2]}' is unknown");
        if (!TryValue(cells[3], cells[4], out var value)) return Fail(out error, $"value '{cells[4]}' is not of type '{cells[3]}' (number, boolean, text or data)");
        var quality = 0;
        if (cells[5].Length > 0 && !int.TryParse(cells[5], NumberStyles.None, CultureInfo.InvariantCulture, out quality)) return Fail(out error, $"quality '{cells[5]}' is not a whole number");
        row = new TelemetryRow(point, kind, time.ToUnixTimeMilliseconds(), value, (Quality)quality);
        error = null;
        return true;
    }

    private static string Number(double value) => double.IsNaN(value) && BitConverter.DoubleToInt64Bits(value) != BitConverter.DoubleToInt64Bits(double.NaN)
        ? "0x" + BitConverter.DoubleToUInt64Bits(value).ToString("x16", CultureInfo.InvariantCulture)
        : value.ToString("R", CultureInfo.InvariantCulture);

    private static bool TryValue(string type, string text, out ReadingValue value)
    {
        value = default;
        switch (type)
        {
            case "number":
                if (text.StartsWith("0x", StringComparison.Ordinal))
                {
                    if (!ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var bits)) return false;
                    value = ReadingValue.FromNumber(BitConverter.UInt64BitsToDouble(bits));
                    return true;
                }
                if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)) return false;
                value = ReadingValue.FromNumber(number);
                return true;
            case "boolean":
                if (text is not ("true" or "false")) return false;
                value = ReadingValue.FromBoolean(text == "true");
                return true;
            case "text":
                value = ReadingValue.FromText(text);
                return true;
            case "data":
                var bytes = new byte[text.Length];
                if (!Convert.TryFromBase64String(text, bytes, out var length)) return false;
                value = ReadingValue.FromData(bytes[..length]);
                return true;
            default:
                return false;
        }
    }

    private static List<string>? Split(string record)
    {
        var cells = new List<string>(Columns);
        var cell = new StringBuilder();
        var i = 0;
        while (true)
        {
            cell.Clear();
            if (i < record.Length && record[i] == '"')
            {
                for (i++; ; i++)
                {
                    if (i >= record.Length) return null;
                    if (record[i] != '"') cell.Append(record[i]);
                    else if (i + 1 < record.Length && record[i + 1] == '"') cell.Append(record[i++]);
                    else break;
                }
                i++;
                if (i < record.Length && record[i] != ',') return null;
            }
            else
            {
                for (; i < record.Length && record[i] != ','; i++) cell.Append(record[i]);
            }
            cells.Add(cell.ToString());
            if (i >= record.Length) return cells;
            i++;
            if (cells.Count > Columns) return cells;
        }
    }

    private static bool Fail(out string? error, string what)
    {
        error = what;
        return false;
    }
}
