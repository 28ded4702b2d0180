using System.Globalization;
using System.Text.Json;
using CityEdge.Tests.Servers;

namespace CityEdge.Bench.Mqtt.Servers;

/// <summary>The built hub as its own process, without authentication, on a data directory that outlives it.</summary>
internal sealed class HubServer : BenchServer
{
    private readonly HttpClient http = new() { Timeout = TimeSpan.FromSeconds(30) };
    private readonly string program;

    private HubServer(string program, string data, ChildProcess child, string ready)
        : base("hub", child, 0)
    {
        (this.program, Data) = (program, data);
        Read(ready);
    }

    /// <summary>Its data directory.</summary>
    public string Data { get; }

    /// <summary>Base address of its API.</summary>
    public Uri Http { get; private set; } = new("http://127.0.0.1");

    /// <summary>Port of MQTT over TLS; 0 when there is none.</summary>
    public int TlsPort { get; private set; }

    public static async Task<HubServer> StartAsync(string program, string data, params IEnumerable<string> more)
    {
        var (child, ready) = await LaunchAsync(program, data, "127.0.0.1:0", more);
        return new HubServer(program, data, child, ready);
    }

    /// <summary>The hub of this checkout in the bench's own configuration, or the one that <c>--hub</c> names.</summary>
    /// <exception cref="UsageException">It is not built.</exception>
    public static string Find(string? named)
    {
        if (named is not null) return File.Exists(named) ? Path.GetFullPath(named) : throw new UsageException($"--hub is '{named}'; there is no such program.");
        var root = new DirectoryInfo(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "CityEdge.sln"))) root = root.Parent;
        if (root is null) throw new UsageException($"No CityEdge.sln above {AppContext.BaseDirectory}; say --hub PROGRAM.");
        var built = Path.Combine(root.FullName, "hub", "CityEdge.Hub", "bin", "Release", "net10.0", "cityedge-hub");
        return File.Exists(built) ? built : throw new UsageException($"{built} is missing: dotnet build -c Release hub/CityEdge.Hub, or say --hub PROGRAM.");
    }

    /// <summary>kill -9, then the same hub again on the same MQTT port.</summary>
    public async Task RestartAfterCrashAsync(params IEnumerable<string> more)
    {
        await Child.DisposeAsync();
        (Child, var ready) = await LaunchAsync(program, Data, $"127.0.0.1:{Port}", more);
        Read(ready);
    }

    /// <inheritdoc />
    public override async Task<ServerFigures> FiguresAsync()
    {
        var metrics = await MetricsAsync();
        var journal = await http.GetFromJsonAsyncElement(new Uri(Http, "/api/v1/journal"));
        var flushes = journal.TryGetProperty("stats", out var stats) && stats.TryGetProperty("flushes", out var count) ? count.GetDouble() : (double?)null;
        return new ServerFigures(metrics.Where(m => m.Key.StartsWith("dotnet_gc_heap_total_allocated", StringComparison.Ordinal)).Select(m => (double?)m.Value).FirstOrDefault(), flushes);
    }

    /// <summary>Every line of <c>/metrics</c>, by name with labels.</summary>
    public async Task<IReadOnlyDictionary<string, double>> MetricsAsync()
    {
        var text = await http.GetStringAsync(new Uri(Http, "/metrics"));
        var all = new Dictionary<string, double>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            var space = line.LastIndexOf(' ');
            if (line.Length == 0 || line[0] == '#' || space < 0) continue;
            if (double.TryParse(line.AsSpan(space + 1), NumberStyles.Float, CultureInfo.InvariantCulture, out var value)) all[line[..space]] = value;
        }
        return all;
    }

    /// <inheritdoc />
    public override async Task SettleAsync()
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(120));
        while (true)
        {
            var metrics = await MetricsAsync();
            if (metrics.Where(m => m.Key.StartsWith("cityedge_consumer_backlog_bytes", StringComparison.Ordinal)).All(m => m.Value <= 0)) return;
            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, deadline.Token);
        }
    }

    /// <inheritdoc />
    public override async ValueTask DisposeAsync()
    {
        http.Dispose();
        await base.DisposeAsync();
    }

    private static async Task<(ChildProcess Child, string Ready)> LaunchAsync(string program, string data, string mqtt, IEnumerable<string> more)
    {
        var child = BenchChildren.Start(program, ["serve", "--auth", "none", "--data", data, "--http", "http://127.0.0.1:0", "--mqtt", mqtt, .. more]);
        try
        {
            return (child, await child.WaitForLineAsync("ready ", TimeSpan.FromSeconds(120)));
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    private void Read(string ready)
    {
        foreach (var part in ready.Split(' '))
        {
            if (part.StartsWith("http=", StringComparison.Ordinal)) Http = new Uri(part[5..]);
            else if (part.StartsWith("mqtt=", StringComparison.Ordinal)) Port = PortOf(part);
            else if (part.StartsWith("mqtts=", StringComparison.Ordinal)) TlsPort = PortOf(part);
        }
    }

    private static int PortOf(string address) => int.Parse(address.AsSpan(address.LastIndexOf(':') + 1), CultureInfo.InvariantCulture);
}

/// <summary>JSON over HTTP.</summary>
internal static class JsonHttp
{
    public static async Task<JsonElement> GetFromJsonAsyncElement(this HttpClient http, Uri address)
    {
        await using var stream = await http.GetStreamAsync(address);
        using var document = await JsonDocument.ParseAsync(stream);
        return document.RootElement.Clone();
    }
}
