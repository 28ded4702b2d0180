using System.Globalization;
using System.Text;
using CityEdge.Hub.Tickets.Machine;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;
using YamlDotNet.RepresentationModel;

namespace CityEdge.Hub.Registry;

/// <summary>
/// The responsibility catalogue as CSV, <c>category,area,owner,lead,co_units,sla,photos,valid_from,valid_to</c> with a header line and spaces between units, or as YAML, a list of maps with the same keys and
/// <c>co_units</c> a list or a text. Read as a whole: errors name line, column and key.
/// </summary>
public static class CatalogueText
{
    /// <summary>Most rows of one catalogue.</summary>
    public const int MostRows = 20_000;

    private static readonly string[] Columns = ["category", "area", "owner", "lead", "co_units", "sla", "photos", "valid_from", "valid_to"];

    /// <summary>Reads CSV.</summary>
    /// <param name="sets">SLA sets that exist.</param>
    public static List<ResponsibilityRow> Csv(string text, IReadOnlyCollection<string> sets, out List<object> errors)
    {
        errors = [];
        var lines = AssetCsv.Parse(text.TrimStart('\uFEFF'));
        var header = lines.Count == 0 ? [] : lines[0].Fields.Select(f => f.Trim()).ToList();
        foreach (var (column, at) in header.Select((name, i) => (name, i + 1)))
        {
            if (!Columns.Contains(column)) errors.Add(Error(1, at, column, $"is no column; expected {string.Join(", ", Columns)}"));
            else if (header.IndexOf(column) < at - 1) errors.Add(Error(1, at, column, "is there twice"));
        }
        foreach (var needed in new[] { "category", "lead" }.Except(header)) errors.Add(Error(1, 1, needed, "is missing in the header"));
        var rows = new List<ResponsibilityRow>();
        if (errors.Count > 0) return rows;
        foreach (var (line, fields) in lines.Skip(1).Where(l => l.Fields.Any(f => f.Trim().Length > 0)))
        {
            if (fields.Count != header.Count)
            {
                errors.Add(Error(line, fields.Count, "row", $"has {fields.Count} fields, the header has {header.Count}"));
                continue;
            }
            var cells = header.Select((name, i) => (name, Cell: new Cell(fields[i].Trim(), line, i + 1))).Where(c => c.Cell.Text.Length > 0).ToDictionary(c => c.name, c => c.Cell);
            Add(rows, cells, new Cell("", line, 1), sets, errors);
        }
        return rows;
    }

    /// <summary>Reads YAML.</summary>
    /// <param name="sets">SLA sets that exist.</param>
    public static List<ResponsibilityRow> Yaml(string text, IReadOnlyCollection<string> sets, out List<object> errors)
    {
        errors = [];
        var rows = new List<ResponsibilityRow>();
        try
        {
            // Before the node model, which recurses, and which aliases could make endless.
            var (events, depth) = (new Parser(new StringReader(text)), 0);
            while (events.MoveNext())
            {
                depth += events.Current!.NestingIncrease;
                if (events.Current is AnchorAlias || depth > 8) throw new YamlException(events.Current.Start, events.Current.End, depth > 8 ? "is nested too deep for a catalogue" : "aliases are not read here: write the value out");
            }
            var stream = new YamlStream();
            stream.Load(new StringReader(text));
            if (stream.Documents.Count != 1 || stream.Documents[0].RootNode is not YamlSequenceNode list)
            {
                errors.Add(Error(1, 1, "", "expected one document, a list of rows"));
                return rows;
            }
            foreach (var node in list)
            {
                if (node is YamlMappingNode map) Add(rows, Cells(map, errors), At(node, ""), sets, errors);
                else errors.Add(Error(At(node, ""), "", $"expected a row: a map with {string.Join(", ", Columns)}"));
            }
        }
        catch (Exception e) when (e is YamlException or ArgumentException or InvalidOperationException or OverflowException or FormatException or IndexOutOfRangeException)
        {
            var at = (e as YamlException)?.Start ?? Mark.Empty;
            errors.Add(Error(Math.Max(1, (int)at.Line), Math.Max(1, (int)at.Column), "", "not YAML: " + e.Message));
        }
        return rows;
    }

