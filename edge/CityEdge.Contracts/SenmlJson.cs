using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.IO.Compression;
using System.Text.Json;

namespace CityEdge.Contracts;

/// <summary>
/// SenML in JSON (RFC 8428 §5, media type <c>application/senml+json</c>): version 10, all labels of §4 with resolution (§4.6). Bad input is a value, never an exception.
/// </summary>
public static class SenmlJson
{
    /// <summary>The SenML version that is written and the newest that is read (§4.4).</summary>
    public const int Version = 10;

    /// <summary>Most records in one pack; more refuse the payload (256 KiB of plain JSON cannot hold that many, a gzip bomb can).</summary>
    public const int MaxRecords = 65_536;

    /// <summary>Most bytes that a gzip payload may unpack to.</summary>
    public const int MaxUnpacked = 4 * 1024 * 1024;

    /// <summary>Earliest time that SenML can state absolutely: 2^28 s, 1978-07-04T21:24:16Z. Anything below is relative (§4.5.3).</summary>
    public const long MinAbsoluteMs = (1L << 28) * 1000;

    /// <summary>True for a payload that starts with the gzip magic 1f 8b.</summary>
    public static bool IsGzip(ReadOnlySpan<byte> payload) => payload.Length >= 2 && payload[0] == 0x1f && payload[1] == 0x8b;

