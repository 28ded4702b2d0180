using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>
/// An InfluxDB 1, 2 or 3 in memory, with the status codes and bodies of its manual: it keeps lines, refuses those that it is told to refuse in the manner of its version, and answers
/// whatever else the test has it answer. <c>partial</c> keeps the rest of a request, <c>whole</c> none of it, <c>listed</c> keeps the rest and names lines by number, <c>first</c> names the
/// first bad line and keeps none.
/// </summary>
public sealed class DocumentedInflux(int version, string manner = "partial") : HttpMessageHandler
{
    private readonly Lock gate = new();

    public ProbeKeeper Probe { get; } = new();

    public HashSet<string> Stored { get; } = [];

    /// <summary>Words for a line that is refused, else null.</summary>
    public Func<string, string?> Refuses { get; set; } = _ => null;

    /// <summary>Answer to every write, probes included, while it is set.</summary>
    public Func<HttpResponseMessage>? Always { get; set; }

    /// <summary>Answers to the next batches.</summary>
    public ConcurrentQueue<Func<HttpResponseMessage>> Next { get; } = new();

    /// <summary>Longest body that is taken.</summary>
    public int MaxBody { get; set; } = int.MaxValue;

    public int Batches { get; private set; }

    public int Pings { get; private set; }

    public static HttpResponseMessage Answer(int status, string body, string? retryAfter = null)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(body) };
        if (retryAfter is not null) Assert.True(answer.Headers.TryAddWithoutValidation("Retry-After", retryAfter));
        return answer;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var path = request.RequestUri!.AbsolutePath;
        if (path == "/ping")
        {
            Pings++;
            var pong = new HttpResponseMessage(HttpStatusCode.NoContent);
            pong.Headers.Add("X-Influxdb-Version", version switch { 1 => "1.6.7", 2 => "v2.7.1", _ => "3.0.0" });
            return pong;
        }
        if (path != "/query" && Always is { } always)
        {
            if (!(await ProbeKeeper.TextAsync(request, cancellation)).StartsWith("cityedge_probe", StringComparison.Ordinal)) Batches++;
            return always();
        }
        if (await Probe.AnswerAsync(request, cancellation) is { } proven) return proven;
        Assert.Equal(version switch { 1 => "/write", 2 => "/api/v2/write", _ => "/api/v3/write_lp" }, path);
        var text = await ProbeKeeper.TextAsync(request, cancellation);
        lock (gate)
        {
            Batches++;
            if (Next.TryDequeue(out var next)) return next();
            if (text.Length > MaxBody) return TooLarge();
            return Take(text.TrimEnd('\n').Split('\n'));
        }
    }

    private HttpResponseMessage Take(string[] lines)
    {
        var bad = lines.Select((line, i) => (Number: i + 1, Line: line, Words: Refuses(line))).Where(l => l.Words is not null).ToList();
        if (bad.Count == 0 || manner is "partial" or "listed") Stored.UnionWith(lines.Except(bad.Select(b => b.Line)));
        if (bad.Count == 0) return new HttpResponseMessage(HttpStatusCode.NoContent);
        var words = bad[0].Words!;
        return (version, manner) switch
        {
            // Says that fewer were dropped than were, as 1.6.7 does.
            (1, _) => Answer(400, JsonSerializer.Serialize(new { error = $"partial write: {words} dropped=1" })),
            (2, "partial") => Answer(422, JsonSerializer.Serialize(new { code = "unprocessable entity", message = $"failure writing points to database: partial write: {words} dropped={bad.Count}" })),
            (2, _) => Answer(400, JsonSerializer.Serialize(new { code = "invalid", message = $"unable to parse '{bad[0].Line}': {words}" })),
            (3, "listed") => Answer(400, JsonSerializer.Serialize(new { error = "partial write of line protocol occurred", data = bad.Select(b => new { original_line = b.Line, line_number = b.Number, error_message = b.Words }) })),
            (3, "first") => Answer(400, JsonSerializer.Serialize(new { error = "parsing failed for write_lp endpoint", data = new { original_line = bad[0].Line, line_number = bad[0].Number, error_message = words } })),
            _ => Answer(422, JsonSerializer.Serialize(new { error = words })),
        };
    }

    private HttpResponseMessage TooLarge() => version switch
    {
        1 => Answer(413, "{\"error\":\"Request Entity Too Large\"}"),
        2 => Answer(413, "{\"code\":\"request too large\",\"message\":\"cannot read data: points data too large\"}"),
        _ => Answer(413, "{\"error\":\"request body too large\"}"),
    };
}
