using System.Globalization;
using System.IO.Compression;
using System.Net;
using System.Text;

namespace CityEdge.Hub.Telemetry.Tests;

/// <summary>The part of an InfluxDB that the writer meets before its first batch: it keeps probe points, and answers InfluxQL.</summary>
public sealed class ProbeKeeper
{
    private string rows = "";

    public int Probes { get; private set; }

    public int Deleted { get; private set; }

    /// <summary>The time at which a probe of this time is kept; null: it is lost.</summary>
    public Func<long, long?> Keep { get; set; } = time => time;

    /// <summary>Body of a query for probes instead of the rows.</summary>
    public string? QueryAnswer { get; set; }

    /// <summary>Null for what is not about probes.</summary>
    public async Task<HttpResponseMessage?> AnswerAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        if (request.RequestUri!.AbsolutePath == "/query")
        {
            var query = WebUtility.UrlDecode(await request.Content!.ReadAsStringAsync(cancellation));
            if (query.Contains("DELETE FROM \"cityedge_probe\"", StringComparison.Ordinal)) Deleted++;
            var series = query.Contains("SELECT", StringComparison.Ordinal) && query.Contains("cityedge_probe", StringComparison.Ordinal) && rows.Length > 0 ? $",\"series\":[{{\"name\":\"cityedge_probe\",\"columns\":[\"time\",\"value\"],\"values\":[{rows}]}}]" : "";
            return new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent(series.Length > 0 && QueryAnswer is not null ? QueryAnswer : $"{{\"results\":[{{\"statement_id\":0{series}}}]}}") };
        }
        if (request.Method != HttpMethod.Post || await TextAsync(request, cancellation) is not { } text || !text.StartsWith("cityedge_probe,", StringComparison.Ordinal)) return null;
        Probes++;
        var fields = text.TrimEnd('\n').Split(' ');
        var time = Keep(long.Parse(fields[2], CultureInfo.InvariantCulture));
        rows = time is { } kept ? string.Create(CultureInfo.InvariantCulture, $"[{kept},{fields[1]["value=".Length..]}]") : "";
        return new HttpResponseMessage(HttpStatusCode.NoContent);
    }

    public static async Task<string> TextAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        var body = await request.Content!.ReadAsByteArrayAsync(cancellation);
        if (!request.Content.Headers.ContentEncoding.Contains("gzip")) return Encoding.UTF8.GetString(body);
        using var unpacked = new StreamReader(new GZipStream(new MemoryStream(body), CompressionMode.Decompress));
        return await unpacked.ReadToEndAsync(cancellation);
    }
}
