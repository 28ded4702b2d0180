using CityEdge.Contracts;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Telemetry;

namespace CityEdge.Hub.Api;

/// <summary>Stored readings of one point, raw or in buckets (design §5, <c>readings</c>).</summary>
public static class ReadingsApi
{
    private static readonly string[] Functions = ["mean", "min", "max", "sum", "count", "first", "last"];

    public static void Map(RouteGroupBuilder api) => api.MapGet("/readings", Read)
        .WithSummary("Readings with from ≤ t < to, ascending; with 'every' and 'fn' one value a bucket, stamped at the bucket's start in the site's zone.");

    private static async Task<IResult> Read(string? point, string? from, string? to, string? every, string? fn, string? limit, string? cursor,
        HubRegistry registry, ITelemetryStore store, HubOptions options, TimeProvider time, CancellationToken ct)
    {
        if (point is null) return Problems.Bad("point", point, "site/device/name");
        if (PointsApi.Find(registry, point) is not { } entry) return PointsApi.Missing(point);
        if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
        var whole = limit is null && cursor is null;
        if (limit is null) take = Page.MaxLimit;
        var now = time.GetUtcNow();
        if (!TryTime(to, now.AddMilliseconds(1), out var end)) return Problems.Bad("to", to, "an RFC 3339 time such as 2026-01-31T08:00:00Z");
        if (!TryTime(from, end.AddDays(-1), out var start)) return Problems.Bad("from", from, "an RFC 3339 time such as 2026-01-31T08:00:00Z");
        if (cursor is not null)
        {
            if (!ApiTime.TryParse(cursor, out start)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
        }
        var (fromMs, toMs) = (start.ToUnixTimeMilliseconds(), end.ToUnixTimeMilliseconds());
        try
        {
            if (every is null && fn is null)
            {
                var items = await store.ReadAsync(entry.Id, entry.Kind, fromMs, toMs, take + 1, ct);
                return Answer(entry, items, take);
            }
            if (!Durations.TryParse(every, out var bucket) || bucket < TimeSpan.FromSeconds(1)) return Problems.Bad("every", every, "a duration of at least 1s, such as 15m, 1h or 1d");
            if (Array.IndexOf(Functions, fn ?? "mean") is var index && index < 0) return Problems.Bad("fn", fn, $"one of {string.Join(", ", Functions)}");
            if ((toMs - fromMs) / bucket.TotalMilliseconds > 100_000) return Problems.Bad("every", every, "at most 100 000 buckets between 'from' and 'to': ask for a longer 'every' or a shorter time");
            var zone = TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone);
            var buckets = await store.AggregateAsync(entry.Id, entry.Kind, fromMs, toMs, bucket, (AggregateFunction)index, zone, ct);
            // A chart asks for all its buckets at once; there are at most 100 000.
            return Answer(entry, buckets, whole ? int.MaxValue : take);
        }
        catch (TelemetryUnavailableException error)
        {
            return TypedResults.Problem($"{error.Message} Readings are safe in the journal; ask again when it is back.", statusCode: 503, title: "Telemetry store is away");
        }
    }

    private static IResult Answer(PointEntry entry, IReadOnlyList<StoredReading> readings, int take)
    {
        var more = readings.Count > take;
        var items = readings.Take(take).Select(r => ReadingJson.Item(r.TimeMs, r.Value, r.Quality)).ToList();
        return Results.Ok(new { point = entry.Id.ToString(), unit = entry.Unit, items, next = more ? HubJson.Time(HubJson.FromMs(readings[take].TimeMs)) : null });
    }

    private static bool TryTime(string? text, DateTimeOffset fallback, out DateTimeOffset time)
    {
        time = fallback;
        return string.IsNullOrEmpty(text) || ApiTime.TryParse(text, out time);
    }
}
