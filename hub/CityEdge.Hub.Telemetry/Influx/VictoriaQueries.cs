using System.Globalization;
using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>
/// Readings out of VictoriaMetrics, which has no InfluxQL: raw samples by <c>/api/v1/export</c>, the newest time by <c>tlast_over_time</c>. It keeps each field as a metric of its own
/// (<c>temperature_value</c>, <c>temperature_quality</c>), and flags as 1 and 0.
/// </summary>
internal sealed class VictoriaQueries(InfluxConnection connection) : IInfluxReader
{
    private const int Page = 10_000;
    private const long Limit = 9_223_372_036_854;

    /// <summary>Whether it is the server behind a <c>/ping</c> without a version: its own metrics say so.</summary>
    public static async Task<bool> IsItAsync(InfluxConnection connection, CancellationToken cancellation)
    {
        using var answer = await connection.GetAsync("metrics", cancellation).ConfigureAwait(false);
        if (answer is null) return false;
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        for (var lines = 0; lines < 10_000 && await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line; lines++)
        {
            if (line.StartsWith("vm_app_version", StringComparison.Ordinal)) return true;
        }
        return false;
    }

    /// <summary>Times at which a probe of this value is stored, once it shows what it has taken.</summary>
    public static async Task<(string? Error, IReadOnlyList<long> Times)> FindProbeAsync(InfluxConnection connection, long mark, long aroundMs, CancellationToken cancellation)
    {
        (await connection.GetAsync("internal/force_flush", cancellation).ConfigureAwait(false))?.Dispose();
        var times = new List<long>();
        var found = await ExportAsync(connection, $"{InfluxProbe.Measurement}_value{{device=\"hub\",point=\"probe\",site=\"hub\"}}", 0, aroundMs + 60_000, Page, (time, value) =>
        {
            if (value.Number == mark) times.Add(time);
            return true;
        }, cancellation).ConfigureAwait(false);
        return (found ? null : "its export does not answer", times);
    }

