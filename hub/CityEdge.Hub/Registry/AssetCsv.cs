using System.Globalization;
using System.Text;
using CityEdge.Rules;

namespace CityEdge.Hub.Registry;

/// <summary>Assets as CSV: <c>id,kind,name,parent,lat,long,label.X,attr.Y</c> (design §5), RFC 4180 quoting, header line first.</summary>
public static class AssetCsv
{
    private static readonly string[] Fixed = ["id", "kind", "name", "parent", "lat", "long"];

    /// <summary>Rows with their line numbers; errors name line and column.</summary>
    public static List<(int Line, Asset Asset)> Read(string text, out List<object> errors)
    {
        errors = [];
        var rows = new List<(int, Asset)>();
        var lines = Parse(text.TrimStart('\uFEFF'));
        if (lines.Count == 0)
        {
            errors.Add(new { line = 1, key = "header", message = "The file is empty; the first line must be id,kind,name,parent,lat,long,label.X,attr.Y" });
            return rows;
        }
        var header = lines[0].Fields.Select(f => f.Trim()).ToList();
        foreach (var column in header)
        {
            if (!Fixed.Contains(column) && !column.StartsWith("label.", StringComparison.Ordinal) && !column.StartsWith("attr.", StringComparison.Ordinal))
                errors.Add(new { line = 1, key = column, message = $"Unknown column '{column}': expected id, kind, name, parent, lat, long, label.X or attr.Y" });
        }
        if (!header.Contains("id") || !header.Contains("kind")) errors.Add(new { line = 1, key = "header", message = "The columns id and kind are needed" });
        if (errors.Count > 0) return rows;
        foreach (var (line, fields) in lines.Skip(1))
        {
            if (fields.Count == 1 && fields[0].Length == 0) continue;
            if (fields.Count != header.Count)
            {
                errors.Add(new { line, key = "row", message = $"{fields.Count} fields, the header has {header.Count}" });
                continue;
            }
            if (Row(header, line, fields, errors) is { } asset) rows.Add((line, asset));
        }
        return rows;
    }

    /// <summary>All assets, with every label and attribute that occurs as a column.</summary>
    public static string Write(IEnumerable<Asset> assets)
    {
        var all = assets.ToList();
        var labels = all.SelectMany(a => a.Labels.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var attributes = all.SelectMany(a => a.Attributes.Keys).Distinct().Order(StringComparer.Ordinal).ToList();
        var csv = new StringBuilder();
        csv.AppendJoin(',', Fixed.Concat(labels.Select(l => "label." + l)).Concat(attributes.Select(a => "attr." + a)).Select(Quote)).Append("\r\n");
        foreach (var asset in all)
        {
            csv.AppendJoin(',', new[] { asset.Id, asset.Kind, asset.Name, asset.Parent ?? "", Number(asset.Lat), Number(asset.Long) }
                .Concat(labels.Select(l => asset.Labels.GetValueOrDefault(l, "")))
                .Concat(attributes.Select(a => asset.Attributes.TryGetValue(a, out var value) ? value.ToString() : "")).Select(Quote)).Append("\r\n");
        }
        return csv.ToString();
    }

    private static Asset? Row(List<string> header, int line, List<string> fields, List<object> errors)
    {
        var before = errors.Count;
        string? id = null, kind = null, name = null, parent = null;
        double? lat = null, longitude = null;
        var labels = new Dictionary<string, string>();
        var attributes = new Dictionary<string, AttributeValue>();
        for (var i = 0; i < header.Count; i++)
        {
            var (column, value) = (header[i], fields[i].Trim());
            if (value.Length == 0) continue;
            switch (column)
            {
                case "id": id = value; break;
                case "kind": kind = value; break;
                case "name": name = value; break;
                case "parent": parent = value; break;
                case "lat": lat = Parse(value, column); break;
                case "long": longitude = Parse(value, column); break;
                case var label when label.StartsWith("label.", StringComparison.Ordinal): labels[label[6..]] = value; break;
                default: attributes[column[5..]] = AttributeValue.Parse(value); break;
            }
        }
        return errors.Count > before ? null : new Asset(id ?? "", kind ?? "", name ?? id ?? "", parent, lat, longitude, labels, attributes);

        double Parse(string value, string column)
        {
            if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) return number;
            errors.Add(new { line, key = column, message = $"{column} is '{value}', expected a number" });
            return 0;
        }
    }

    private static string Number(double? value) => value?.ToString("R", CultureInfo.InvariantCulture) ?? "";

    /// <summary>A field as RFC 4180 has it: in quotation marks where it needs them.</summary>
    public static string Quote(string field) => field.AsSpan().IndexOfAny(",\"\r\n") < 0 ? field : $"\"{field.Replace("\"", "\"\"")}\"";

    internal static List<(int Line, List<string> Fields)> Parse(string text) => Parse(text, out _);

    /// <summary>Rows with the line on which each begins. <paramref name="open"/>: the line on which a quoted field begins that is never closed, else null.</summary>
    internal static List<(int Line, List<string> Fields)> Parse(string text, out int? open)
    {
        var rows = new List<(int, List<string>)>();
        var fields = new List<string>();
        var field = new StringBuilder();
        var (line, start, quoted, opened) = (1, 1, false, 1);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '\n') line++;
            if (quoted)
            {
                if (c != '"') field.Append(c);
                else if (i + 1 < text.Length && text[i + 1] == '"') field.Append(text[i++]);
                else quoted = false;
            }
            else if (c == '"' && field.Length == 0) (quoted, opened) = (true, line);
            else if (c == ',') EndField();
            else if (c == '\n') EndRow();
            else if (c != '\r') field.Append(c);
        }
        if (field.Length > 0 || fields.Count > 0) EndRow();
        open = quoted ? opened : null;
        return rows;

        void EndField()
        {
            fields.Add(field.ToString());
            field.Clear();
        }

        void EndRow()
        {
            EndField();
            rows.Add((start, fields));
            fields = [];
            start = line;
        }
    }
}
