using System.Text.Json;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Cli;

/// <summary>What commands print: a table for people, or with <c>--json</c> one object a line.</summary>
public static class Output
{
    private static readonly JsonSerializerOptions Line = new(HubJson.Options) { WriteIndented = false };

    public static void Json(object item) => Console.Out.WriteLine(JsonSerializer.Serialize(item, Line));

    /// <summary>Prints the items' columns, aligned; nothing is said of an empty list but its head line.</summary>
    public static void Table(IReadOnlyList<JsonElement> items, params string[] columns)
    {
        var rows = items.Select(i => columns.Select(c => Cell(i, c)).ToArray()).Prepend(columns.Select(c => c.ToUpperInvariant()).ToArray()).ToList();
        var widths = columns.Select((_, i) => rows.Max(r => r[i].Length)).ToArray();
        foreach (var row in rows) Console.Out.WriteLine(string.Join("  ", row.Select((cell, i) => i == row.Length - 1 ? cell : cell.PadRight(widths[i]))).TrimEnd());
    }

    private static string Cell(JsonElement item, string column) => item.TryGetProperty(column, out var value) ? value.ValueKind switch
    {
        JsonValueKind.Null => "-",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    } : "-";
}
