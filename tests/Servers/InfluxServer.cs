using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace CityEdge.Tests.Servers;

/// <summary>Debian's InfluxDB 1.6.7, started on loopback with its data in a folder of the test; configured by environment only.</summary>
public sealed class InfluxServer : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly int port = FreePort();
    private readonly int rpcPort = FreePort();
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromMinutes(2) };
    private ChildProcess? child;

    private InfluxServer()
    {
    }

    public string Url => $"http://127.0.0.1:{port}";

    public static async Task<InfluxServer> StartAsync()
    {
        var server = new InfluxServer();
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>Starts the server on the same folder and port, after <see cref="KillAsync"/>.</summary>
    public async Task StartAgainAsync()
    {
        if (!File.Exists("/usr/bin/influxd")) throw new FileNotFoundException("/usr/bin/influxd is missing: install Debian's package influxdb (tests/run.sh does).");
        child = new ChildProcess("/usr/bin/influxd", ["-config", "/dev/null"], new Dictionary<string, string>
        {
            ["INFLUXDB_BIND_ADDRESS"] = $"127.0.0.1:{rpcPort}",
            ["INFLUXDB_HTTP_BIND_ADDRESS"] = $"127.0.0.1:{port}",
            ["INFLUXDB_META_DIR"] = folder["meta"],
            ["INFLUXDB_DATA_DIR"] = folder["data"],
            ["INFLUXDB_DATA_WAL_DIR"] = folder["wal"],
            ["INFLUXDB_MONITOR_STORE_ENABLED"] = "false",
            ["INFLUXDB_HTTP_LOG_ENABLED"] = "false",
            ["INFLUXDB_DATA_INDEX_VERSION"] = "inmem",
        });
        await Wait.UntilAsync("InfluxDB to answer /ping", async () => (await http.GetAsync($"{Url}/ping")).StatusCode == HttpStatusCode.NoContent, TimeSpan.FromSeconds(30), () => child.Errors);
    }

    public Task KillAsync() => child!.KillAsync();

    /// <summary>Rows (time, first value) of a query on the database <c>cityedge</c>.</summary>
    public async Task<List<(long TimeMs, double Value)>> QueryAsync(string query)
    {
        var text = await http.GetStringAsync($"{Url}/query?db=cityedge&epoch=ms&q={Uri.EscapeDataString(query)}");
        var result = JsonSerializer.Deserialize<JsonElement>(text).GetProperty("results")[0];
        if (result.TryGetProperty("error", out var error)) throw new InvalidOperationException($"{query}: {error}");
        if (!result.TryGetProperty("series", out var series)) return [];
        return series.EnumerateArray().SelectMany(s => s.GetProperty("values").EnumerateArray()).Select(v => (v[0].GetInt64(), double.Parse(v[1].GetRawText(), CultureInfo.InvariantCulture))).ToList();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (child is not null) await child.DisposeAsync();
        http.Dispose();
        folder.Dispose();
    }
}
