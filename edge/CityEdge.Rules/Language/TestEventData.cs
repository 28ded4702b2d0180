using System.Globalization;
using System.Text;
using System.Text.Json;

namespace CityEdge.Rules;

/// <summary>The data of a test's event, <c>{success: false, code: E4}</c>, as JSON: numbers, booleans and texts; a text that looks like another, or has a comma, stands in quotes.</summary>
internal static class TestEventData
{
    /// <summary>Empty for an empty text; null when it is not of that shape.</summary>
    public static string? ToJson(string text)
    {
        if (text.Length == 0) return "";
        if (text.Length < 2 || text[0] != '{' || text[^1] != '}') return null;
        using var bytes = new MemoryStream();
        using (var json = new Utf8JsonWriter(bytes))
        {
            json.WriteStartObject();
            for (var rest = text[1..^1].Trim(); rest.Length > 0;)
            {
                var colon = rest.IndexOf(':', StringComparison.Ordinal);
                if (colon < 1) return null;
                json.WritePropertyName(rest[..colon].Trim());
                rest = rest[(colon + 1)..].TrimStart();
                if (rest.Length == 0) return null;
                if (rest[0] is '"' or '\'')
                {
                    var end = rest.IndexOf(rest[0], 1);
                    if (end < 0) return null;
                    json.WriteStringValue(rest[1..end]);
                    rest = rest[(end + 1)..].TrimStart();
                    if (rest.Length > 0 && rest[0] != ',') return null;
                    rest = rest.Length == 0 ? "" : rest[1..].TrimStart();
                    continue;
                }
                var comma = rest.IndexOf(',', StringComparison.Ordinal);
                var word = (comma < 0 ? rest : rest[..comma]).Trim();
                if (word is "true" or "false") json.WriteBooleanValue(word == "true");
                else if (double.TryParse(word, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)) json.WriteNumberValue(number);
                else if (word.Length > 0) json.WriteStringValue(word);
                else return null;
                rest = comma < 0 ? "" : rest[(comma + 1)..].TrimStart();
            }
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(bytes.ToArray());
    }
}
