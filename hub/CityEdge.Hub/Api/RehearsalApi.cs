using System.Text.Json;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Rehearsing;
using CityEdge.Hub.Security;
using CityEdge.Hub.Telemetry;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary><c>POST rules/{id}/rehearse</c>: what a rule would have done over stored readings. One at a time; a caller that goes away stops the work.</summary>
public static class RehearsalApi
{
    private const string Lines = "application/x-ndjson";

    /// <summary>A rule's text, and what stands around it.</summary>
    private const int MaxBody = 512 * 1024;

    private static readonly TimeSpan ProgressEvery = TimeSpan.FromSeconds(1);

    private static readonly byte[] NewLine = "\n"u8.ToArray();

    public static void Map(RouteGroupBuilder api)
    {
        var one = new SemaphoreSlim(1);
        api.MapPost("/rules/{id}/rehearse", async (string id, Body body, HttpContext http, HubRegistry registry, ITelemetryStore store, TicketStore tickets, HubOptions options, TimeProvider time, IHostApplicationLifetime lifetime) =>
        {
            if (!TryPlan(id, body, registry, time, out var plan, out var problem)) return problem!;
            if (!await one.WaitAsync(TimeSpan.Zero)) return Problems.Conflict("A rehearsal is under way. Wait until it has ended: each reads as fast as the disk and two cores allow.");
            var rehearsal = new Rehearsal(store, registry, TimeZoneInfo.FindSystemTimeZoneById(options.TimeZone), options.Calendar, tickets.ComplaintSightings);
            if (http.Request.GetTypedHeaders().Accept.Any(a => a.MediaType == Lines)) return Results.Stream(to => StreamAsync(rehearsal, plan!, to, one, http.RequestAborted, lifetime.ApplicationStopping), Lines);
            try
            {
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, lifetime.ApplicationStopping);
                return Results.Ok(await rehearsal.RunAsync(plan!, stop.Token));
            }
            catch (Exception error) when (Refusal(error, http.RequestAborted) is not null)
            {
                var (status, title, detail) = Refusal(error, http.RequestAborted)!.Value;
                return Results.Problem(detail, statusCode: status, title: title);
            }
            finally
            {
                one.Release();
            }
        }).TakesUpTo(MaxBody).RequireRole("manager").Produces<RehearsalReport>(200, "application/json", Lines).ProducesProblem(404).ProducesProblem(409).ProducesProblem(422)
            .WithSummary("Runs the rule in force, or the one in 'yaml', over stored readings with from ≤ t < to (default: now): alarms, tickets, and what changes against the rule in force. " +
                "Changes nothing. Accept: application/x-ndjson streams {\"progress\":…} lines, then {\"report\":…} or {\"error\":…}.");
    }

    /// <summary>Body of the call.</summary>
    /// <param name="From">RFC 3339.</param>
    /// <param name="To">RFC 3339; null: now.</param>
    /// <param name="Yaml">A rule with the id of the address; null: the one in force.</param>
    public sealed record Body(string? From, string? To, string? Yaml);

    private static bool TryPlan(string id, Body body, HubRegistry registry, TimeProvider time, out RehearsalPlan? plan, out IResult? problem)
    {
        (plan, problem) = (null, null);
        const string Expected = "an RFC 3339 time such as 2026-01-31T08:00:00Z";
        if (!ApiTime.TryParse(body.From, out var from)) problem = Problems.Bad("from", body.From, Expected);
        else if (!ApiTime.TryParse(body.To ?? HubJson.Time(time.GetUtcNow()), out var to)) problem = Problems.Bad("to", body.To, Expected);
        else if (from >= to) problem = Problems.Bad("from", body.From, $"a time before 'to', {HubJson.Time(to)}");
        else
        {
            var stored = registry.FindRule(id);
            if (stored is null && body.Yaml is null)
            {
                problem = Problems.NotFound("rule", id, "Send the rule to rehearse as 'yaml', or see GET /api/v1/rules.");
                return false;
            }
            var inForce = stored is null ? null : RuleParser.Parse(stored.Yaml, id).Rule;
            if (inForce is not null) inForce = inForce with { Version = stored!.Version };
            var parsed = RuleParser.Parse(body.Yaml ?? stored!.Yaml, id);
            IReadOnlyList<RuleError> errors = parsed.Errors;
            if (parsed.Rule is { } other && other.Id != id) errors = [.. errors, new RuleError(id, 1, 1, "id", $"The file's id is '{other.Id}', the address says '{id}': make them equal.")];
            if (parsed.Rule?.EventType is not null) errors = [.. errors, new RuleError(id, 1, 1, "event", "A rule on events cannot be rehearsed: only readings are stored for good. Its tests show what it does.")];
            if (parsed.Rule is not { } rule || errors.Count > 0)
            {
                problem = Problems.Invalid($"Rule '{id}' has errors", errors);
                return false;
            }
            var same = inForce is not null && (body.Yaml is null || body.Yaml == stored!.Yaml);
            plan = new RehearsalPlan(same ? inForce! : rule with { Version = (stored?.Version ?? 0) + 1 }, same ? null : inForce, from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
        }
        return plan is not null;
    }

    /// <summary>The headers at once, then a line a second, so that neither side takes the other for dead.</summary>
    private static async Task StreamAsync(Rehearsal rehearsal, RehearsalPlan plan, Stream to, SemaphoreSlim one, CancellationToken aborted, CancellationToken stopping)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        var work = Task.Run(() => rehearsal.RunAsync(plan, stop.Token), CancellationToken.None);
        try
        {
            while (true)
            {
                await LineAsync(new { progress = rehearsal.Progress });
                using var tick = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
                var done = await Task.WhenAny(work, Task.Delay(ProgressEvery, TimeProvider.System, tick.Token)) == work;
                await tick.CancelAsync();
                if (done) break;
            }
            try
            {
                await LineAsync(new { report = await work });
            }
            catch (Exception error) when (Refusal(error, aborted) is { } refusal)
            {
                await LineAsync(new { error = new { refusal.Status, refusal.Title, refusal.Detail } });
            }
        }
        finally
        {
            // A caller that has gone away, or a body that cannot be written: nobody wants the rest. The next may begin when this one has really ended.
            await stop.CancelAsync();
            await work.ContinueWith(_ => one.Release(), TaskScheduler.Default);
        }

        async Task LineAsync(object line)
        {
            await to.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, HubJson.Options), aborted);
            await to.WriteAsync(NewLine, aborted);
            await to.FlushAsync(aborted);
        }
    }

    private static (int Status, string Title, string Detail)? Refusal(Exception error, CancellationToken aborted) => error switch
    {
        RehearsalLimitException => (422, "Too many alarms", error.Message),
        TelemetryUnavailableException => (503, "Telemetry store is away", $"{error.Message} Nothing was changed; rehearse again when it is back."),
        OperationCanceledException when !aborted.IsCancellationRequested => (503, "The hub is stopping", "The hub is stopping; rehearse again when it is back."),
        _ => null,
    };
}
