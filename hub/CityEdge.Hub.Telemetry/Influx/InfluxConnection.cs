using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>What InfluxDB answered: verdict, status and its own words.</summary>
internal readonly record struct InfluxAnswer(InfluxVerdict Verdict, int Status, string Message, TimeSpan? RetryAfter);

/// <summary>HTTP to one InfluxDB: first contact, writes, queries. All that means "later" is thrown as <see cref="TelemetryUnavailableException"/>.</summary>
internal sealed class InfluxConnection : IDisposable
{
    private readonly HttpClient http;
    private readonly InfluxOptions options;
    private readonly IInfluxDialect dialect;
    private readonly ILogger? logger;
    private readonly bool compress;
    private volatile bool ready;

    public InfluxConnection(InfluxOptions options, ILogger? logger, HttpMessageHandler? handler = null)
    {
        (this.options, this.logger) = (options, logger);
        dialect = InfluxDialects.For(options.Version);
        if (options.Url.Scheme is not ("http" or "https") || options.Url.UserInfo.Length > 0 || options.Url.Query.Length > 0)
        {
            throw new ArgumentException($"--influx-url {options.Url.GetLeftPart(UriPartial.Path)}: give http://HOST:PORT or https://HOST:PORT, and the user by --influx-user.");
        }
        compress = !options.Url.IsLoopback;
        handler ??= new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = compress, PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(10) };
        http = new HttpClient(handler) { BaseAddress = new Uri(options.Url.AbsoluteUri.TrimEnd('/') + "/"), Timeout = options.Timeout };
        http.DefaultRequestHeaders.Authorization = dialect.Authorization(options);
    }

    /// <summary>Before the first write: the server answers, speaks the dialect, and has the database.</summary>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        if (ready) return;
        using (var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Get, "ping"), cancellation).ConfigureAwait(false))
        {
            if (!answer.IsSuccessStatusCode) throw Unavailable($"answers /ping with {(int)answer.StatusCode}", "unready", null);
            var version = answer.Headers.TryGetValues("X-Influxdb-Version", out var values) ? values.First() : null;
            var known = version is null ? dialect.Version != '1' : version.TrimStart('v').StartsWith(dialect.Version);
            if (!known) throw Unavailable($"is not InfluxDB {dialect.Version} (it names its version '{version ?? "none"}'). Set --influx-version to what runs there; an unknown server is not written to", "dialect", null);
        }
        await SetUpAsync(cancellation).ConfigureAwait(false);
        ready = true;
    }

    /// <summary>Creates database and retention policies. A user without the right to do so goes on: the write tells whether they are there.</summary>
    public async Task SetUpAsync(CancellationToken cancellation)
    {
        foreach (var statement in dialect.SetUp(options))
        {
            var (error, _) = await RunAsync(statement, cancellation).ConfigureAwait(false);
            if (error is null || error.Contains("already exists", StringComparison.Ordinal)) continue;
            logger?.LogInformation("InfluxDB at {Url} refused '{Statement}': {Error}. If the database exists already, this is harmless.", http.BaseAddress, statement, error);
        }
    }

    /// <summary>Sends lines; every failure that is about the lines comes back as an answer, every other one is thrown.</summary>
    public async Task<InfluxAnswer> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellation)
    {
        TelemetryMetrics.SentBytes.Add(lines.Length);
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, dialect.WritePath(options)) { Content = Body(lines) }, cancellation).ConfigureAwait(false);
        var status = (int)answer.StatusCode;
        if (answer.IsSuccessStatusCode) return new InfluxAnswer(InfluxVerdict.Stored, status, "", null);
        var message = Words(await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false));
        var wait = answer.Headers.RetryAfter?.Delta;
        var verdict = InfluxDialects.Judge(status, message);
        return verdict switch
        {
            InfluxVerdict.Denied => throw Unavailable($"refuses user '{options.User ?? "none"}' ({status}: {message}). Mend --influx-user, --influx-password-file or --influx-token, or GRANT WRITE ON {options.Database}", "denied", wait),
            InfluxVerdict.Unavailable => throw Unavailable($"answers {status}: {message}", $"http_{status}", wait),
            _ => new InfluxAnswer(verdict, status, message, wait),
        };
    }

    /// <summary>Runs InfluxQL; the error of the statement, or its result.</summary>
    public async Task<(string? Error, JsonElement Result)> RunAsync(string query, CancellationToken cancellation)
    {
        using var answer = await SendAsync(() => new HttpRequestMessage(HttpMethod.Post, dialect.QueryPath(options)) { Content = new FormUrlEncodedContent([new("q", query)]) }, cancellation).ConfigureAwait(false);
        var body = await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        if ((int)answer.StatusCode is >= 500 or 429) throw Unavailable($"answers {(int)answer.StatusCode}: {Words(body)}", $"http_{(int)answer.StatusCode}", answer.Headers.RetryAfter?.Delta);
        if (!answer.IsSuccessStatusCode) return ($"{(int)answer.StatusCode}: {Words(body)}", default);
        try
        {
            using var document = JsonDocument.Parse(body);
            var result = document.RootElement.TryGetProperty("results", out var results) && results.GetArrayLength() > 0 ? results[0].Clone() : default;
            return (result.ValueKind == JsonValueKind.Object && result.TryGetProperty("error", out var error) ? error.GetString() : null, result);
        }
        catch (JsonException error)
        {
            throw Unavailable("answers a query with something that is not JSON", "answer", null, error);
        }
    }

    public string Source(string measurement) => dialect.Source(options, measurement);

    public TelemetryUnavailableException Unavailable(string what, string reason, TimeSpan? retryAfter, Exception? inner = null)
    {
        TelemetryMetrics.Retries.Add(1, TelemetryMetrics.Store("influx"), TelemetryMetrics.Reason(reason));
        return new TelemetryUnavailableException($"InfluxDB at {http.BaseAddress} {what}. The rows wait in the journal.", inner, retryAfter);
    }

    public void Dispose() => http.Dispose();

    private async Task<HttpResponseMessage> SendAsync(Func<HttpRequestMessage> build, CancellationToken cancellation)
    {
        using var request = build();
        try
        {
            return await http.SendAsync(request, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            ready = false;
            throw Unavailable($"cannot be reached: {error.Message}", "unreachable", null, error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            ready = false;
            throw Unavailable($"did not answer within {options.Timeout.TotalSeconds:0} s", "timeout", null, error);
        }
    }

    private HttpContent Body(ReadOnlyMemory<byte> lines)
    {
        HttpContent content;
        if (compress)
        {
            var packed = new MemoryStream((lines.Length / 4) + 256);
            using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write(lines.Span);
            content = new ByteArrayContent(packed.GetBuffer(), 0, (int)packed.Length);
            content.Headers.ContentEncoding.Add("gzip");
        }
        else
        {
            content = new ReadOnlyMemoryContent(lines);
        }
        content.Headers.ContentType = new MediaTypeHeaderValue("text/plain") { CharSet = "utf-8" };
        return content;
    }

    /// <summary>The server's words: JSON <c>error</c> or <c>message</c>, else the text as it is, at most 500 characters.</summary>
    private static string Words(string body)
    {
        var words = body.Trim();
        if (words.StartsWith('{'))
        {
            try
            {
                using var document = JsonDocument.Parse(words);
                foreach (var name in (ReadOnlySpan<string>)["error", "message"])
                {
                    if (document.RootElement.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String) words = value.GetString()!;
                }
            }
            catch (JsonException)
            {
                // Not JSON after all: the text is what there is to show.
                words = body;
            }
        }
        return words.Length > 500 ? words[..500] + "…" : words;
    }
}
