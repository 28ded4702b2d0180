using System.Net.Http.Headers;

namespace CityEdge.Hub.Telemetry;

/// <summary>InfluxDB 2.x: bucket, organisation and token; the bucket is made by its owner. Not tried against a live server.</summary>
internal sealed class InfluxV2 : IInfluxDialect
{
    public char Version => '2';

    public string WritePath(InfluxOptions options) => $"api/v2/write?org={Uri.EscapeDataString(options.Organisation ?? "")}&bucket={Uri.EscapeDataString(options.Database)}&precision=ms";

    public string QueryPath(InfluxOptions options) => $"query?db={Uri.EscapeDataString(options.Database)}&epoch=ms";

    public string Source(InfluxOptions options, string measurement) => InfluxDialects.Quote(measurement);

    public AuthenticationHeaderValue? Authorization(InfluxOptions options) => options.Token is null ? null : new("Token", options.Token);

    public IReadOnlyList<string> SetUp(InfluxOptions options) => [];

    public string? Forget(string measurement, long timeMs) => null;
}
