using System.CommandLine;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Cli;

/// <summary>A command failed: exit code 1; the message is for standard error.</summary>
public sealed class CommandFailedException(string message) : Exception(message);

/// <summary>How the other hub commands reach a running hub: <c>--hub URL</c>, <c>--token</c> (design §5).</summary>
public sealed class HubClientOptions
{
    private readonly Option<string> hub = new("--hub") { HelpName = "URL", Description = "The running hub (CITYEDGE_HUB)", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CITYEDGE_HUB") ?? "http://127.0.0.1:8080" };
    private readonly Option<string?> token = new("--token") { HelpName = "TOKEN", Description = "Token of a user; not needed under --auth none (CITYEDGE_TOKEN)", DefaultValueFactory = _ => Environment.GetEnvironmentVariable("CITYEDGE_TOKEN") };
    private readonly Option<bool> json = new("--json") { Description = "One JSON object a line" };

    public void AddTo(Command command)
    {
        command.Options.Add(hub);
        command.Options.Add(token);
        command.Options.Add(json);
    }

    public bool Json(ParseResult parsed) => parsed.GetValue(json);

    public HubClient Connect(ParseResult parsed) => Uri.TryCreate(parsed.GetValue(hub), UriKind.Absolute, out var url) ? new HubClient(url, parsed.GetValue(token)) : throw new UsageException($"--hub is '{parsed.GetValue(hub)}'; expected a URL such as http://127.0.0.1:8080.");
}

/// <summary>The API as the command line uses it; a refusal becomes a message that names what is wrong.</summary>
public sealed class HubClient : IDisposable
{
    private readonly HttpClient http;

    public HubClient(Uri url, string? token)
    {
        http = new HttpClient { BaseAddress = url, Timeout = TimeSpan.FromSeconds(60) };
        if (token is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", token.Trim());
    }

    /// <inheritdoc />
    public void Dispose() => http.Dispose();

    public Task<JsonElement> GetAsync(string path, CancellationToken ct) => SendAsync(HttpMethod.Get, path, null, ct);

    public Task<JsonElement> SendAsync(HttpMethod method, string path, object? body, CancellationToken ct) =>
        SendAsync(method, path, body is null ? null : JsonContent.Create(body, options: HubJson.Options), ct);

    public Task<JsonElement> SendTextAsync(HttpMethod method, string path, string text, string type, CancellationToken ct) => SendAsync(method, path, new StringContent(text, Encoding.UTF8, type), ct);

    /// <summary>All items of a list, page by page.</summary>
    public async IAsyncEnumerable<JsonElement> ListAsync(string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var separator = path.Contains('?') ? '&' : '?';
        string? cursor = null;
        do
        {
            var page = await GetAsync($"{path}{separator}limit=1000{(cursor is null ? "" : $"&cursor={Uri.EscapeDataString(cursor)}")}", ct);
            foreach (var item in page.GetProperty("items").EnumerateArray()) yield return item;
            cursor = page.TryGetProperty("next", out var next) && next.ValueKind == JsonValueKind.String ? next.GetString() : null;
        }
        while (cursor is not null);
    }

    public Task<string> GetTextAsync(string path, CancellationToken ct) => ExchangeAsync(HttpMethod.Get, path, null, ct);

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        var text = await ExchangeAsync(method, path, content, ct);
        return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
    }

    private async Task<string> ExchangeAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, ct);
        }
        catch (HttpRequestException error)
        {
            throw new CommandFailedException($"The hub at {http.BaseAddress} does not answer: {error.Message}. Start it with 'cityedge-hub serve', or name another with --hub URL.");
        }
        using (response)
        {
            var text = await response.Content.ReadAsStringAsync(ct);
            if (response.IsSuccessStatusCode) return text;
            throw new CommandFailedException(Describe(text, (int)response.StatusCode));
        }
    }

    private static string Describe(string text, int status)
    {
        try
        {
            var problem = JsonSerializer.Deserialize<JsonElement>(text);
            var message = problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"The hub answered {status}.";
            if (!problem.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Array) return message;
            return string.Join('\n', errors.EnumerateArray().Select(e => $"{Text(e, "file")}{Text(e, "line")}{Text(e, "column")}{Text(e, "message")[..^1]}"));
        }
        catch (JsonException)
        {
            return $"The hub answered {status}: {text[..Math.Min(text.Length, 300)]}";
        }
        static string Text(JsonElement error, string name) => error.TryGetProperty(name, out var part) ? part + ":" : "";
    }
}