    /// <summary>
    /// Reads a pack.
    /// </summary>
    /// <param name="utf8">JSON text, a byte order mark is tolerated.</param>
    /// <param name="defaultBaseName">Base name assumed until a record gives <c>bn</c> (design §5: <c>{site}/{device}/</c>); null for none.</param>
    /// <param name="arrivalMs">Unix ms against which absent and relative times resolve.</param>
    public static SenmlPack Decode(ReadOnlySpan<byte> utf8, string? defaultBaseName, long arrivalMs)
    {
        if (utf8.StartsWith((ReadOnlySpan<byte>)[0xEF, 0xBB, 0xBF])) utf8 = utf8[3..];
        var resolver = new SenmlResolver(defaultBaseName, arrivalMs);
        var reader = new Utf8JsonReader(utf8);
        try
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                return SenmlPack.Refused($"not SenML: expected an array of records, found {reader.TokenType} at byte {reader.TokenStartIndex}");
            }
            var index = 0;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (index == MaxRecords) return SenmlPack.Refused($"more than {MaxRecords} records in one pack: send several", RefusalReason.TooLarge);
                if (resolver.Read(ref reader, index) is { } refusal) return SenmlPack.Refused(refusal);
                index++;
            }
            if (reader.Read()) return SenmlPack.Refused($"not SenML: text after the array at byte {reader.TokenStartIndex}");
            return index == 0 ? SenmlPack.Refused("not SenML: a pack has at least one record, found an empty array at byte 0") : new SenmlPack(resolver.Records, resolver.Errors);
        }
        catch (JsonException e)
        {
            return SenmlPack.Refused($"not SenML: invalid JSON at byte {Position(utf8, e)}: {FirstSentence(e.Message)}");
        }
    }

    /// <summary>Unpacks a gzip payload; null with an error (<c>too_large</c> or <c>not_senml</c>) when it is damaged or unpacks to more than <paramref name="maxBytes"/>.</summary>
    public static byte[]? Decompress(ReadOnlyMemory<byte> gzip, out RefusalReason reason, out string? error, int maxBytes = MaxUnpacked)
    {
        (reason, error) = (RefusalReason.None, null);
        var array = System.Runtime.InteropServices.MemoryMarshal.TryGetArray(gzip, out var segment) ? segment : new ArraySegment<byte>(gzip.ToArray());
        using var source = new MemoryStream(array.Array!, array.Offset, array.Count, writable: false);
        using var unpack = new GZipStream(source, CompressionMode.Decompress);
        var output = new ArrayBufferWriter<byte>(Math.Min(maxBytes, Math.Max(1024, gzip.Length * 4)));
        try
        {
            while (true)
            {
                var span = output.GetSpan(1024);
                var read = unpack.Read(span[..Math.Min(span.Length, maxBytes - output.WrittenCount + 1)]);
                if (read == 0) break;
                output.Advance(read);
                if (output.WrittenCount <= maxBytes) continue;
                (reason, error) = (RefusalReason.TooLarge, $"gzip payload unpacks to more than {maxBytes} bytes: send several smaller ones");
                return null;
            }
            if (output.WrittenCount > 0) return output.WrittenSpan.ToArray();
            (reason, error) = (RefusalReason.NotSenml, "gzip payload is empty or cut short");
        }
        catch (InvalidDataException e)
        {
            (reason, error) = (RefusalReason.NotSenml, $"gzip payload is damaged: {e.Message}");
        }
        return null;
    }

    /// <summary>Writes readings as one pack: <c>bn</c> once, absolute times with millisecond precision, numbers in their shortest round-trip form.</summary>
    /// <exception cref="ArgumentException">A reading is outside <paramref name="baseName"/>, is not finite, has no value, or is earlier than <see cref="MinAbsoluteMs"/>: the normaliser lets none of these through.</exception>
    public static void Encode(IBufferWriter<byte> output, string baseName, ReadOnlySpan<Reading> readings)
    {
        using var writer = new Utf8JsonWriter(output, new JsonWriterOptions { SkipValidation = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
        Span<byte> number = stackalloc byte[40];
        writer.WriteStartArray();
        for (var i = 0; i < readings.Length; i++)
        {
            ref readonly var reading = ref readings[i];
            writer.WriteStartObject();
            if (i == 0) writer.WriteString("bn"u8, baseName);
            writer.WriteString("n"u8, RelativeName(baseName, reading.Point));
            if (reading.TimeMs < MinAbsoluteMs) throw new ArgumentException($"{reading.Point}: SenML cannot state a time before 1978-07-04T21:24:16Z ({reading.TimeMs} ms)", nameof(readings));
            writer.WritePropertyName("t"u8);
            writer.WriteRawValue(Seconds(reading.TimeMs, number), skipInputValidation: true);
            if (reading.Unit is { } unit) writer.WriteString("u"u8, unit);
            WriteValue(writer, reading);
            if (reading.Quality != Quality.Good) writer.WriteNumber("quality"u8, (int)reading.Quality);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
    }

    private static void WriteValue(Utf8JsonWriter writer, in Reading reading)
    {
        switch (reading.Value.Type)
        {
            case ReadingType.Number when double.IsFinite(reading.Value.Number):
                writer.WriteNumber("v"u8, reading.Value.Number);
                break;
            case ReadingType.Boolean:
                writer.WriteBoolean("vb"u8, reading.Value.Boolean);
                break;
            case ReadingType.Text:
                writer.WriteString("vs"u8, reading.Value.Text);
                break;
            case ReadingType.Data:
                writer.WriteString("vd"u8, Base64Url.EncodeToString(reading.Value.Data.Span));
                break;
            default:
                throw new ArgumentException($"{reading.Point}: a reading with value '{reading.Value}' cannot be written", nameof(reading));
        }
    }

    private static ReadOnlySpan<char> RelativeName(string baseName, PointId point)
    {
        var (site, device) = (point.Site, point.Device);
        var own = site.Length + device.Length + 2;
        if (baseName.Length == own && baseName.StartsWith(site, StringComparison.Ordinal) && baseName[site.Length] == '/'
            && baseName.AsSpan(site.Length + 1).StartsWith(device) && baseName[^1] == '/')
        {
            return point.Name;
        }
        var full = point.ToString();
        return full.StartsWith(baseName, StringComparison.Ordinal) && full.Length > baseName.Length
            ? full.AsSpan(baseName.Length)
            : throw new ArgumentException($"{full} is not under the base name {baseName}", nameof(point));
    }

    // 1700000000123 -> 1700000000.123: integers only, so that no digit is invented.
    private static ReadOnlySpan<byte> Seconds(long ms, Span<byte> buffer)
    {
        var (seconds, rest) = Math.DivRem(ms, 1000);
        seconds.TryFormat(buffer, out var length, default, CultureInfo.InvariantCulture);
        if (rest == 0) return buffer[..length];
        buffer[length++] = (byte)'.';
        rest.TryFormat(buffer[length..], out var digits, "000", CultureInfo.InvariantCulture);
        length += digits;
        while (buffer[length - 1] == '0') length--;
        return buffer[..length];
    }

    private static long Position(ReadOnlySpan<byte> utf8, JsonException e)
    {
        long start = 0;
        for (var line = e.LineNumber ?? 0; line > 0; line--) start += utf8[(int)start..].IndexOf((byte)'\n') + 1;
        return start + (e.BytePositionInLine ?? 0);
    }

    internal static string FirstSentence(string message)
    {
        var end = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return end > 0 ? message[..end].TrimEnd() : message;
    }
}
