using System.Net.Mime;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Reports;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>Measures and reports (design §5, <c>reports</c>).</summary>
public static class ReportsApi
{
    private const string HealthKind = "health";
    private static readonly TimeSpan Longest = TimeSpan.FromDays(400);

    /// <summary>Why a report is published.</summary>
    public sealed record PublishBody(string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/reports/rates", (ReportBook book, TimeProvider time, string? from, string? to, string? site, string? category, string? by) =>
        {
            if (!TryPeriod(from, to, time, out var period, out var problem)) return problem!;
            if (by is not null && !ReportBook.Groups.ContainsKey(by)) return Problems.Bad("by", by, string.Join(", ", ReportBook.Groups.Keys));
            return Results.Ok(book.Rates(period, site, category, by));
        }).WithSummary("Measures of what ended in from <= t < to (default: the last 30 days), each as n of N with its Wilson 95 % interval.");
        api.MapGet("/reports/ranking", (ReportBook book, TimeProvider time, string? from, string? to) =>
            TryPeriod(from, to, time, out var period, out var problem) ? Results.Ok(new { from = period.From, to = period.To, items = book.Ranking(period) }) : problem!).WithSummary("Sites by handled first; those with fewer than 30 incidents have no rank.");
        api.MapGet("/reports/topics", (ReportBook book, TimeProvider time, string? from, string? to, string? site) =>
            TryPeriod(from, to, time, out var period, out var problem) ? Results.Ok(new { from = period.From, to = period.To, items = ReportBook.Topics(book.Ended(period, site)) }) : problem!).WithSummary("Categories to take up next, by what they cost residents.");
        api.MapGet("/reports/ledger", (ReportBook book, TimeProvider time, string? from, string? to, string? site) =>
            TryPeriod(from, to, time, out var period, out var problem) ? Results.Text(Ledger.Csv(book.Ended(period, site)), "text/csv; charset=utf-8", Encoding.UTF8) : problem!).WithSummary("One CSV line for each incident that ended.");
        api.MapGet("/reports/health", (ReportBook book, HttpRequest request, TicketStore store, string? month, string? site, string? version) =>
        {
            if (!ReportPeriod.TryMonth(month, book.Zone, out var period)) return Problems.Bad("month", month, "a month such as 2026-01");
            if (version is null) return Show(request, JsonSerializer.SerializeToElement(book.Health(month!, period, site), HubJson.Options), null);
            if (!int.TryParse(version, out var number)) return Problems.Bad("version", version, "a version's number");
            using var read = store.OpenRead();
            return ReportTable.Body(read, HealthKind, month!, site, number) is { } body ? Show(request, JsonSerializer.Deserialize<JsonElement>(body), number) : Problems.NotFound("published report", $"{month} version {number}", "See GET /api/v1/reports/health/versions.");
        }).WithSummary("The month's health report, recomputed, or a published version of it; as a page to print with Accept: text/html.");
        api.MapGet("/reports/health/versions", (ReportBook book, TicketStore store, string? month, string? site) =>
        {
            if (!ReportPeriod.TryMonth(month, book.Zone, out _)) return Problems.Bad("month", month, "a month such as 2026-01");
            using var read = store.OpenRead();
            return Results.Ok(new Page([.. ReportTable.Versions(read, HealthKind, month!, site).Select(v => new { v.Version, at = HubJson.FromMs(v.AtMs), v.Author, v.Reason })], null));
        }).WithSummary("Published versions of the month's health report.");
        api.MapPost("/reports/health/publish", async (ReportBook book, TicketStore store, TimeProvider time, HttpContext http, string? month, string? site, PublishBody? body) =>
        {
            if (!ReportPeriod.TryMonth(month, book.Zone, out var period)) return Problems.Bad("month", month, "a month such as 2026-01");
            if (period.To > time.GetUtcNow()) return Problems.Conflict($"The month {month} is not over; its report can be published from {HubJson.Time(period.To)} on.");
            if (body?.Reason is { Length: > 4000 }) return Problems.Bad("reason", "…", "at most 4000 characters");
            var report = JsonSerializer.Serialize(book.Health(month!, period, site), HubJson.Options);
            var (now, user) = (time.GetUtcNow().ToUnixTimeMilliseconds(), http.UserName());
            var refused = "a correction needs a reason";
            var version = await store.WriteAsync(
                tx => body?.Reason is null && ReportTable.Versions(tx.Connection, HealthKind, month!, site).Count > 0 ? 0 : ReportTable.Publish(tx.Connection, HealthKind, month!, site, now, user, body?.Reason, report), http.RequestAborted);
            if (version == 0) return Problems.Conflict($"The report of {month} is published; {refused}: send one as 'reason'.");
            return Results.Created($"/api/v1/reports/health?month={month}&version={version}{(site is null ? "" : $"&site={Uri.EscapeDataString(site)}")}", new { month, site, version, at = HubJson.FromMs(now), author = user, body?.Reason });
        }).RequireRole("manager").WithSummary("Publishes the month's report as it is now: that version is never changed; a correction is the next one, with a reason.");
    }

    private static IResult Show(HttpRequest request, JsonElement report, int? version) =>
        request.GetTypedHeaders().Accept is [{ MediaType.Value: MediaTypeNames.Text.Html }, ..] ? Results.Text(HealthPage.Html(report, version), "text/html; charset=utf-8", Encoding.UTF8) : Results.Ok(report);

    private static bool TryPeriod(string? from, string? to, TimeProvider time, out ReportPeriod period, out IResult? problem)
    {
        (period, problem) = (default, null);
        var end = time.GetUtcNow();
        if (to is not null && !ApiTime.TryParse(to, out end)) problem = Problems.Bad("to", to, "an RFC 3339 time such as 2026-02-01T00:00:00Z");
        var start = end.AddDays(-30);
        if (problem is null && from is not null && !ApiTime.TryParse(from, out start)) problem = Problems.Bad("from", from, "an RFC 3339 time such as 2026-01-01T00:00:00Z");
        if (problem is null && (start >= end || end - start > Longest)) problem = Problems.Bad("from", from ?? HubJson.Time(start), $"a time before 'to', by at most {Longest.TotalDays} days");
        period = new ReportPeriod(start, end);
        return problem is null;
    }
}
