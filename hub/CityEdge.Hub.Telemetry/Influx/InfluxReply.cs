using System.Globalization;
using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Reads the answer to a write as each version documents it: v1 <c>{"error"}</c> or plain text; v2 <c>{"code","message"}</c>, 400 rejects the whole request and 422 keeps the
/// rest; v3 <c>{"error","data"}</c> with the refused lines by number. Never throws: what is not JSON is text.
/// </summary>
internal static class InfluxReply
{
    /// <summary>Longest wait that a server is granted by <c>Retry-After</c>.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(15);

    private const int MaxWords = 500;

    public static InfluxAnswer Read(char version, int status, string body, TimeSpan? retryAfter)
    {
        var (words, lines, isObject) = Parse(body);
        var verdict = Judge(status, words);
        return new InfluxAnswer(verdict, status, words)
        {
            RetryAfter = retryAfter,
            Lines = lines,
            NothingStored = verdict == InfluxVerdict.Refused && ((version == '2' && status == 400) || (version == '3' && (status == 422 || isObject))),
        };
    }

    /// <summary>Seconds or an HTTP date (RFC 9110 §10.2.3), at least 0, at most <see cref="LongestWait"/>; null when there is none or it cannot be read.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage answer, TimeProvider time)
    {
        var wait = answer.Headers.RetryAfter switch
        {
            { Delta: { } seconds } => seconds,
            { Date: { } date } => date - time.GetUtcNow(),
            _ => (TimeSpan?)null,
        };
        return wait is { } asked ? TimeSpan.FromTicks(Math.Clamp(asked.Ticks, 0, LongestWait.Ticks)) : null;
    }

    /// <summary>The server's words: JSON <c>error</c> or <c>message</c>, else the text as it is, at most 500 characters.</summary>
    public static string Words(string body) => Parse(body).Words;

    private static InfluxVerdict Judge(int status, string message) => status switch
    {
        >= 200 and < 300 => InfluxVerdict.Stored,
        400 or 422 when message.Contains("beyond retention policy", StringComparison.Ordinal) => InfluxVerdict.BeyondRetention,
        400 or 422 => InfluxVerdict.Refused,
        401 or 403 => InfluxVerdict.Denied,
        404 => InfluxVerdict.NoDatabase,
        413 => InfluxVerdict.TooLarge,
        500 when message.Contains("retention policy not found", StringComparison.Ordinal) => InfluxVerdict.NoDatabase,
        _ => InfluxVerdict.Unavailable,
    };

    private static (string Words, IReadOnlyList<InfluxAnswer.RefusedLine>? Lines, bool IsObject) Parse(string body)
    {
        var words = body.Trim();
        if (!words.StartsWith('{')) return (Cut(words), null, false);
        try
        {
            using var document = JsonDocument.Parse(words);
            var root = document.RootElement;
            foreach (var name in (ReadOnlySpan<string>)["message", "error"])
            {
                if (root.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } said) words = said;
            }
            if (!root.TryGetProperty("data", out var data)) return (Cut(words), null, false);
            var lines = new List<InfluxAnswer.RefusedLine>();
            if (data.ValueKind == JsonValueKind.Array)
            {
                foreach (var item in data.EnumerateArray()) Add(item, lines);
            }
            else
            {
                Add(data, lines);
            }
            if (lines.Count > 0) words = string.Create(CultureInfo.InvariantCulture, $"{words}: line {lines[0].Number}: {lines[0].Message}");
            return (Cut(words), lines.Count > 0 ? lines : null, data.ValueKind == JsonValueKind.Object);
        }
        catch (JsonException)
        {
            // Not JSON after all: the text is what there is to show.
            return (Cut(body.Trim()), null, false);
        }
    }

    private static void Add(JsonElement item, List<InfluxAnswer.RefusedLine> lines)
    {
        if (item.ValueKind != JsonValueKind.Object || !item.TryGetProperty("line_number", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt32(out var at)) return;
        lines.Add(new InfluxAnswer.RefusedLine(at, Text(item, "original_line"), Cut(Text(item, "error_message"))));
    }

    private static string Text(JsonElement item, string name) => item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : "";

    private static string Cut(string words) => words.Length > MaxWords ? words[..MaxWords] + "…" : words;

    /// <summary>What a status without words means to a person.</summary>
    public static string Describe(int status, string message) => message.Length > 0 ? $"{status}: {message}" : $"{status} {(HttpStatusCode)status}";
}
