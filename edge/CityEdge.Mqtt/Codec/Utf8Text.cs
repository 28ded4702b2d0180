using System.Text.Unicode;

namespace CityEdge.Mqtt;

/// <summary>UTF-8 Encoded String of 5.0 §1.5.4 (3.1.1 §1.5.3): well-formed, so no surrogates or overlong forms, and without U+0000.</summary>
internal static class Utf8Text
{
    public const string Fault = "is not well-formed UTF-8 or has U+0000 (5.0 §1.5.4)";

    public static bool IsValid(ReadOnlySpan<byte> bytes) => Utf8.IsValid(bytes) && !bytes.Contains((byte)0);
}
