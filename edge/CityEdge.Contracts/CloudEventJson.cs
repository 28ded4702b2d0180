using System.Buffers;
using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace CityEdge.Contracts;

/// <summary>
/// CloudEvents 1.0 in the JSON format: one structured event, or a JSON array of them (JSON Event Format §3, §4). Bad input is a value, never an exception.
/// </summary>
public static class CloudEventJson
{
    /// <summary>The only <c>specversion</c> that is read and written.</summary>
    public const string SpecVersion = "1.0";

    /// <summary>Most events in one batch; more refuse the payload.</summary>
    public const int MaxEvents = 4096;

    /// <summary>Longest extension attribute name, characters (spec §2.1: SHOULD).</summary>
    public const int MaxExtensionName = 20;

    /// <summary>Reads one event or a batch.</summary>
    public static CloudEventBatch Decode(ReadOnlySpan<byte> utf8)
    {
        if (utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) utf8 = utf8[3..];
        var reader = new Utf8JsonReader(utf8);
        JsonElement root;
        try
        {
            root = JsonElement.ParseValue(ref reader);
            if (reader.Read()) return Refused($"not CloudEvents: text after the value at byte {reader.TokenStartIndex}");
        }
        catch (JsonException e)
        {
            return Refused($"not CloudEvents: invalid JSON near byte {reader.BytesConsumed}: {SenmlJson.FirstSentence(e.Message)}");
        }
        var events = new List<CloudEvent>();
        var errors = new List<CloudEventError>();
        switch (root.ValueKind)
        {
            case JsonValueKind.Object:
                Add(root, 0);
                break;
            case JsonValueKind.Array when root.GetArrayLength() > MaxEvents:
                return Refused($"more than {MaxEvents} events in one batch: send several");
            case JsonValueKind.Array:
                var index = 0;
                foreach (var element in root.EnumerateArray()) Add(element, index++);
                break;
            default:
                return Refused($"not CloudEvents: expected an object or an array, found {root.ValueKind}");
        }
        return new CloudEventBatch(events, errors);

        void Add(JsonElement element, int index)
        {
            if (ReadOne(element, index, out var read) is { } error) errors.Add(error);
            else events.Add(read!);
        }
    }

    /// <summary>Writes one event as a structured JSON object.</summary>
    public static void Encode(IBufferWriter<byte> output, CloudEvent value)
    {
        using var writer = new Utf8JsonWriter(output);
        Write(writer, value);
    }

    /// <summary>Writes a batch as a JSON array.</summary>
    public static void Encode(IBufferWriter<byte> output, IReadOnlyList<CloudEvent> batch)
    {
        using var writer = new Utf8JsonWriter(output);
        writer.WriteStartArray();
        foreach (var one in batch) Write(writer, one);
        writer.WriteEndArray();
    }

    private static CloudEventBatch Refused(string message) => new([], [], message);

