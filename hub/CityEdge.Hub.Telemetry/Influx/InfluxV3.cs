using System.Net.Http.Headers;

namespace CityEdge.Hub.Telemetry;

/// <summary>InfluxDB 3 Core: database and bearer token; the database is made by the first write. Not tried against a live server.</summary>
internal sealed class InfluxV3 : IInfluxDialect
{
    public char Version => '3';

    public string WritePath(InfluxOptions options) => $"api/v3/write_lp?db={Uri.EscapeDataString(options.Database)}&precision=millisecond&accept_partial=true";

    public string QueryPath(InfluxOptions options) => $"query?db={Uri.EscapeDataString(options.Database)}&epoch=ms";

    public string Source(InfluxOptions options, string measurement) => InfluxDialects.Quote(measurement);

    public AuthenticationHeaderValue? Authorization(InfluxOptions options) => options.Token is null ? null : new("Bearer", options.Token);

    public IReadOnlyList<string> SetUp(InfluxOptions options) => [];

    public string? Forget(string measurement, long timeMs) => null;
}
