using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Api;

namespace CityEdge.Hub.Cli;

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

    /// <summary>Copies a body of any length; an answer that ends early without an error must be told by what is in it.</summary>
    public async Task DownloadAsync(string path, Stream into, CancellationToken ct)
    {
        // The client's time-out counts to the end of the headers only.
        using var response = await AskAsync(new HttpRequestMessage(HttpMethod.Get, path), HttpCompletionOption.ResponseHeadersRead, ct);
        try
        {
            await response.Content.CopyToAsync(into, ct);
        }
        catch (HttpRequestException error)
        {
            throw new CommandFailedException($"The hub at {http.BaseAddress} broke off: {error.Message}. Its log says why; try again.");
        }
    }

    /// <summary>The lines of a streamed answer, as they come; leaving the loop ends the work at the hub.</summary>
    public async IAsyncEnumerable<JsonElement> LinesAsync(HttpMethod method, string path, object body, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var request = new HttpRequestMessage(method, path) { Content = JsonContent.Create(body, options: HubJson.Options) };
        request.Headers.Accept.ParseAdd("application/x-ndjson");
        request.Headers.Accept.ParseAdd("application/problem+json");
        // The client's time-out counts to the end of the headers only.
        using var response = await AskAsync(request, HttpCompletionOption.ResponseHeadersRead, ct);
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(ct));
        while (await LineAsync(reader, ct) is { } line)
        {
            if (line.Length > 0) yield return JsonSerializer.Deserialize<JsonElement>(line);
        }
    }

    private async Task<string?> LineAsync(StreamReader reader, CancellationToken ct)
    {
        try
        {
            return await reader.ReadLineAsync(ct);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            throw new CommandFailedException($"The hub at {http.BaseAddress} broke off: {error.Message}. Its log says why; try again.");
        }
    }

    private async Task<JsonElement> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        var text = await ExchangeAsync(method, path, content, ct);
        try
        {
            return text.Length == 0 ? default : JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException)
        {
            throw new CommandFailedException($"What answers at {http.BaseAddress} is not a hub; name the hub with --hub URL.");
        }
    }

    private async Task<string> ExchangeAsync(HttpMethod method, string path, HttpContent? content, CancellationToken ct)
    {
        using var response = await AskAsync(new HttpRequestMessage(method, path) { Content = content }, HttpCompletionOption.ResponseContentRead, ct);
        return await response.Content.ReadAsStringAsync(ct);
    }

    /// <summary>The answer, if it is a success; the caller disposes it.</summary>
    private async Task<HttpResponseMessage> AskAsync(HttpRequestMessage request, HttpCompletionOption completion, CancellationToken ct)
    {
        using (request)
        {
            HttpResponseMessage response;
            try
            {
                response = await http.SendAsync(request, completion, ct);
            }
            catch (HttpRequestException error)
            {
                throw new CommandFailedException($"The hub at {http.BaseAddress} does not answer: {error.Message}. Start it with 'cityedge-hub serve', or name another with --hub URL.");
            }
            catch (TaskCanceledException) when (!ct.IsCancellationRequested)
            {
                throw new CommandFailedException($"The hub at {http.BaseAddress} has not answered within {http.Timeout.TotalSeconds:0} s; what was asked may have been done. Look, then try again.");
            }
            if (response.IsSuccessStatusCode) return response;
            using (response) throw new CommandFailedException(Describe(await response.Content.ReadAsStringAsync(ct), (int)response.StatusCode));
        }
    }

    private static string Describe(string text, int status)
    {
        try
        {
            var problem = JsonSerializer.Deserialize<JsonElement>(text);
            var message = problem.TryGetProperty("detail", out var detail) ? detail.GetString()! : $"The hub answered {status}.";
            if (!problem.TryGetProperty("errors", out var errors) || errors.ValueKind != JsonValueKind.Array) return message;
            return string.Join('\n', errors.EnumerateArray().Select(e => $"{Text(e, "file")}{Text(e, "line")}{Text(e, "column")}{Text(e, "message").TrimEnd(':')}"));
        }
        catch (JsonException)
        {
            return $"The hub answered {status}: {text[..Math.Min(text.Length, 300)]}";
        }
        static string Text(JsonElement error, string name) => error.TryGetProperty(name, out var part) ? part + ":" : "";
    }
}
