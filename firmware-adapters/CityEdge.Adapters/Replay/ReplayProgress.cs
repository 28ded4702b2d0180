using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CityEdge.Adapters.Replay;

/// <summary>
/// How far a replay has got, and the instants that its shifted times hang on: after a crash the same row gets the same time again, so that sending it twice changes nothing.
/// </summary>
internal sealed record ReplayProgress
{
    private const int HeadBytes = 4096;

    /// <summary>Rows of the file, good and bad, whose readings the sink has stored.</summary>
    public long Rows { get; init; }

    /// <summary>When the replay began, Unix ms.</summary>
    public required long BeganMs { get; init; }

    /// <summary>Time of the file's first good row (start <c>now</c>) or last one (<c>ending-now</c>), Unix ms; null when not needed.</summary>
    public long? AnchorMs { get; init; }

    /// <summary>What the times depend on; another one begins anew.</summary>
    public required string Signature { get; init; }

    /// <summary>How much of the file's beginning <see cref="Head"/> covers, bytes.</summary>
    public required int HeadLength { get; init; }

    /// <summary>Hash of the file's beginning: a file that has grown is the same, a replaced one is not.</summary>
    public required string Head { get; init; }

    public string ToJson() => JsonSerializer.Serialize(this, ReplayProgressContext.Default.ReplayProgress);

    /// <summary>Saved progress if it is of this file and these settings, else null.</summary>
    public static ReplayProgress? Load(string? saved, ReplayOptions options)
    {
        if (saved is null) return null;
        try
        {
            var progress = JsonSerializer.Deserialize(saved, ReplayProgressContext.Default.ReplayProgress);
            return progress is not null && progress.Signature == SignatureOf(options) && progress.HeadLength is >= 0 and <= HeadBytes && progress.Head == HeadOf(options.File, progress.HeadLength, out _) ? progress : null;
        }
        catch (JsonException)
        {
            return null; // half a file, or one of an older version: begin anew, duplicates are harmless
        }
    }

    public static ReplayProgress Begin(ReplayOptions options, long nowMs)
    {
        var head = HeadOf(options.File, HeadBytes, out var length);
        return new ReplayProgress { BeganMs = nowMs, Signature = SignatureOf(options), HeadLength = length, Head = head };
    }

    private static string SignatureOf(ReplayOptions o) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"1|{o.Start}|{(o.Start == ReplayStart.Now ? o.Speed : null)}|{string.Join('+', o.TimeColumns)}|{o.TimeFormat}|{o.Zone.Id}|{string.Join('+', o.Points.Select(p => $"{p.Point.Name}={p.Column}"))}");

    private static string HeadOf(string file, int count, out int length)
    {
        var bytes = new byte[count];
        length = ReplayFileException.Wrap(() =>
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return stream.ReadAtLeast(bytes, count, throwOnEndOfStream: false);
        });
        return Convert.ToHexStringLower(SHA256.HashData(bytes.AsSpan(0, length)))[..32];
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ReplayProgress))]
internal sealed partial class ReplayProgressContext : JsonSerializerContext;
