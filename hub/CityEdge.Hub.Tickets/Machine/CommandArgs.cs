using System.Globalization;
using System.Text.Json;

namespace CityEdge.Hub.Tickets.Machine;

/// <summary>Arguments of a command, a JSON object. What is absent or of another type is null or empty: the guards say what was expected.</summary>
public readonly struct CommandArgs(JsonElement? args)
{
    /// <summary>A text that is not blank.</summary>
    public string? Text(string name) => Find(name) is { ValueKind: JsonValueKind.String } value && value.GetString()!.Trim() is { Length: > 0 } text ? text : null;

    /// <summary>The texts of an array, without doubles.</summary>
    public ValueList<string> Texts(string name)
    {
        if (Find(name) is not { ValueKind: JsonValueKind.Array } array) return [];
        List<string> texts = [];
        foreach (var item in array.EnumerateArray())
        {
            if (item.ValueKind == JsonValueKind.String && item.GetString()!.Trim() is { Length: > 0 } text && !texts.Contains(text)) texts.Add(text);
        }
        return [.. texts];
    }

    /// <summary>An RFC 3339 time with a zone, Unix ms.</summary>
    public long? TimeMs(string name) =>
        Text(name) is { } text && (text.EndsWith('Z') || (text.Length > 6 && text[^3] == ':' && text[^6] is '+' or '-')) &&
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.None, out var time) ? time.ToUnixTimeMilliseconds() : null;

    /// <summary>A finite number.</summary>
    public double? Number(string name) => Find(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) && double.IsFinite(number) ? number : null;

    /// <summary>True only for <c>true</c>.</summary>
    public bool Flag(string name) => Find(name) is { ValueKind: JsonValueKind.True };

    /// <summary>The SHA-256 of a photo, 64 hexadecimal digits.</summary>
    public bool IsPhoto(string name) => Text(name) is { Length: 64 } hash && hash.All(char.IsAsciiHexDigit);

    private JsonElement? Find(string name) => args is { ValueKind: JsonValueKind.Object } found && found.TryGetProperty(name, out var value) ? value : null;
}