    /// <summary>As CSV, which <see cref="Csv"/> reads.</summary>
    public static string Write(IEnumerable<ResponsibilityRow> rows)
    {
        var csv = new StringBuilder().AppendJoin(',', Columns).Append("\r\n");
        foreach (var row in rows)
        {
            string[] fields = [row.Category, row.Area, row.Owner, row.Lead, string.Join(' ', row.CoUnits), row.Sla ?? "", row.Photos ? "true" : "", Day(row.From), Day(row.To)];
            csv.AppendJoin(',', fields.Select(f => f.AsSpan().IndexOfAny(",\"\r\n") < 0 ? f : $"\"{f.Replace("\"", "\"\"")}\"")).Append("\r\n");
        }
        return csv.ToString();
    }

    private static Dictionary<string, Cell> Cells(YamlMappingNode map, List<object> errors)
    {
        var cells = new Dictionary<string, Cell>(StringComparer.Ordinal);
        foreach (var (key, value) in map.Children)
        {
            var name = (key as YamlScalarNode)?.Value ?? "";
            if (!Columns.Contains(name)) errors.Add(Error(At(key, ""), name, $"is no key; expected {string.Join(", ", Columns)}"));
            else if (value is YamlScalarNode { Value: { } text }) cells[name] = At(value, text.Trim());
            else if (name == "co_units" && value is YamlSequenceNode units && units.All(u => u is YamlScalarNode)) cells[name] = At(value, string.Join(' ', units.Select(u => ((YamlScalarNode)u).Value)));
            else errors.Add(Error(At(value, ""), name, "expected a text"));
        }
        return cells.Where(c => c.Value.Text.Length > 0).ToDictionary();
    }

    private static void Add(List<ResponsibilityRow> rows, Dictionary<string, Cell> cells, Cell row, IReadOnlyCollection<string> sets, List<object> errors)
    {
        var before = errors.Count;
        foreach (var needed in new[] { "category", "lead" }.Where(n => !cells.ContainsKey(n))) errors.Add(Error(row, needed, "is missing"));
        foreach (var pattern in new[] { "category", "area", "owner" })
        {
            if (cells.TryGetValue(pattern, out var cell) && cell.Text.IndexOf('*') is >= 0 and var star && star != cell.Text.Length - 1) errors.Add(Error(cell, pattern, $"is '{cell.Text}', which has a * before its end"));
        }
        var co = cells.TryGetValue("co_units", out var units) ? units.Text.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
        if (cells.TryGetValue("lead", out var lead) && co.Contains(lead.Text)) errors.Add(Error(units, "co_units", $"has '{lead.Text}', the lead"));
        if (cells.TryGetValue("sla", out var sla) && !sets.Contains(sla.Text)) errors.Add(Error(sla, "sla", $"is '{sla.Text}', which is no set; there are {string.Join(", ", sets)}"));
        if (cells.TryGetValue("photos", out var photos) && photos.Text is not ("true" or "false")) errors.Add(Error(photos, "photos", $"is '{photos.Text}', neither true nor false"));
        var (from, to) = (DayOf(cells, "valid_from", errors), DayOf(cells, "valid_to", errors));
        if (from > to) errors.Add(Error(cells["valid_to"], "valid_to", "is before valid_from"));
        if (rows.Count >= MostRows) errors.Add(Error(row, "row", $"is more than {MostRows} rows, the most of a catalogue"));
        if (errors.Count > before) return;
        string Or(string name) => cells.TryGetValue(name, out var cell) ? cell.Text : "*";
        rows.Add(new ResponsibilityRow(cells["category"].Text, Or("area"), Or("owner"), lead.Text, [.. co.Distinct()], sla.Text, photos.Text == "true", from, to));
    }

    private static DateOnly? DayOf(Dictionary<string, Cell> cells, string name, List<object> errors)
    {
        if (!cells.TryGetValue(name, out var cell)) return null;
        if (DateOnly.TryParseExact(cell.Text, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day)) return day;
        errors.Add(Error(cell, name, $"is '{cell.Text}', no day such as 2026-11-15"));
        return null;
    }

    private static string Day(DateOnly? day) => day?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture) ?? "";

    private static Cell At(YamlNode node, string text) => new(text, (int)node.Start.Line, (int)node.Start.Column);

    private static object Error(Cell at, string key, string message) => Error(at.Line, at.Column, key, message);

    private static object Error(int line, int column, string key, string message) => new { line, column, key, message = key.Length > 0 ? $"{key} {message}" : message };

    private readonly record struct Cell(string Text, int Line, int Column);
}
