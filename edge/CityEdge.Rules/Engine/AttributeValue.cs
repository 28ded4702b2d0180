using System.Globalization;
using System.Text.Json.Serialization;

namespace CityEdge.Rules;

/// <summary>
/// An attribute of a point or an asset: a number in canonical units, or a text, which a date is too. What reads as a number is one wherever it comes from, so CSV, YAML and JSON give it back as it was;
/// digits after a leading zero (<c>0012</c>) are a text, because codes are written so.
/// </summary>
[JsonConverter(typeof(AttributeValueConverter))]
public readonly record struct AttributeValue
{
    /// <summary>Longest text, characters.</summary>
    public const int MaxTextLength = 256;

    private readonly double number;

    private AttributeValue(double number, string? text) => (this.number, Text) = (number, text);

    /// <summary>The number; NaN for a text.</summary>
    public double Number => Text is null ? number : double.NaN;

    /// <summary>The text; null for a number.</summary>
    public string? Text { get; }

    /// <summary>A number.</summary>
    public static implicit operator AttributeValue(double value) => new(value, null);

    /// <summary>As written in a file: a number where it reads as one, else the text.</summary>
    public static AttributeValue Parse(string text) => ReadsAsNumber(text, out var number) ? new(number, null) : new(0, text);

    /// <summary>As in a file that this reads back.</summary>
    public override string ToString() => Text ?? number.ToString("R", CultureInfo.InvariantCulture);

    internal static bool ReadsAsNumber(string text, out double number) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && double.IsFinite(number) && !IsCode(text.AsSpan().Trim().TrimStart('-'));

    private static bool IsCode(ReadOnlySpan<char> text) => text is ['0', >= '0' and <= '9', ..] or ['+', ..];
}
