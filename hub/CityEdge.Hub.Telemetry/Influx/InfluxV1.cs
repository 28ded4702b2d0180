using System.Net.Http.Headers;
using System.Text;

namespace CityEdge.Hub.Telemetry;

/// <summary>InfluxDB 1.x: database and retention policy, Basic authentication. Measured against 1.6.7, where <c>ms</c> is the precision name that is safe.</summary>
internal sealed class InfluxV1 : IInfluxDialect
{
    public char Version => '1';

    public string WritePath(InfluxOptions options) => $"write?db={Uri.EscapeDataString(options.Database)}&rp={Uri.EscapeDataString(options.RetentionPolicy)}&precision=ms";

    public string QueryPath(InfluxOptions options) => $"query?db={Uri.EscapeDataString(options.Database)}&epoch=ms";

    public string Source(InfluxOptions options, string measurement) => $"{InfluxDialects.Quote(options.Database)}.{InfluxDialects.Quote(options.RetentionPolicy)}.{InfluxDialects.Quote(measurement)}";

    public AuthenticationHeaderValue? Authorization(InfluxOptions options) =>
        options.User is null ? null : new("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{options.User}:{options.Password}")));

    public IReadOnlyList<string> SetUp(InfluxOptions options)
    {
        var database = InfluxDialects.Quote(options.Database);
        var policy = InfluxDialects.Quote(options.RetentionPolicy);
        var duration = options.Retention is { } kept ? $"{Math.Max(1, (long)Math.Ceiling(kept.TotalHours))}h" : "INF";
        var shard = options.Retention switch { { TotalDays: <= 2 } => "1h", { TotalDays: <= 60 } => "1d", _ => "7d" };
        return
        [
            $"CREATE DATABASE {database}",
            $"CREATE RETENTION POLICY {policy} ON {database} DURATION {duration} REPLICATION 1 SHARD DURATION {shard} DEFAULT",
            $"ALTER RETENTION POLICY {policy} ON {database} DURATION {duration} SHARD DURATION {shard} DEFAULT",
            $"CREATE RETENTION POLICY \"hourly\" ON {database} DURATION INF REPLICATION 1 SHARD DURATION 28d",
            $"""
            CREATE CONTINUOUS QUERY "hourly" ON {database} RESAMPLE EVERY 15m FOR 2d BEGIN SELECT mean("value") AS "value", min("value") AS "min", max("value") AS "max",
            count("value") AS "count" INTO {database}."hourly".:MEASUREMENT FROM {database}.{policy}./.*/ GROUP BY time(1h), * END
            """.ReplaceLineEndings(" "),
        ];
    }

    public string? Forget(string measurement, long timeMs) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"DELETE FROM {InfluxDialects.Quote(measurement)} WHERE time = {timeMs}ms");
}
