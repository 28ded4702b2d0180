using System.IO.Compression;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace CityEdge.Hub.Telemetry;

/// <summary>HTTP to one InfluxDB: first contact, writes, queries. All that means "later" is thrown as <see cref="TelemetryUnavailableException"/>.</summary>
internal sealed class InfluxConnection : IDisposable
{
    /// <summary>How long a stopped sink waits before it looks again: doubled from the first to the second.</summary>
    public static readonly (TimeSpan First, TimeSpan Last) Looks = (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(60));

    private readonly HttpClient http;
    private readonly InfluxOptions options;
    private readonly IInfluxDialect dialect;
    private readonly ILogger? logger;
    private readonly TimeProvider wall;
    private readonly bool compress;
    private readonly HashSet<string> told = [];
    private volatile AuthenticationHeaderValue? authorization;
    private volatile bool ready;
    private volatile bool identified;
    private volatile bool isVictoria;
    private int stops;

    public InfluxConnection(InfluxOptions options, ILogger? logger, HttpMessageHandler? handler = null, TimeProvider? wall = null)
    {
        (this.options, this.logger, this.wall) = (options, logger, wall ?? TimeProvider.System);
        dialect = InfluxDialects.For(options.Version);
        if (options.Url.Scheme is not ("http" or "https") || options.Url.UserInfo.Length > 0 || options.Url.Query.Length > 0)
        {
            throw new ArgumentException($"--influx-url {options.Url.GetLeftPart(UriPartial.Path)}: give http://HOST:PORT or https://HOST:PORT, and the user by --influx-user.");
        }
        compress = !options.Url.IsLoopback;
        handler ??= new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = compress, PooledConnectionLifetime = TimeSpan.FromMinutes(5), ConnectTimeout = TimeSpan.FromSeconds(10) };
        http = new HttpClient(handler) { BaseAddress = new Uri(options.Url.AbsoluteUri.TrimEnd('/') + "/"), Timeout = options.Timeout };
        authorization = dialect.Authorization(options);
    }

    public Uri Url => http.BaseAddress!;

    public string Database => options.Database;

    /// <summary>The server turned out to be VictoriaMetrics: numbers only, acknowledged before they are on disk, read by its export. Known after the first contact.</summary>
    public bool IsVictoria => isVictoria;

    /// <summary>Nothing has been heard since the last look that would make it unknown.</summary>
    public bool IsReady => ready;

    /// <summary>True from a refusal that only people can mend until a batch is stored again.</summary>
    public bool Stopped => Volatile.Read(ref stops) > 0;

    /// <summary>Before the first write, and after every failure that leaves the server unknown: it answers, speaks the dialect, has the database, and keeps times as they are written.</summary>
    public async Task ReadyAsync(CancellationToken cancellation)
    {
        if (ready) return;
        // The password file may have been mended since it was refused.
        if (Stopped && options.ReadPassword is { } read) authorization = dialect.Authorization(options with { Password = read() ?? options.Password });
        identified = false;
        await IdentifyAsync(cancellation).ConfigureAwait(false);
        await SetUpAsync(cancellation).ConfigureAwait(false);
        await InfluxProbe.ProveAsync(this, wall, logger, cancellation).ConfigureAwait(false);
        ready = true;
    }

    /// <summary>Who answers there.</summary>
    public async Task IdentifyAsync(CancellationToken cancellation)
    {
        if (identified) return;
        using var answer = await SendAsync(HttpMethod.Get, "ping", null, cancellation).ConfigureAwait(false);
        var status = (int)answer.StatusCode;
        if (status is 401 or 403) throw Denied(new InfluxAnswer(InfluxVerdict.Denied, status, InfluxReply.Words(await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false))));
        if (!answer.IsSuccessStatusCode) throw Unavailable($"answers /ping with {status}", "unready", TelemetryTrouble.Busy, InfluxReply.RetryAfter(answer, wall));
        var version = answer.Headers.TryGetValues("X-Influxdb-Version", out var values) ? values.First() : null;
        var known = version is null ? dialect.Version != '1' : version.TrimStart('v').StartsWith(dialect.Version);
        var victoria = version is null && await VictoriaQueries.IsItAsync(this, cancellation).ConfigureAwait(false);
        if (victoria && dialect.Version != '2') throw Stop("is VictoriaMetrics, which is written by the dialect of InfluxDB 2: set --influx-version 2, and any --influx-org", "dialect");
        if (!known) throw Stop($"is not InfluxDB {dialect.Version} (it names its version '{version ?? "none"}'). Set --influx-version to what runs there; an unknown server is not written to", "dialect");
        if (victoria && !isVictoria)
        {
            logger?.LogWarning("{Url} is VictoriaMetrics, not InfluxDB. It acknowledges before it has written to disk, so the journal keeps the last {Lag} s and sends them again after a restart; it stores texts as 0, so they are left out; it answers 204 to what it drops, so look at its vm_rows_invalid_total and vm_rows_ignored_total. Run it with -dedup.minScrapeInterval=1ms and a -retentionPeriod as long as --retention.", Url, PositionLag.Lag.TotalSeconds);
        }
        isVictoria = victoria;
        identified = true;
    }

    /// <summary>Creates database and retention policies. A user without the right to do so goes on: the write tells whether they are there.</summary>
    public async Task SetUpAsync(CancellationToken cancellation)
    {
        if (isVictoria) return;
        foreach (var statement in dialect.SetUp(options))
        {
            var (error, _) = await RunAsync(statement, cancellation).ConfigureAwait(false);
            if (error is null || error.Contains("already exists", StringComparison.Ordinal)) continue;
            lock (told)
            {
                if (!told.Add(statement)) continue;
            }
            logger?.LogInformation("InfluxDB at {Url} refused '{Statement}': {Error}. If the database exists already, this is harmless.", Url, statement, error);
        }
    }

    /// <summary>Sends lines of a batch; every failure that is about the lines comes back as an answer, every other one is thrown.</summary>
    public async Task<InfluxAnswer> WriteAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellation)
    {
        TelemetryMetrics.SentBytes.Add(lines.Length);
        var answer = await PostAsync(lines, cancellation).ConfigureAwait(false);
        if (answer.Verdict == InfluxVerdict.Stored) Volatile.Write(ref stops, 0);
        return answer;
    }

    /// <summary>As <see cref="WriteAsync"/>, for the probe.</summary>
    public async Task<InfluxAnswer> PostAsync(ReadOnlyMemory<byte> lines, CancellationToken cancellation)
    {
        using var response = await SendAsync(HttpMethod.Post, dialect.WritePath(options), Body(lines), cancellation).ConfigureAwait(false);
        if (response.IsSuccessStatusCode) return new InfluxAnswer(InfluxVerdict.Stored, (int)response.StatusCode, "");
        var answer = InfluxReply.Read(dialect.Version, (int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false), InfluxReply.RetryAfter(response, wall));
        return answer.Verdict switch
        {
            InfluxVerdict.Denied => throw Denied(answer),
            InfluxVerdict.Unavailable => throw Unavailable($"answers {InfluxReply.Describe(answer.Status, answer.Message)}", $"http_{answer.Status}", TelemetryTrouble.Busy, answer.RetryAfter),
            _ => answer,
        };
    }

    /// <summary>Runs InfluxQL; the error of the statement, or its result.</summary>
    public async Task<(string? Error, JsonElement Result)> RunAsync(string query, CancellationToken cancellation)
    {
        using var answer = await SendAsync(HttpMethod.Post, dialect.QueryPath(options), new FormUrlEncodedContent([new("q", query)]), cancellation).ConfigureAwait(false);
        var body = await answer.Content.ReadAsStringAsync(cancellation).ConfigureAwait(false);
        var status = (int)answer.StatusCode;
        if (status is >= 500 or 429) throw Unavailable($"answers {InfluxReply.Describe(status, InfluxReply.Words(body))}", $"http_{status}", TelemetryTrouble.Busy, InfluxReply.RetryAfter(answer, wall));
        if (!answer.IsSuccessStatusCode) return (InfluxReply.Describe(status, InfluxReply.Words(body)), default);
        try
        {
            using var document = JsonDocument.Parse(body);
            var result = document.RootElement.TryGetProperty("results", out var results) && results.GetArrayLength() > 0 ? results[0].Clone() : default;
            return (result.ValueKind == JsonValueKind.Object && result.TryGetProperty("error", out var error) ? error.GetString() : null, result);
        }
        catch (JsonException error)
        {
            throw Unavailable("answers a query with something that is not JSON", "answer", TelemetryTrouble.Busy, null, error);
        }
    }

    /// <summary>Times, ms, at which a probe of this value is stored; or why they cannot be read.</summary>
    public async Task<(string? Error, IReadOnlyList<long> Times)> FindProbeAsync(long mark, long aroundMs, CancellationToken cancellation)
    {
        if (isVictoria) return await VictoriaQueries.FindProbeAsync(this, mark, aroundMs, cancellation).ConfigureAwait(false);
        var (error, result) = await RunAsync($"SELECT \"value\" FROM {Source(InfluxProbe.Measurement)} WHERE \"value\" = {mark}", cancellation).ConfigureAwait(false);
        if (error is not null || result.ValueKind != JsonValueKind.Object || !result.TryGetProperty("series", out var series) || series.GetArrayLength() == 0) return (error, []);
        return (null, [.. series[0].GetProperty("values").EnumerateArray().Select(v => v[0].GetInt64())]);
    }

    public async Task ForgetProbeAsync(long timeMs, CancellationToken cancellation)
    {
        if (isVictoria || dialect.Forget(InfluxProbe.Measurement, timeMs) is not { } statement) return;
        // Without the right to delete it stays: one point a start.
        await RunAsync(statement, cancellation).ConfigureAwait(false);
    }

    /// <summary>GET of another address of the server; null for anything but 200.</summary>
    public async Task<HttpResponseMessage?> GetAsync(string path, CancellationToken cancellation)
    {
        var answer = await SendAsync(HttpMethod.Get, path, null, cancellation, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
        if (answer.IsSuccessStatusCode) return answer;
        answer.Dispose();
        return null;
    }

    public string Source(string measurement) => dialect.Source(options, measurement);

    public TelemetryUnavailableException Unavailable(string what, string reason, TelemetryTrouble trouble, TimeSpan? retryAfter = null, Exception? inner = null)
    {
        TelemetryMetrics.Retries.Add(1, TelemetryMetrics.Store("influx"), TelemetryMetrics.Reason(reason));
        return new TelemetryUnavailableException($"InfluxDB at {Url} {what}. The rows wait in the journal.", inner, retryAfter, trouble);
    }

    /// <summary>The sink stops: all is asked anew before anything is sent, and not too often.</summary>
    public TelemetryUnavailableException Stop(string what, string reason, TimeSpan? retryAfter = null)
    {
        ready = false;
        var wait = Math.Min(Looks.Last.TotalSeconds, Looks.First.TotalSeconds * Math.Pow(2, Math.Min(10, Interlocked.Increment(ref stops) - 1)));
        if (retryAfter is { } asked) wait = Math.Max(wait, asked.TotalSeconds);
        return Unavailable(what, reason, TelemetryTrouble.Stopped, TimeSpan.FromSeconds(wait));
    }

    public TelemetryUnavailableException NoDatabase(InfluxAnswer answer) => Stop(
        dialect.Version == '1'
            ? $"has no such database, and it could not be created ({InfluxReply.Describe(answer.Status, answer.Message)}). Create '{Database}', or give --influx-user the right to; check --influx-version"
            : $"has no such bucket or organisation ({InfluxReply.Describe(answer.Status, answer.Message)}). Create '{Database}', or mend --influx-bucket and --influx-org; check --influx-version",
        "no_database",
        answer.RetryAfter);

    public void Dispose() => http.Dispose();

    private TelemetryUnavailableException Denied(InfluxAnswer answer) => Stop(
        dialect.Version == '1'
            ? $"refuses user '{options.User ?? "none"}' ({InfluxReply.Describe(answer.Status, answer.Message)}). Mend --influx-user or --influx-password-file, or GRANT WRITE ON {Database}"
            : $"refuses the token ({InfluxReply.Describe(answer.Status, answer.Message)}). Mend --influx-token, or let it write '{Database}'",
        "denied",
        answer.RetryAfter);

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, HttpContent? content, CancellationToken cancellation, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        using var request = new HttpRequestMessage(method, path) { Content = content };
        request.Headers.Authorization = authorization;
        try
        {
            return await http.SendAsync(request, until, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            ready = identified = false;
            throw Unavailable($"cannot be reached: {error.Message}", "unreachable", TelemetryTrouble.Away, null, error);
        }
        catch (OperationCanceledException error) when (!cancellation.IsCancellationRequested)
        {
            ready = identified = false;
            throw Unavailable($"did not answer within {options.Timeout.TotalSeconds:0} s", "timeout", TelemetryTrouble.Away, null, error);
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
}
