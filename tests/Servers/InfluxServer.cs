using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace CityEdge.Tests.Servers;

/// <summary>
/// Debian's InfluxDB 1.6.7, started on free loopback ports with its data in a folder of the test; configured by environment only. It can be killed, stopped in its tracks and
/// started again on the same data and port. A missing program is an error that says what to install: tests of InfluxDB must not pass without it.
/// </summary>
public sealed class InfluxServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/influxd";
    private readonly TemporaryFolder own = new();
    private readonly string folder;
    private readonly int port = FreePort.Next();
    private readonly int rpcPort = FreePort.Next();
    private readonly bool authentication;
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(2) };
    private ChildProcess? child;

    private InfluxServer(bool authentication, string? folder) => (this.authentication, this.folder) = (authentication, folder ?? own.Path);

    public string Url => $"http://127.0.0.1:{port}";

    /// <summary>The program as it runs now.</summary>
    public ChildProcess Child => child ?? throw new InvalidOperationException("InfluxDB is not running.");

    /// <summary>Variables for the next start, over those of this class.</summary>
    public Dictionary<string, string> Environment { get; } = [];

    /// <summary>Starts a server and waits until it answers.</summary>
    /// <param name="authentication">Whether it asks who writes.</param>
    /// <param name="folder">Where its files go, for example a small disk; null: a folder of its own.</param>
    /// <param name="environment">Further settings, <c>INFLUXDB_…</c>.</param>
    public static async Task<InfluxServer> StartAsync(bool authentication = false, string? folder = null, IReadOnlyDictionary<string, string>? environment = null)
    {
        var server = new InfluxServer(authentication, folder);
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) server.Environment[name] = value;
        try
        {
            await server.StartAgainAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the server on the same folder and port, after <see cref="KillAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        if (!File.Exists(Program)) throw new FileNotFoundException($"{Program} is missing: install Debian's package influxdb (tests/run.sh does).");
        var environment = new Dictionary<string, string>
        {
            ["INFLUXDB_BIND_ADDRESS"] = $"127.0.0.1:{rpcPort}",
            ["INFLUXDB_HTTP_BIND_ADDRESS"] = $"127.0.0.1:{port}",
            ["INFLUXDB_HTTP_AUTH_ENABLED"] = authentication ? "true" : "false",
            ["INFLUXDB_META_DIR"] = Path.Combine(folder, "meta"),
            ["INFLUXDB_DATA_DIR"] = Path.Combine(folder, "data"),
            ["INFLUXDB_DATA_WAL_DIR"] = Path.Combine(folder, "wal"),
            ["INFLUXDB_MONITOR_STORE_ENABLED"] = "false",
            ["INFLUXDB_HTTP_LOG_ENABLED"] = "false",
            ["INFLUXDB_DATA_INDEX_VERSION"] = "inmem",
        };
        foreach (var (name, value) in Environment) environment[name] = value;
        if (child is not null) await child.DisposeAsync();
        child = new ChildProcess(Program, ["-config", "/dev/null"], environment);
        await Wait.UntilAsync("InfluxDB to answer /ping", AnswersAsync, TimeSpan.FromSeconds(30), () => child.Errors);

        async Task<bool> AnswersAsync()
        {
            if (child.Process.HasExited) throw new InvalidOperationException($"influxd ended at once with exit code {child.ExitCode} (ports {port}, {rpcPort}).\n{child.Errors}");
            using var answer = await http.GetAsync($"{Url}/ping");
            return answer.StatusCode == HttpStatusCode.NoContent;
        }
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public Task KillAsync() => Child.KillAsync();

    /// <summary>Rows (time, first value) of a query on the database <c>cityedge</c>.</summary>
    public async Task<List<(long TimeMs, double Value)>> QueryAsync(string query)
    {
        var text = await http.GetStringAsync($"{Url}/query?db=cityedge&epoch=ms&q={Uri.EscapeDataString(query)}");
        var result = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("results")[0];
        if (result.TryGetProperty("error", out var error)) throw new InvalidOperationException($"{query}: {error}");
        if (!result.TryGetProperty("series", out var series)) return [];
        return series.EnumerateArray().SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => (v[0].GetInt64(), double.Parse(v[1].GetRawText(), CultureInfo.InvariantCulture))).ToList();
    }

    /// <summary>Runs InfluxQL; the answer as text, whatever its status.</summary>
    public async Task<string> ExecuteAsync(string query, string? user = null, string? password = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"{Url}/query?epoch=ms") { Content = new FormUrlEncodedContent([new("q", query)]) };
        if (user is not null) request.Headers.Authorization = new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{user}:{password}")));
        using var answer = await http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Writes lines as they are, in ms.</summary>
    public async Task<HttpStatusCode> WriteAsync(string database, string lines)
    {
        using var answer = await http.PostAsync($"{Url}/write?db={Uri.EscapeDataString(database)}&rp=raw&precision=ms", new StringContent(lines));
        return answer.StatusCode;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (child is not null) await child.DisposeAsync();
        http.Dispose();
        own.Dispose();
    }
}
