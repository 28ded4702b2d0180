using System.Globalization;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CityEdge.Hub.Notification;

/// <summary>
/// Group robots. WeCom and DingTalk take Markdown and answer <c>{"errcode":0}</c>; Feishu takes a post and answers <c>{"code":0}</c>. All three answer 200 to what they refuse.
/// DingTalk signs in the query: <c>timestamp</c> (ms) and base64 of HMAC-SHA256 with the secret as key over <c>timestamp\nsecret</c>. Feishu signs in the body: <c>timestamp</c> (s) and base64 of
/// HMAC-SHA256 with <c>timestamp\nsecret</c> as key over nothing. WeCom's key is in its URL.
/// </summary>
/// <param name="options">Kind, URL and secret.</param>
/// <param name="http">Sends; does not follow redirects.</param>
public sealed class RobotChannel(ChannelOptions options, HttpClient http) : IChannel
{
    /// <summary>WeCom cuts Markdown at 4096 bytes of UTF-8; the others take more.</summary>
    private const int MostBytes = 4096;
    private const int MostAnswer = 64 * 1024;

    public async Task<SendResult> SendAsync(OutgoingMessage message, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Address(message.At)) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(Body(message).ToJsonString(Api.HubJson.Options))) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" };
        using var answer = await http.SendAsync(request, ct);
        if (!answer.IsSuccessStatusCode) return new SendResult($"HTTP {(int)answer.StatusCode} {answer.ReasonPhrase}", WebhookChannel.RetryAfter(answer, message.At));
        var text = await answer.Content.ReadAsStringAsync(ct);
        return text.Length > MostAnswer ? new SendResult("the answer is no robot's: too long") : Refusal(text) is { } refusal ? new SendResult(refusal) : SendResult.Taken;
    }

    private Uri Address(DateTimeOffset at)
    {
        if (options is not { Kind: ChannelKind.Dingtalk, Secret: { } secret, Url: { } url }) return options.Url!;
        var timestamp = at.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        var sign = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes($"{timestamp}\n{secret}")));
        return new UriBuilder(url) { Query = $"{url.Query.TrimStart('?')}&timestamp={timestamp}&sign={Uri.EscapeDataString(sign)}".TrimStart('&') }.Uri;
    }

    private JsonObject Body(OutgoingMessage message) => options.Kind switch
    {
        ChannelKind.Wecom => new JsonObject { ["msgtype"] = "markdown", ["markdown"] = new JsonObject { ["content"] = Markdown(message, "\n") } },
        ChannelKind.Dingtalk => new JsonObject { ["msgtype"] = "markdown", ["markdown"] = new JsonObject { ["title"] = message.Title, ["text"] = Markdown(message, "\n\n") } },
        _ => Feishu(message),
    };

    private JsonObject Feishu(OutgoingMessage message)
    {
        var lines = new JsonArray([.. message.Lines.Select(line => (JsonNode)new JsonArray(Uri.TryCreate(line, UriKind.Absolute, out var link) && link.Scheme is "http" or "https"
            ? new JsonObject { ["tag"] = "a", ["text"] = line, ["href"] = line }
            : new JsonObject { ["tag"] = "text", ["text"] = line }))]);
        var body = new JsonObject { ["msg_type"] = "post", ["content"] = new JsonObject { ["post"] = new JsonObject { ["zh_cn"] = new JsonObject { ["title"] = message.Title, ["content"] = lines } } } };
        if (options.Secret is not { } secret) return body;
        var timestamp = message.At.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        body["timestamp"] = timestamp;
        body["sign"] = Convert.ToBase64String(HMACSHA256.HashData(Encoding.UTF8.GetBytes($"{timestamp}\n{secret}"), Array.Empty<byte>()));
        return body;
    }

    /// <summary>Heading and lines, whole lines only, within what robots take.</summary>
    private static string Markdown(OutgoingMessage message, string between)
    {
        var text = new StringBuilder("**").Append(Escape(message.Title)).Append("**");
        var bytes = Encoding.UTF8.GetByteCount(text.ToString());
        foreach (var line in message.Lines)
        {
            var piece = between + Escape(line);
            bytes += Encoding.UTF8.GetByteCount(piece);
            if (bytes > MostBytes - 8) return text.Append(between).Append('…').ToString();
            text.Append(piece);
        }
        return text.ToString();
    }

    /// <summary>What people called their assets must not become markup; a link stays one.</summary>
    private static string Escape(string line)
    {
        if (line.StartsWith("http", StringComparison.Ordinal)) return line;
        var text = new StringBuilder(line.Length);
        foreach (var c in line)
        {
            if (c is '*' or '_' or '`' or '[' or ']' or '<' or '#' or '\\') text.Append('\\');
            text.Append(c);
        }
        return text.ToString();
    }

    private static string? Refusal(string text)
    {
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            if (root.ValueKind != JsonValueKind.Object) return "the answer is no robot's: " + text[..Math.Min(text.Length, 200)];
            foreach (var (code, words) in new[] { ("errcode", "errmsg"), ("code", "msg"), ("StatusCode", "StatusMessage") })
            {
                if (!root.TryGetProperty(code, out var value) || value.ValueKind != JsonValueKind.Number) continue;
                if (value.TryGetInt64(out var number) && number == 0) return null;
                return $"{code} {value.GetRawText()}: {(root.TryGetProperty(words, out var said) ? said.ToString() : "")}";
            }
        }
        catch (JsonException)
        {
            // Said below.
        }
        return "the answer is no robot's: " + text[..Math.Min(text.Length, 200)];
    }
}
