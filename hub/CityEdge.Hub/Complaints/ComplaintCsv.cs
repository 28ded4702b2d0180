using System.Globalization;
using CityEdge.Hub.Api;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Complaints;

/// <summary>A hotline's export as CSV, RFC 4180 quoting, header line first: every row a complaint, or errors with line, column and how to mend them; never both.</summary>
public static class ComplaintCsv
{
    /// <summary>Most rows of one import: they are stored by one commit, for which everything else waits.</summary>
    public const int MaxRows = 20_000;

    private const int MostErrors = 200;
    private static readonly string[] Local = ["yyyy-M-d H:m:s", "yyyy-M-d H:m", "yyyy/M/d H:m:s", "yyyy/M/d H:m", "yyyy年M月d日 H:m:s", "yyyy年M月d日 H:m", "yyyy-M-d'T'H:m:s", "yyyy-M-d'T'H:m"];

    public static List<ComplaintBody> Read(string text, ComplaintMapping mapping, HubRegistry registry, TimeZoneInfo zone, DateTimeOffset now, out List<object> errors)
    {
        var found = errors = [];
        var rows = new List<ComplaintBody>();
        var lines = AssetCsv.Parse(text.TrimStart('\uFEFF'), out var open);
        if (open is { } begun) return Refuse(begun, 0, "row", "A quotation mark that begins here is never closed: double those inside a field, and close it");
        if (lines.Count == 0) return Refuse(1, 0, "header", "The file is empty; the first line must name the columns");
        var header = lines[0].Fields.Select(f => f.Trim()).ToList();
        if (header.Where(f => f.Length > 0).GroupBy(f => f).FirstOrDefault(g => g.Count() > 1) is { } twice) return Refuse(1, header.LastIndexOf(twice.Key) + 1, twice.Key, $"The column '{twice.Key}' stands twice");
        var places = ComplaintMapping.Fields.ToDictionary(f => f, f => header.IndexOf(mapping.Column(f)));
        foreach (var field in ComplaintMapping.Fields)
        {
            if (places[field] >= 0 || mapping.Constants.ContainsKey(field)) continue;
            if (mapping.IsMapped(field)) Error(1, 0, mapping.Column(field), $"There is no column '{mapping.Column(field)}' for {field}; the columns are {string.Join(", ", header)}");
            else if (field is "external_id" or "channel" or "category" or "text" or "at") Error(1, 0, field, $"No column holds {field}: name one with map {field}=COLUMN{(field is "channel" or "category" ? $", or give all rows one with set {field}=VALUE" : "")}; the columns are {string.Join(", ", header)}");
        }
        if (found.Count > 0) return [];
        var seen = new Dictionary<(string, string), int>();
        foreach (var (line, fields) in lines.Skip(1))
        {
            if (fields.Count == 1 && fields[0].Length == 0) continue;
            if (rows.Count == MaxRows) return Refuse(line, 0, "row", $"More than {MaxRows} complaints: split the file");
            if (fields.Count != header.Count) Error(line, 0, "row", $"{fields.Count} fields, the header has {header.Count}");
            else if (new RowReader(line, fields, places, mapping, header, zone, Error).Read() is { } body)
            {
                foreach (var (key, message) in ComplaintCheck.Errors(body, registry, now)) Error(line, places.GetValueOrDefault(key[(key.IndexOf('.') + 1)..], -1) + 1, key, message);
                if (string.IsNullOrEmpty(body.ExternalId)) Error(line, places["external_id"] + 1, "external_id", "external_id is missing: without the channel's number the file could not be read twice");
                else if (!seen.TryAdd((body.Channel ?? "", body.ExternalId), line)) Error(line, places["external_id"] + 1, "external_id", $"external_id '{body.ExternalId}' is in line {seen[(body.Channel ?? "", body.ExternalId)]} already");
                rows.Add(body);
            }
            if (found.Count >= MostErrors) break;
        }
        return found.Count > 0 ? [] : rows;

        List<ComplaintBody> Refuse(int line, int column, string key, string message)
        {
            Error(line, column, key, message);
            return [];
        }

        void Error(int line, int column, string key, string message)
        {
            if (found.Count < MostErrors) found.Add(column > 0 ? new { line, column, key, message } : new { line, key, message });
        }
    }

    private sealed class RowReader(int line, List<string> fields, Dictionary<string, int> places, ComplaintMapping mapping, List<string> header, TimeZoneInfo zone, Action<int, int, string, string> error)
    {
        private bool failed;

        public ComplaintBody? Read()
        {
            var kind = Field("kind") is { } word ? ComplaintMapping.TryKind(word, out var known) ? known : Fail<ComplaintKind>("kind", word, ComplaintMapping.KindWords) : ComplaintKind.Complaint;
            var category = Field("category");
            if (category is not null && mapping.Categories.TryGetValue(category, out var meant)) category = meant;
            else if (category is not null && !category.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')) Fail<int>("category", category, "a category such as heating.room, or tell which one it means with category WORD=CATEGORY");
            var at = Field("at") is { } time ? Time(time) : Fail<DateTimeOffset>("at", "", "when the complaint was made");
            var reporter = new Reporter(Field("name"), Field("phone"));
            var body = new ComplaintBody(Field("external_id"), Field("channel"), kind, category, Field("text"), at, Field("asset"), Number("lat"), Number("long"), Field("address"), reporter);
            return failed ? null : body;
        }

        private string? Field(string name)
        {
            var text = places[name] >= 0 ? fields[places[name]].Trim() : "";
            return text.Length > 0 ? text : mapping.Constants.GetValueOrDefault(name);
        }

        private DateTimeOffset Time(string text)
        {
            if (DateTime.TryParseExact(text, Local, CultureInfo.InvariantCulture, DateTimeStyles.None, out var local))
                return zone.IsInvalidTime(local) ? Fail<DateTimeOffset>("at", text, $"a time that exists in {zone.Id}") : new DateTimeOffset(local, zone.GetUtcOffset(local));
            return text.Contains('T') && ApiTime.TryParse(text, out var time) ? time : Fail<DateTimeOffset>("at", text, $"a time such as 2026-01-31 08:05 (in {zone.Id}) or 2026-01-31T08:05:00+08:00");
        }

        private double? Number(string name) => Field(name) is not { } text ? null
            : double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : Fail<double>(name, text, "degrees such as 39.9087");

        private T? Fail<T>(string name, string text, string expected)
        {
            failed = true;
            error(line, places[name] + 1, name, $"{name}{(places[name] >= 0 && header[places[name]] != name ? $" (column '{header[places[name]]}')" : "")} is '{text}'; expected {expected}");
            return default;
        }
    }
}
