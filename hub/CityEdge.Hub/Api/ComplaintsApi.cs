using CityEdge.Hub.Complaints;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using Microsoft.AspNetCore.Mvc;

namespace CityEdge.Hub.Api;

/// <summary>Complaints of residents: take in, list, one, import a hotline's export, forget who it was (design §5, <c>complaints</c>). An answer means that it is on disk.</summary>
public static class ComplaintsApi
{
    private const int MostPreviewed = 10;

    /// <summary>Body of a large export.</summary>
    private const int MaxImport = 16 << 20;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapPost("/complaints", Add).RequireRole("crew").WithSummary("Takes a complaint in: it joins the incident that it is about (same category, same asset or within 250 m), else opens a ticket. external_id and Idempotency-Key make it safe to repeat.");
        api.MapGet("/complaints", List).WithSummary("Complaints, newest first; who complained is masked, addresses and numbers are left out.");
        api.MapGet("/complaints/{id}", One).WithSummary("One complaint; a crew sees the address, a manager also who complained.");
        api.MapDelete("/complaints/{id}/reporter", Forget).RequireRole("manager").WithSummary("Deletes who complained, and long numbers in the text; the complaint stays and is counted.");
        api.MapPost("/complaints/import", Import).Accepts<string>("text/csv").TakesUpTo(MaxImport).RequireRole("manager")
            .WithSummary("A hotline's export as CSV: map=FIELD=COLUMN, set=FIELD=VALUE, category=WORD=CATEGORY, each repeatable; all or nothing; known numbers change nothing; dry_run=true shows what would become of it.");
    }

    private static async Task<IResult> Add(ComplaintBody body, HttpContext http, TicketStore store, HubRegistry registry, ComplaintIntake intake, HubMetrics metrics, TimeProvider time)
    {
        var key = http.Request.Headers["Idempotency-Key"].ToString();
        if (key.Length > 200) return Problems.Bad("Idempotency-Key", $"{key.Length} characters", "at most 200");
        var errors = ComplaintCheck.Errors(body, registry, time.GetUtcNow()).Select(e => AlarmDeskApi.Error(e.Key, e.Message)).ToList();
        if (errors.Count > 0) return Problems.Invalid("The complaint was not taken in", errors);
        var user = http.UserName();
        var input = intake.Read(body, new CityPlaces(registry), user, key.Length > 0 ? $"{user}\n{key}" : null);
        var result = await store.WriteAsync(tx => tx.Add(input), http.RequestAborted);
        if (result.Complaint is not { } complaint) return Problems.Conflict($"Idempotency-Key {key} was used for another complaint: use a new key.");
        var answer = new { complaint.Id, complaint.Ticket, complaint.Linked, complaint.LeadSeconds };
        if (result.Outcome == CommandOutcome.Replayed) return Results.Ok(answer);
        metrics.Complaint(complaint.Linked, 1);
        return Results.Created($"/api/v1/complaints/{complaint.Id}", answer);
    }

    private static IResult List(TicketStore store, string? category, string? channel, string? asset, string? ticket, bool? has_ticket, string? from, string? to, string? limit, string? cursor)
    {
        if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
        if (cursor is not null && !TicketStore.IsCursor(cursor)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
        if (from is not null && !ApiTime.TryParse(from, out _)) return Problems.Bad("from", from, "an RFC 3339 time such as 2026-01-31T08:00:00Z");
        if (to is not null && !ApiTime.TryParse(to, out _)) return Problems.Bad("to", to, "an RFC 3339 time such as 2026-01-31T08:00:00Z");
        var page = store.Complaints(new ComplaintQuery
        {
            Category = category,
            Channel = channel,
            Asset = asset,
            Ticket = ticket,
            HasTicket = has_ticket,
            FromMs = ApiTime.TryParse(from, out var begin) ? begin.ToUnixTimeMilliseconds() : null,
            ToMs = ApiTime.TryParse(to, out var end) ? end.ToUnixTimeMilliseconds() : null,
            Limit = take,
            Cursor = cursor,
        });
        return Results.Ok(new { Items = page.Items.Select(c => ForEyesOf(c, AccountStore.Roles[0])), page.Next });
    }

    private static IResult One(string id, HttpContext http, TicketStore store) => store.Complaint(id) is { } complaint ? Results.Ok(ForEyesOf(complaint, http.ApiUser().Role)) : Missing(id);

    private static async Task<IResult> Forget(string id, TicketStore store, CancellationToken ct)
    {
        if (store.Complaint(id) is null) return Missing(id);
        await store.WriteAsync(tx => tx.ForgetReporter(id), ct);
        return Results.NoContent();
    }

    private static async Task<IResult> Import(HttpRequest request, TicketStore store, HubRegistry registry, ComplaintIntake intake, HubMetrics metrics, HubOptions options, TimeProvider time, [FromQuery] string[]? map, [FromQuery] string[]? set, [FromQuery] string[]? category, bool? dry_run)
    {
        if (ComplaintMapping.Read(map, set, category, out var wrong) is not { } mapping) return Problems.Invalid("The mapping has errors", [AlarmDeskApi.Error("map", wrong)]);
        var bodies = ComplaintCsv.Read(await request.ReadTextAsync(), mapping, registry, TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone), time.GetUtcNow(), out var errors);
        if (errors.Count > 0) return Problems.Invalid("The CSV has errors", errors);
        var places = new CityPlaces(registry);
        // In the order in which they were made, so that the first of a place opens what the others join.
        var inputs = bodies.Select(body => intake.Read(body, places, request.HttpContext.UserName())).OrderBy(input => input.AtMs).ToList();
        var done = await new ComplaintImport(store).RunAsync(inputs, dry_run == true, request.HttpContext.RequestAborted);
        if (dry_run != true)
        {
            foreach (var group in done.Where(d => d.Outcome == CommandOutcome.Done).GroupBy(d => d.Complaint!.Linked)) metrics.Complaint(group.Key, group.Count());
        }
        int Count(ComplaintLink linked) => done.Count(d => d.Outcome == CommandOutcome.Done && d.Complaint!.Linked == linked);
        return Results.Ok(new
        {
            rows = done.Count,
            known = done.Count(d => d.Outcome == CommandOutcome.Replayed),
            linked = new { existing = Count(ComplaintLink.Existing), @new = Count(ComplaintLink.New), none = Count(ComplaintLink.None) },
            dry_run = dry_run == true,
            items = dry_run == true ? done.Take(MostPreviewed).Select(d => ForEyesOf(d.Complaint!, AccountStore.Roles[0])) : null,
        });
    }

    /// <summary>Who complained is for managers, where for those who go there; numbers that people write into their complaint are hidden from all others.</summary>
    private static ComplaintView ForEyesOf(ComplaintView complaint, string role)
    {
        var rank = AccountStore.Rank(role);
        if (rank >= AccountStore.Rank("manager")) return complaint;
        return complaint with { Reporter = complaint.Reporter?.Masked(), Text = Reporter.WithoutNumbers(complaint.Text), Address = rank >= AccountStore.Rank("crew") ? complaint.Address : null };
    }

    private static IResult Missing(string id) => Problems.NotFound("complaint", id, "See GET /api/v1/complaints.");
}