    private static CloudEventError? ReadOne(JsonElement element, int index, out CloudEvent? result)
    {
        result = null;
        if (element.ValueKind != JsonValueKind.Object) return new(index, "", $"event {index}: expected an object, found {element.ValueKind}");
        if (!JsonText.IsUnicode(JsonMarshal.GetRawUtf8Value(element))) return new(index, "", $"event {index}: not valid Unicode text");
        var attributes = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var property in element.EnumerateObject())
        {
            if (!attributes.TryAdd(property.Name, property.Value)) return new(index, property.Name, $"event {index}: attribute '{Shown(property.Name)}' appears twice");
        }
        CloudEventError? error = null;
        if (Text("specversion", required: true) is { } version && version != SpecVersion) Fail("specversion", $"is '{Shown(version)}', only {SpecVersion} is understood");
        var (id, source, type) = (Text("id", required: true), Text("source", required: true), Text("type", required: true));
        var (subject, contentType, schema, timeText) = (Text("subject"), Text("datacontenttype"), Text("dataschema"), Text("time"));
        if (source is not null && !Uri.TryCreate(source, UriKind.RelativeOrAbsolute, out _)) Fail("source", "is no URI-reference");
        if (schema is not null && !Uri.TryCreate(schema, UriKind.Absolute, out _)) Fail("dataschema", "is no absolute URI");
        if (contentType is not null && !contentType.Contains('/')) Fail("datacontenttype", "is no media type");
        long? time = null;
        if (timeText is not null)
        {
            if (Rfc3339.TryParse(timeText, out var ms)) time = ms;
            else Fail("time", "is no RFC 3339 date-time with offset");
        }
        JsonElement? data = attributes.Remove("data", out var json) && json.ValueKind != JsonValueKind.Null ? json.Clone() : null;
        byte[]? binary = null;
        if (Text("data_base64", mayBeEmpty: true) is { } base64)
        {
            if (data is not null) Fail("data_base64", "and data are both present");
            if (Base64.IsValid(base64)) binary = Convert.FromBase64String(base64);
            else Fail("data_base64", "is no base64");
        }
        Dictionary<string, JsonElement>? extensions = null;
        foreach (var (name, value) in attributes)
        {
            if (value.ValueKind == JsonValueKind.Null) continue; // null is the same as absent (JSON format §2.2)
            if (!IsExtensionName(name)) Fail(name, $"is no attribute name (1 to {MaxExtensionName} lower-case letters and digits)");
            else if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.True or JsonValueKind.False) && !(value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out _))) Fail(name, "is an extension that is neither text, boolean nor a 32-bit integer");
            else (extensions ??= new(StringComparer.Ordinal))[name] = value.Clone();
        }
        if (error is not null) return error;
        result = new CloudEvent { Id = id!, Source = source!, Type = type!, Subject = subject, TimeMs = time, DataContentType = contentType, DataSchema = schema, Data = data, BinaryData = binary };
        if (extensions is not null) result = result with { Extensions = extensions };
        return null;

        void Fail(string attribute, string what) => error ??= new CloudEventError(index, attribute, $"event {index}: {Shown(attribute)} {what}");

        string? Text(string attribute, bool required = false, bool mayBeEmpty = false)
        {
            if (!attributes.Remove(attribute, out var value) || value.ValueKind == JsonValueKind.Null)
            {
                if (required) Fail(attribute, "is missing, and required");
                return null;
            }
            if (value.ValueKind != JsonValueKind.String) Fail(attribute, $"is not text but {value.ValueKind}");
            else if (value.GetString() is { } text && (text.Length > 0 || mayBeEmpty)) return text;
            else Fail(attribute, "is empty");
            return null;
        }
    }

    private static bool IsExtensionName(string name) => name.Length is > 0 and <= MaxExtensionName && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c));

    private static string Shown(string text) => text.Length <= 60 ? text : text[..60] + "…";

    private static void Write(Utf8JsonWriter writer, CloudEvent value)
    {
        writer.WriteStartObject();
        writer.WriteString("specversion"u8, SpecVersion);
        writer.WriteString("id"u8, value.Id);
        writer.WriteString("source"u8, value.Source);
        writer.WriteString("type"u8, value.Type);
        if (value.Subject is not null) writer.WriteString("subject"u8, value.Subject);
        if (value.TimeMs is { } time) writer.WriteString("time"u8, Rfc3339.Format(time));
        if (value.DataContentType is not null) writer.WriteString("datacontenttype"u8, value.DataContentType);
        if (value.DataSchema is not null) writer.WriteString("dataschema"u8, value.DataSchema);
        foreach (var (name, extension) in value.Extensions)
        {
            writer.WritePropertyName(name);
            extension.WriteTo(writer);
        }
        if (value.Data is { } data)
        {
            writer.WritePropertyName("data"u8);
            data.WriteTo(writer);
        }
        else if (value.BinaryData is { } binary)
        {
            writer.WriteBase64String("data_base64"u8, binary);
        }
        writer.WriteEndObject();
    }
}
