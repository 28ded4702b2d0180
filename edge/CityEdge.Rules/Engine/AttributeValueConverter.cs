using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Rules;

/// <summary>An attribute in JSON: a number, or a string.</summary>
public sealed class AttributeValueConverter : JsonConverter<AttributeValue>
{
    /// <inheritdoc />
    public override AttributeValue Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.TokenType switch
    {
        JsonTokenType.Number when reader.TryGetDouble(out var number) && double.IsFinite(number) => number,
        JsonTokenType.String => AttributeValue.Parse(reader.GetString()!),
        _ => throw new JsonException($"an attribute is a number or a text, found {reader.TokenType}"),
    };

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, AttributeValue value, JsonSerializerOptions options)
    {
        if (value.Text is { } text) writer.WriteStringValue(text);
        else writer.WriteNumberValue(value.Number);
    }
}