    public async Task<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation)
    {
        var rows = new List<StoredReading>();
        if (fromMs >= toMs || limit <= 0) return rows;
        foreach (var (field, isFlag) in new[] { ("value", false), ("flag", true) })
        {
            var count = 0;
            await MustExportAsync(Series(point, kind, field), fromMs, toMs - 1, limit, (time, value) =>
            {
                rows.Add(new StoredReading(time, isFlag ? ReadingValue.FromBoolean(value.Number != 0) : value, Quality.Good));
                return ++count < limit;
            }, cancellation).ConfigureAwait(false);
        }
        // A point has one type but for the days around a change of it.
        rows.Sort((a, b) => a.TimeMs.CompareTo(b.TimeMs));
        if (rows.Count > limit) rows.RemoveRange(limit, rows.Count - limit);
        if (rows.Count == 0) return rows;
        var doubts = new Dictionary<long, Quality>();
        await MustExportAsync(Series(point, kind, "quality"), rows[0].TimeMs, rows[^1].TimeMs, limit, (time, value) =>
        {
            doubts[time] = (Quality)(int)value.Number;
            return doubts.Count < limit;
        }, cancellation).ConfigureAwait(false);
        for (var i = 0; doubts.Count > 0 && i < rows.Count; i++)
        {
            if (doubts.TryGetValue(rows[i].TimeMs, out var quality)) rows[i] = rows[i] with { Quality = quality };
        }
        return rows;
    }

    public async Task<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation)
    {
        long? newest = null;
        foreach (var field in new[] { "value", "flag" })
        {
            // nocache: without it the last half minute does not show.
            using var answer = await connection.GetAsync($"api/v1/query?nocache=1&query={Uri.EscapeDataString($"tlast_over_time({Series(point, kind, field)}[3650d])")}", cancellation).ConfigureAwait(false)
                ?? throw connection.Unavailable("refuses a query for the newest reading", "query", TelemetryTrouble.Busy);
            using var json = await JsonAsync(answer, cancellation).ConfigureAwait(false);
            foreach (var result in json.RootElement.GetProperty("data").GetProperty("result").EnumerateArray())
            {
                if (!double.TryParse(result.GetProperty("value")[1].GetString(), CultureInfo.InvariantCulture, out var seconds)) continue;
                newest = Math.Max(newest ?? long.MinValue, (long)Math.Round(seconds * 1000));
            }
        }
        if (newest is not { } time) return null;
        var rows = await ReadAsync(point, kind, time - 1, time + 2, 3, cancellation).ConfigureAwait(false);
        return rows.Count > 0 ? rows[^1] : null;
    }

    public async Task<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation)
    {
        var aggregator = new BucketAggregator(new BucketCalendar(every, zone), function);
        while (fromMs < toMs)
        {
            var page = await ReadAsync(point, kind, fromMs, toMs, Page, cancellation).ConfigureAwait(false);
            foreach (var row in page) aggregator.Add(row);
            if (page.Count < Page) break;
            fromMs = page[^1].TimeMs + 1;
        }
        return aggregator.Finish();
    }

    private static string Series(PointId point, PointKind kind, string field) =>
        $"{{__name__=\"{KindNames.Name(kind)}_{field}\",device={Literal(point.Device)},point={Literal(point.Name)},site={Literal(point.Site)}}}";

    private static string Literal(string text) => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"";

    private async Task MustExportAsync(string series, long fromMs, long throughMs, int perLine, Func<long, ReadingValue, bool> each, CancellationToken cancellation)
    {
        if (!await ExportAsync(connection, series, fromMs, throughMs, perLine, each, cancellation).ConfigureAwait(false)) throw connection.Unavailable("refuses to export readings", "query", TelemetryTrouble.Busy);
    }

    /// <summary>Samples in the order of time, until <paramref name="each"/> says enough; false when the server does not export.</summary>
    private static async Task<bool> ExportAsync(InfluxConnection connection, string series, long fromMs, long throughMs, int perLine, Func<long, ReadingValue, bool> each, CancellationToken cancellation)
    {
        var (from, through) = (Seconds(Math.Max(0, fromMs)), Seconds(Math.Min(throughMs, Limit)));
        using var answer = await connection.GetAsync($"api/v1/export?max_rows_per_line={Math.Min(perLine, Page)}&start={from}&end={through}&match[]={Uri.EscapeDataString(series)}", cancellation).ConfigureAwait(false);
        if (answer is null) return false;
        try
        {
            return await LinesAsync(answer, each, cancellation).ConfigureAwait(false);
        }
        catch (Exception error) when (error is HttpRequestException or IOException or JsonException)
        {
            throw connection.Unavailable($"broke off an export: {error.Message}", "query", TelemetryTrouble.Away, null, error);
        }
    }

    private static async Task<bool> LinesAsync(HttpResponseMessage answer, Func<long, ReadingValue, bool> each, CancellationToken cancellation)
    {
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false));
        while (await reader.ReadLineAsync(cancellation).ConfigureAwait(false) is { } line)
        {
            using var json = JsonDocument.Parse(line);
            var values = json.RootElement.GetProperty("values");
            var times = json.RootElement.GetProperty("timestamps");
            for (var i = 0; i < times.GetArrayLength(); i++)
            {
                if (values[i].ValueKind != JsonValueKind.Number) continue;
                if (!each(times[i].GetInt64(), ReadingValue.FromNumber(values[i].GetDouble()))) return true;
            }
        }
        return true;
    }

    private async Task<JsonDocument> JsonAsync(HttpResponseMessage answer, CancellationToken cancellation)
    {
        try
        {
            return await JsonDocument.ParseAsync(await answer.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false), cancellationToken: cancellation).ConfigureAwait(false);
        }
        catch (JsonException error)
        {
            throw connection.Unavailable("answers a query with something that is not JSON", "answer", TelemetryTrouble.Busy, null, error);
        }
    }

    private static string Seconds(long ms) => string.Create(CultureInfo.InvariantCulture, $"{ms / 1000}.{ms % 1000:000}");
}
