using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace CityEdge.Faults.Tests;

/// <summary>An InfluxDB 2 over HTTP: keeps lines, gives a probe point back, and answers one of the errors of its manual while it is told to.</summary>
internal sealed class InfluxTwoFake : IAsyncDisposable
{
    /// <summary>The errors by name, in the order of the walk.</summary>
    public static readonly string[] Errors = ["503 seconds", "503 date", "429", "500", "502", "413", "422", "400", "401", "403", "404"];

    /// <summary>What it says of a line that it refuses.</summary>
    public const string Words = "field type conflict: input field value";

    private readonly HttpListener listener = new();
    private readonly ConcurrentDictionary<string, int> given = new();
    private readonly Task running;
    private string probe = "";
    private int writes;

    public InfluxTwoFake()
    {
        using (var any = new TcpListener(IPAddress.Loopback, 0))
        {
            any.Start();
            Url = $"http://127.0.0.1:{((IPEndPoint)any.LocalEndpoint).Port}";
        }
        listener.Prefixes.Add(Url + "/");
        listener.Start();
        running = RunAsync();
    }

    public string Url { get; }

    /// <summary>One of <see cref="Errors"/>; empty: all is well.</summary>
    public string Now { get; set; } = "";

    /// <summary>Lines by series and time.</summary>
    public ConcurrentDictionary<string, string> Stored { get; } = new();

    public int Writes => Volatile.Read(ref writes);

    public int Given(string error) => given.GetValueOrDefault(error);

    private async Task RunAsync()
    {
        try
        {
            while (true) _ = HandleAsync(await listener.GetContextAsync());
        }
        catch (Exception error) when (error is HttpListenerException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task HandleAsync(HttpListenerContext context)
    {
        using var reader = new StreamReader(context.Request.InputStream, Encoding.UTF8);
        var body = await reader.ReadToEndAsync();
        var response = context.Response;
        var (status, text) = context.Request.Url!.AbsolutePath switch
        {
            "/ping" => (204, ""),
            "/query" => (200, $"{{\"results\":[{{\"statement_id\":0{(body.Contains("cityedge_probe", StringComparison.Ordinal) && probe.Length > 0 ? $",\"series\":[{{\"values\":[{probe}]}}]" : "")}}}]}}"),
            "/api/v2/write" => Write(body, response),
            _ => (404, ""),
        };
        response.Headers["X-Influxdb-Version"] = "v2.7.1";
        response.StatusCode = status;
        if (text.Length > 0) await response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(text));
        response.Close();
    }

    private (int Status, string Body) Write(string body, HttpListenerResponse response)
    {
        Interlocked.Increment(ref writes);
        var error = Now;
        var lines = body.TrimEnd('\n').Split('\n');
        var isProbe = body.StartsWith("cityedge_probe,", StringComparison.Ordinal);
        var bad = isProbe ? [] : lines.Where(l => error is "422" or "400" && Value(l) % 10 == 7).ToList();
        var fails = error switch
        {
            "" => false,
            "413" => lines.Length > 1,
            "422" or "400" => bad.Count > 0,
            _ => true,
        };
        if (fails)
        {
            given.AddOrUpdate(error, 1, (_, n) => n + 1);
            if (error == "503 seconds" || error == "429") response.Headers["Retry-After"] = "1";
            if (error == "503 date") response.Headers["Retry-After"] = TimeProvider.System.GetUtcNow().AddSeconds(1).ToString("R", CultureInfo.InvariantCulture);
            if (error == "422") Keep(lines.Except(bad));
            return error switch
            {
                "503 seconds" or "503 date" => (503, "{\"code\":\"unavailable\",\"message\":\"server is temporarily unavailable to accept writes\"}"),
                "429" => (429, "{\"code\":\"too many requests\",\"message\":\"write limit\"}"),
                "500" => (500, "{\"code\":\"internal error\",\"message\":\"timeout\"}"),
                "502" => (502, "<html>Bad Gateway</html>"),
                "413" => (413, "{\"code\":\"request too large\",\"message\":\"cannot read data: points data too large\"}"),
                "422" => (422, $"{{\"code\":\"unprocessable entity\",\"message\":\"failure writing points to database: partial write: {Words} dropped={bad.Count}\"}}"),
                "400" => (400, $"{{\"code\":\"invalid\",\"message\":\"unable to parse: {Words}\"}}"),
                "401" => (401, "{\"code\":\"unauthorized\",\"message\":\"unauthorized access\"}"),
                "403" => (403, "{\"code\":\"forbidden\",\"message\":\"insufficient permissions for write\"}"),
                _ => (404, "{\"code\":\"not found\",\"message\":\"bucket \\\"b\\\" not found\"}"),
            };
        }
        if (isProbe) probe = $"[{lines[0].Split(' ')[2]},{Value(lines[0])}]";
        else Keep(lines);
        return (204, "");
    }

    private void Keep(IEnumerable<string> lines)
    {
        foreach (var line in lines) Stored[$"{line[..line.IndexOf(' ')]} {line[(line.LastIndexOf(' ') + 1)..]}"] = line;
    }

    private static long Value(string line) => long.Parse(line.Split(' ')[1]["value=".Length..], CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await running;
    }
}
