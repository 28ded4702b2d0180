using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>One reading as InfluxDB line protocol and back (design §5): <c>kind,device=…,point=…,site=… value=…|flag=…|text="…"[,quality=…i] TIME</c>.</summary>
public static class ReadingLine
{
    /// <summary>Appends a line with its end, time in ms; false for a number that line protocol does not know (NaN, infinity), which is left out.</summary>
    public static bool Append(StringBuilder into, in TelemetryPoint point, in StoredReading reading)
    {
        if (reading.Value.Type == ReadingType.Number && !double.IsFinite(reading.Value.Number)) return false;
        into.Append(KindNames.Name(point.Kind)).Append(",device=").Append(Tag(point.Point.Device)).Append(",point=").Append(Tag(point.Point.Name)).Append(",site=").Append(Tag(point.Point.Site)).Append(' ');
        switch (reading.Value.Type)
        {
            case ReadingType.Number:
                into.Append("value=").Append(reading.Value.Number.ToString("R", CultureInfo.InvariantCulture));
                break;
            case ReadingType.Boolean:
                into.Append(reading.Value.Boolean ? "flag=true" : "flag=false");
                break;
            default:
                into.Append("text=\"").Append(reading.Value.ToString().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)).Append('"');
                break;
        }
        if (reading.Quality != Quality.Good) into.Append(CultureInfo.InvariantCulture, $",quality={(int)reading.Quality}i");
        into.Append(CultureInfo.InvariantCulture, $" {reading.TimeMs}\n");
        return true;
    }

    /// <summary>Reads a record; the time's unit is one of ns, us, ms and s. The error says which part is wrong.</summary>
    public static bool TryParse(string record, string precision, out TelemetryRow row, [NotNullWhen(false)] out string? error)
    {
        row = default;
        var at = 0;
        var measurement = Take(record, ref at, ", ");
        if (!KindNames.TryParse(measurement, out var kind)) return Fail(out error, $"measurement '{measurement}' is not a kind of point");
        string? device = null, name = null, site = null;
        while (at < record.Length && record[at] == ',')
        {
            at++;
            var key = Take(record, ref at, "= ,");
            if (at >= record.Length || record[at] != '=') return Fail(out error, $"tag '{key}' has no value");
            at++;
            var value = Take(record, ref at, ", ");
            switch (key)
            {
                case "device": device = value; break;
                case "point": name = value; break;
                case "site": site = value; break;
                default: return Fail(out error, $"tag '{key}' is none of device, point and site");
            }
        }
        if (!PointId.TryParse($"{site}/{device}/{name}", out var point)) return Fail(out error, $"the tags give no point: site '{site}', device '{device}', point '{name}'");
        while (at < record.Length && record[at] == ' ') at++;
        if (!TryFields(record, ref at, out var reading, out var quality, out error)) return false;
        var text = record.AsSpan(at).Trim();
        if (!long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var time)) return Fail(out error, text.IsEmpty ? "there is no time" : $"time '{text}' is not a whole number");
        var ms = precision switch { "ns" => Floor(time, 1_000_000), "us" => Floor(time, 1000), "s" => unchecked(time * 1000), _ => time };
        if (precision == "s" && ms / 1000 != time) return Fail(out error, $"time '{text}' is out of range");
        row = new TelemetryRow(point, kind, ms, reading, (Quality)quality);
        return true;
    }

    private static bool TryFields(string record, ref int at, out ReadingValue reading, out int quality, [NotNullWhen(false)] out string? error)
    {
        (reading, quality) = (default, 0);
        do
        {
            if (at < record.Length && record[at] == ',') at++;
            var key = Take(record, ref at, "= ,");
            if (at >= record.Length || record[at] != '=') return Fail(out error, $"field '{key}' has no value");
            at++;
            var quoted = at < record.Length && record[at] == '"';
            var text = quoted ? TakeQuoted(record, ref at) : Take(record, ref at, ", ");
            if (text is null) return Fail(out error, $"field '{key}': a quote is opened and never closed");
            if (key != "quality" && reading.Type != ReadingType.None) return Fail(out error, $"field '{key}': a reading has one value");
            switch (key)
            {
                case "value" when !quoted && double.TryParse(text.EndsWith('i') ? text[..^1] : text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number):
                    reading = ReadingValue.FromNumber(number);
                    break;
                case "flag" when !quoted && text is ("true" or "false" or "t" or "f" or "T" or "F" or "True" or "False" or "TRUE" or "FALSE"):
                    reading = ReadingValue.FromBoolean(text[0] is 't' or 'T');
                    break;
                case "text" when quoted:
                    reading = ReadingValue.FromText(text);
                    break;
                case "quality" when !quoted && text.EndsWith('i') && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out quality):
                    break;
                default:
                    return Fail(out error, $"field '{key}' is '{text}'; value is a number, flag a boolean, text a quoted string, quality a whole number with an i");
            }
        }
        while (at < record.Length && record[at] == ',');
        error = null;
        return reading.Type != ReadingType.None || Fail(out error, "there is none of the fields value, flag and text");
    }

    /// <summary>Up to one of some characters; a backslash takes a following comma, equals sign or space as itself.</summary>
    private static string Take(string record, ref int at, string ends)
    {
        var text = new StringBuilder();
        for (; at < record.Length && !ends.Contains(record[at]); at++)
        {
            if (record[at] == '\\' && at + 1 < record.Length && record[at + 1] is (',' or '=' or ' ')) at++;
            text.Append(record[at]);
        }
        return text.ToString();
    }

    private static string? TakeQuoted(string record, ref int at)
    {
        var text = new StringBuilder();
        for (at++; at < record.Length && record[at] != '"'; at++)
        {
            if (record[at] == '\\' && at + 1 < record.Length && record[at + 1] is ('"' or '\\')) at++;
            text.Append(record[at]);
        }
        if (at >= record.Length) return null;
        at++;
        return text.ToString();
    }

    private static string Tag(string value) => value.Replace(",", "\\,", StringComparison.Ordinal).Replace("=", "\\=", StringComparison.Ordinal).Replace(" ", "\\ ", StringComparison.Ordinal);

    private static long Floor(long value, long unit) => (value / unit) - (value % unit < 0 ? 1 : 0);

    private static bool Fail(out string? error, string what)
    {
        error = what;
        return false;
    }
}
