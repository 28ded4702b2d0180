using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>
/// A real <c>influxd</c> 1.x on free loopback ports, with its files in a folder of its own; no configuration file is needed. It can be killed and started again on the
/// same files and port. A missing program is an error that says what to install: tests of InfluxDB must not pass without it.
/// </summary>
public sealed class InfluxServer : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });
    private readonly string folder = Directory.CreateTempSubdirectory("cityedge-influxd-").FullName;
    private readonly int httpPort = FreePort();
    private readonly int rpcPort = FreePort();
    private readonly bool authentication;
    private Process? process;

    private InfluxServer(bool authentication) => this.authentication = authentication;

    public Uri Url => new($"http://127.0.0.1:{httpPort}");

    /// <summary>Starts a server and waits until it answers, 30 s at most.</summary>
    public static async Task<InfluxServer> StartAsync(bool authentication = false, CancellationToken cancellation = default)
    {
        var server = new InfluxServer(authentication);
        try
        {
            await server.StartAgainAsync(cancellation);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    public async Task StartAgainAsync(CancellationToken cancellation = default)
    {
        var start = new ProcessStartInfo(Find(), ["-config", "/dev/null"]) { RedirectStandardError = true, RedirectStandardOutput = true };
        foreach (var (name, value) in new (string, string)[]
        {
            ("INFLUXDB_BIND_ADDRESS", $"127.0.0.1:{rpcPort}"),
            ("INFLUXDB_HTTP_BIND_ADDRESS", $"127.0.0.1:{httpPort}"),
            ("INFLUXDB_META_DIR", Path.Combine(folder, "meta")),
            ("INFLUXDB_DATA_DIR", Path.Combine(folder, "data")),
            ("INFLUXDB_DATA_WAL_DIR", Path.Combine(folder, "wal")),
            ("INFLUXDB_MONITOR_STORE_ENABLED", "false"),
            ("INFLUXDB_HTTP_LOG_ENABLED", "false"),
            ("INFLUXDB_HTTP_AUTH_ENABLED", authentication ? "true" : "false"),
        })
        {
            start.Environment[name] = value;
        }
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, _) => { };
        process.ErrorDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (!await AnswersAsync(limit.Token))
        {
            if (process.HasExited) throw new InvalidOperationException($"influxd ended at once with exit code {process.ExitCode} (ports {httpPort}, {rpcPort}).");
            if (limit.IsCancellationRequested) throw new TimeoutException("influxd did not answer /ping within 30 s.");
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, CancellationToken.None);
        }
    }

    /// <summary>As <c>kill -9</c>.</summary>
    public async Task KillAsync()
    {
        if (process is null) return;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
        process = null;
    }

    /// <summary>Runs InfluxQL; the answer as text.</summary>
    public async Task<string> QueryAsync(string query, string? user = null, string? password = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(Url, "/query?epoch=ms")) { Content = new FormUrlEncodedContent([new("q", query)]) };
        if (user is not null) request.Headers.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes($"{user}:{password}")));
        using var answer = await Http.SendAsync(request);
        return await answer.Content.ReadAsStringAsync();
    }

    /// <summary>Writes lines as they are, in ms.</summary>
    public async Task<HttpStatusCode> WriteAsync(string database, string lines)
    {
        using var answer = await Http.PostAsync(new Uri(Url, $"/write?db={database}&rp=raw&precision=ms"), new StringContent(lines));
        return answer.StatusCode;
    }

    public async ValueTask DisposeAsync()
    {
        await KillAsync();
        Directory.Delete(folder, recursive: true);
    }

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Url, "/ping"), cancellation);
            return answer.IsSuccessStatusCode;
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException)
        {
            return false;
        }
    }

    private static string Find()
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/bin").Append("/usr/sbin");
        return folders.Select(f => Path.Combine(f, "influxd")).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("influxd is not installed; these tests run against a real InfluxDB 1.x. On Debian: apt-get install influxdb.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
