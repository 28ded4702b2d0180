using System.Globalization;
using System.Text.Json;
using CityEdge.Contracts;

namespace CityEdge.Hub.Telemetry;

/// <summary>Readings and aggregates by InfluxQL. Long answers come in pages, so that neither side holds more than a page.</summary>
internal sealed class InfluxQueries(InfluxConnection connection) : IInfluxReader
{
    private const int Page = 10_000;
    private const long DayMs = 86_400_000;

    public async Task<IReadOnlyList<StoredReading>> ReadAsync(PointId point, PointKind kind, long fromMs, long toMs, int limit, CancellationToken cancellation)
    {
        var rows = new List<StoredReading>();
        while (fromMs < toMs && rows.Count < limit)
        {
            var size = Math.Min(Page, limit - rows.Count);
            var page = await FieldsAsync(point, kind, Between(fromMs, toMs), $"ORDER BY time ASC LIMIT {size}", cancellation).ConfigureAwait(false);
            rows.AddRange(page);
            if (page.Count < size) break;
            fromMs = page[^1].TimeMs + 1;
        }
        return rows;
    }

    public async Task<StoredReading?> LastAsync(PointId point, PointKind kind, CancellationToken cancellation)
    {
        var rows = await FieldsAsync(point, kind, "", "ORDER BY time DESC LIMIT 1", cancellation).ConfigureAwait(false);
        return rows.Count > 0 ? rows[0] : null;
    }

    /// <summary>
    /// In the server where it cuts the same buckets as <see cref="BucketCalendar"/>: lengths that divide the day, and a zone whose offset does not change in the
    /// range (given as an offset, because the server may have no zone table). Otherwise, and for flags and texts, page by page here.
    /// </summary>
    public async Task<IReadOnlyList<StoredReading>> AggregateAsync(PointId point, PointKind kind, long fromMs, long toMs, TimeSpan every, AggregateFunction function, TimeZoneInfo zone, CancellationToken cancellation)
    {
        var calendar = new BucketCalendar(every, zone);
        var step = (long)every.TotalMilliseconds;
        if (fromMs >= toMs) return [];
        if (DayMs % step == 0 && kind is not (PointKind.Contact or PointKind.Text) && IsSteady(calendar, zone, fromMs, toMs))
        {
            var buckets = await InServerAsync(point, kind, fromMs, toMs, step, function, calendar.OffsetAt(fromMs), cancellation).ConfigureAwait(false);
            if (buckets.Count > 0) return buckets;
        }
        var aggregator = new BucketAggregator(calendar, function);
        while (fromMs < toMs)
        {
            var page = await ReadAsync(point, kind, fromMs, toMs, Page, cancellation).ConfigureAwait(false);
            foreach (var row in page) aggregator.Add(row);
            if (page.Count < Page) break;
            fromMs = page[^1].TimeMs + 1;
        }
        return aggregator.Finish();
    }

    /// <summary>No clock change from the day before the range to its end; ranges above ten years are not looked into.</summary>
    private static bool IsSteady(BucketCalendar calendar, TimeZoneInfo zone, long fromMs, long toMs)
    {
        if (!zone.SupportsDaylightSavingTime && zone.GetAdjustmentRules().Length == 0) return true;
        if (toMs - (double)fromMs > 3660.0 * DayMs) return false;
        var offset = calendar.OffsetAt(toMs);
        for (var t = fromMs - DayMs; t < toMs; t += DayMs)
        {
            if (calendar.OffsetAt(t) != offset) return false;
        }
        return true;
    }

