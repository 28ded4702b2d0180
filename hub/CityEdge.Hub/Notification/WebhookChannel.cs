using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Notification;

/// <summary>
/// JSON by POST, signed by Standard Webhooks 1.0.0: <c>webhook-id</c>, <c>webhook-timestamp</c> (Unix seconds) and <c>webhook-signature: v1,</c> base64 of HMAC-SHA256 over
/// <c>id.timestamp.body</c>. A secret that begins with <c>whsec_</c> is base64; any other is its UTF-8 bytes.
/// </summary>
/// <param name="options">URL and secret.</param>
/// <param name="http">Sends; does not follow redirects.</param>
public sealed class WebhookChannel(ChannelOptions options, HttpClient http) : IChannel
{
    private readonly byte[] key = KeyOf(options.Secret ?? "");

    public async Task<SendResult> SendAsync(OutgoingMessage message, CancellationToken ct)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                message.Id,
                type = message.Notices.Count > 1 ? "cityedge.notices" : "cityedge.notice",
                message.Title,
                text = string.Join('\n', message.Lines),
                notices = message.Notices.Select(n => new { n.Id, n.Kind, n.Reminder, n.At, n.Asset, n.Reading, n.Limit, n.Link, n.Ticket }),
            },
            HubJson.Options);
        var timestamp = message.At.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation("webhook-id", message.Id);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp);
        if (key.Length > 0) request.Headers.TryAddWithoutValidation("webhook-signature", "v1," + Sign(key, message.Id, timestamp, body));
        using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        if (answer.IsSuccessStatusCode) return SendResult.Taken;
        return new SendResult($"HTTP {(int)answer.StatusCode} {answer.ReasonPhrase}", RetryAfter(answer, message.At), answer.StatusCode == HttpStatusCode.Gone);
    }

    /// <summary>The signature without its version, for senders and for tests of receivers.</summary>
    public static string Sign(byte[] key, string id, string timestamp, byte[] body) => Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes($"{id}.{timestamp}.").Concat(body).ToArray()));

    /// <summary>The key's bytes.</summary>
    public static byte[] KeyOf(string secret)
    {
        const string Prefix = "whsec_";
        if (!secret.StartsWith(Prefix, StringComparison.Ordinal)) return Encoding.UTF8.GetBytes(secret);
        var bytes = new byte[secret.Length];
        return Convert.TryFromBase64String(secret[Prefix.Length..], bytes, out var length) ? bytes[..length] : Encoding.UTF8.GetBytes(secret);
    }

    /// <summary>The answer's <c>Retry-After</c> (RFC 9110 §10.2.3), if any.</summary>
    internal static TimeSpan? RetryAfter(HttpResponseMessage answer, DateTimeOffset now) => answer.Headers.RetryAfter is not { } after ? null : after.Delta ?? (after.Date is { } date && date > now ? date - now : null);
}
