using System.Globalization;

namespace CityEdge.Contracts;

/// <summary>Type of a <see cref="ReadingValue"/>; a point never changes it (design §5, <c>type_changed</c>).</summary>
public enum ReadingType : byte
{
    None,
    Number,
    Boolean,
    Text,
    Data,
}

/// <summary>The value of a SenML record (RFC 8428 §4.2: <c>v</c>, <c>vb</c>, <c>vs</c>, <c>vd</c>).</summary>
public readonly struct ReadingValue : IEquatable<ReadingValue>
{
    private readonly double number;
    private readonly object? reference;

    private ReadingValue(ReadingType type, double number, object? reference) => (Type, this.number, this.reference) = (type, number, reference);

    /// <summary>Which of the accessors holds.</summary>
    public ReadingType Type { get; }

    /// <summary>The number; 0 for other types.</summary>
    public double Number => Type == ReadingType.Number ? number : 0;

    /// <summary>The boolean; false for other types.</summary>
    public bool Boolean => Type == ReadingType.Boolean && number != 0;

    /// <summary>The text; null for other types.</summary>
    public string? Text => reference as string;

    /// <summary>The bytes; empty for other types.</summary>
    public ReadOnlyMemory<byte> Data => reference is byte[] bytes ? bytes : default;

    /// <summary>Number as is, boolean as 0 or 1, NaN for text and data: what a rule's <c>value</c> compares.</summary>
    public double AsNumber => Type is ReadingType.Number or ReadingType.Boolean ? number : double.NaN;

    public static ReadingValue FromNumber(double value) => new(ReadingType.Number, value, null);

    public static ReadingValue FromBoolean(bool value) => new(ReadingType.Boolean, value ? 1 : 0, null);

    public static ReadingValue FromText(string value) => new(ReadingType.Text, 0, value);

    public static ReadingValue FromData(byte[] value) => new(ReadingType.Data, 0, value);

    /// <inheritdoc />
    public bool Equals(ReadingValue other) => Type == other.Type && number.Equals(other.number) &&
        (reference is byte[] bytes ? other.reference is byte[] others && bytes.AsSpan().SequenceEqual(others) : Equals(reference, other.reference));

    /// <inheritdoc />
    public override bool Equals(object? obj) => obj is ReadingValue other && Equals(other);

    /// <inheritdoc />
    public override int GetHashCode() => HashCode.Combine(Type, number, reference is byte[] bytes ? bytes.Length : reference?.GetHashCode() ?? 0);

    public static bool operator ==(ReadingValue left, ReadingValue right) => left.Equals(right);

    public static bool operator !=(ReadingValue left, ReadingValue right) => !left.Equals(right);

    /// <summary>Invariant text, for logs and for people.</summary>
    public override string ToString() => Type switch
    {
        ReadingType.Number => number.ToString("R", CultureInfo.InvariantCulture),
        ReadingType.Boolean => number != 0 ? "true" : "false",
        ReadingType.Text => Text!,
        ReadingType.Data => Convert.ToBase64String(Data.Span),
        _ => "",
    };
}
