using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace CityEdge.Tests.Servers;

/// <summary>Debian's VictoriaMetrics 1.79, started on a free loopback port with its data in a folder of the test.</summary>
public sealed class VictoriaServer : IAsyncDisposable
{
    private const string Program = "/usr/bin/victoria-metrics";
    private readonly TemporaryFolder folder = new();
    private readonly int port = FreePort.Next();
    private readonly HttpClient http = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromMinutes(1) };
    private ChildProcess? child;

    private VictoriaServer()
    {
    }

    public string Url => $"http://127.0.0.1:{port}";

    /// <summary>The program as it runs now.</summary>
    public ChildProcess Child => child ?? throw new InvalidOperationException("VictoriaMetrics is not running.");

    public static async Task<VictoriaServer> StartAsync()
    {
        var server = new VictoriaServer();
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

    /// <summary>Starts it on the same folder and port, after its end.</summary>
    public async Task StartAgainAsync()
    {
        if (!File.Exists(Program)) throw new FileNotFoundException($"{Program} is missing: install Debian's package victoria-metrics (tests/run.sh does).");
        if (child is not null) await child.DisposeAsync();
        child = new ChildProcess(Program, [$"-storageDataPath={folder["data"]}", $"-httpListenAddr=127.0.0.1:{port}", "-retentionPeriod=100y", "-loggerLevel=WARN", "-dedup.minScrapeInterval=1ms"]);
        await Wait.UntilAsync("VictoriaMetrics to answer /health", async () =>
        {
            using var answer = await http.GetAsync($"{Url}/health");
            return answer.StatusCode == HttpStatusCode.OK;
        }, TimeSpan.FromSeconds(30), () => child.Errors);
    }

    /// <summary>Stored samples by <c>/api/v1/export</c>: the labels of a series, and its rows in order.</summary>
    public async Task<List<(Dictionary<string, string> Labels, List<(long TimeMs, double Value)> Rows)>> ExportAsync(string match)
    {
        // What is written shows up after up to a second, unless it is asked to show it.
        await http.GetStringAsync($"{Url}/internal/force_flush");
        var text = await http.GetStringAsync($"{Url}/api/v1/export?start=0&match[]={Uri.EscapeDataString(match)}");
        var series = new List<(Dictionary<string, string>, List<(long, double)>)>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var json = JsonSerializer.Deserialize<JsonElement>(line);
            var labels = json.GetProperty("metric").EnumerateObject().ToDictionary(p => p.Name, p => p.Value.GetString()!);
            var values = json.GetProperty("values").EnumerateArray().Select(v => double.Parse(v.GetRawText(), CultureInfo.InvariantCulture));
            series.Add((labels, json.GetProperty("timestamps").EnumerateArray().Select(t => t.GetInt64()).Zip(values).ToList()));
        }
        return series;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        if (child is not null) await child.DisposeAsync();
        http.Dispose();
        folder.Dispose();
    }
}