    private async Task<List<StoredReading>> InServerAsync(PointId point, PointKind kind, long fromMs, long toMs, long step, AggregateFunction function, long offset, CancellationToken cancellation)
    {
        var name = function.ToString().ToLowerInvariant();
        var columns = function is AggregateFunction.Count or AggregateFunction.First or AggregateFunction.Last
            ? $"{name}(\"value\"), {name}(\"flag\"), {name}(\"text\")"
            : $"{name}(\"value\")";
        var group = string.Create(CultureInfo.InvariantCulture, $"GROUP BY time({step}ms, {-offset % step}ms) fill(none) ORDER BY time ASC LIMIT {Page}");
        var buckets = new List<StoredReading>();
        while (fromMs < toMs)
        {
            var rows = await RowsAsync($"SELECT {columns} FROM {connection.Source(KindNames.Name(kind))} WHERE {Tags(point)}{Between(fromMs, toMs)} {group}", cancellation).ConfigureAwait(false);
            foreach (var row in rows)
            {
                var value = function == AggregateFunction.Count ? ReadingValue.FromNumber(Sum(row)) : Value(row, 1);
                if (value.Type != ReadingType.None) buckets.Add(new StoredReading(row[0].GetInt64(), value, Quality.Good));
            }
            if (rows.Count < Page) break;
            fromMs = rows[^1][0].GetInt64() + step;
        }
        return buckets;
    }

    private async Task<List<StoredReading>> FieldsAsync(PointId point, PointKind kind, string where, string tail, CancellationToken cancellation)
    {
        var query = $"SELECT \"value\", \"flag\", \"text\", \"quality\" FROM {connection.Source(KindNames.Name(kind))} WHERE {Tags(point)}{where} {tail}";
        var readings = new List<StoredReading>();
        foreach (var row in await RowsAsync(query, cancellation).ConfigureAwait(false))
        {
            var quality = row[4].ValueKind == JsonValueKind.Number ? (Quality)row[4].GetInt32() : Quality.Good;
            readings.Add(new StoredReading(row[0].GetInt64(), Value(row, 1), quality));
        }
        return readings;
    }

    private async Task<List<JsonElement>> RowsAsync(string query, CancellationToken cancellation)
    {
        var (error, result) = await connection.RunAsync(query, cancellation).ConfigureAwait(false);
        if (error is not null)
        {
            // Nothing was written yet: no reading is the right answer.
            if (error.Contains("not found", StringComparison.Ordinal)) return [];
            throw connection.Unavailable($"refuses a query: {error}", "query", TelemetryTrouble.Busy);
        }
        if (result.ValueKind != JsonValueKind.Object || !result.TryGetProperty("series", out var series) || series.GetArrayLength() == 0) return [];
        return [.. series[0].GetProperty("values").EnumerateArray()];
    }

    private static string Tags(PointId point) =>
        $"\"device\" = {InfluxDialects.Literal(point.Device)} AND \"point\" = {InfluxDialects.Literal(point.Name)} AND \"site\" = {InfluxDialects.Literal(point.Site)}";

    /// <summary>Open ends are left out: InfluxDB's own limits (years 1678 to 2262) hold.</summary>
    private static string Between(long fromMs, long toMs)
    {
        const long Limit = 9_223_372_036_854;
        var from = fromMs <= -Limit ? "" : string.Create(CultureInfo.InvariantCulture, $" AND time >= {fromMs}ms");
        // Without an upper limit GROUP BY time stops at the server's clock.
        return from + string.Create(CultureInfo.InvariantCulture, $" AND time < {Math.Min(toMs, Limit)}ms");
    }

    private static ReadingValue Value(JsonElement row, int from)
    {
        for (var i = from; i < row.GetArrayLength() && i < from + 3; i++)
        {
            switch (row[i].ValueKind)
            {
                case JsonValueKind.Number: return ReadingValue.FromNumber(row[i].GetDouble());
                case JsonValueKind.True or JsonValueKind.False: return ReadingValue.FromBoolean(row[i].GetBoolean());
                case JsonValueKind.String: return ReadingValue.FromText(row[i].GetString()!);
            }
        }
        return default;
    }

    private static double Sum(JsonElement row)
    {
        double sum = 0;
        for (var i = 1; i < row.GetArrayLength(); i++) sum += row[i].ValueKind == JsonValueKind.Number ? row[i].GetDouble() : 0;
        return sum;
    }
}
