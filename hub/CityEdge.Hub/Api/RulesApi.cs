using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using CityEdge.Rules;

namespace CityEdge.Hub.Api;

/// <summary>Rules: list, one, put, remove, and several at once, all or nothing.</summary>
public static class RulesApi
{
    private const int MaxYaml = 256 * 1024;
    private const int MaxFiles = 8 << 20;

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/rules", (HubRegistry registry, string? limit, string? cursor) =>
            Page.TryLimit(limit, out var take, out var problem) ? Results.Ok(Page.Of(registry.Rules.OrderBy(r => r.Id, StringComparer.Ordinal), r => r.Id, View, cursor, take)) : problem!).WithSummary("Rules in force.");
        api.MapGet("/rules/{id}", (string id, HubRegistry registry) => registry.FindRule(id) is { } rule ? Results.Ok(View(rule)) : Missing(id)).WithSummary("One rule, with its YAML.");
        api.MapPut("/rules/{id}", Put).Accepts<string>("application/yaml").TakesUpTo(MaxYaml).RequireRole("manager")
            .WithSummary("Validates, runs the rule's tests, activates it as a new version; 'reason' is kept with it. 422 names line, column and key. open_alarms of the version before: keep (default; unless the new version calls them over), " +
                "reevaluate (only where a raise condition is true now), close; the answer tells of each.");
        api.MapDelete("/rules/{id}", Delete).RequireRole("manager").WithSummary("Removes a rule; its open alarms close with the reason rule-changed.");
        api.MapPost("/rules", PostMany).TakesUpTo(MaxFiles).RequireRole("manager").WithSummary("Applies several rules at once: if one fails, nothing changes. 'reason' and 'open_alarms' as in PUT.");
    }

    /// <summary>Body of <c>POST rules</c>: file names are only for messages.</summary>
    public sealed record RuleFile(string? File, string? Yaml);

    private static object View(StoredRule rule)
    {
        var parsed = RuleParser.Parse(rule.Yaml, rule.Id).Rule;
        return new { rule.Id, rule.Version, Title = parsed?.Title, RunsAt = parsed?.At, rule.Author, rule.Reason, At = HubJson.FromMs(rule.AtMs), rule.Yaml };
    }

    /// <summary>A rule that has just changed, and what became of its open alarms.</summary>
    public static object View(StoredRule rule, IReadOnlyList<RuleOutcome> outcomes, TicketStore store)
    {
        var title = RuleParser.Parse(rule.Yaml, rule.Id).Rule?.Title;
        return new { rule.Id, rule.Version, Title = title, rule.Author, rule.Reason, At = HubJson.FromMs(rule.AtMs), rule.Yaml, OpenAlarms = OpenAlarmsJson.Of(outcomes.Where(o => o.Rule == rule.Id), store) };
    }

    private static IResult Missing(string id) => Problems.NotFound("rule", id, "See GET /api/v1/rules; put one with PUT /api/v1/rules/{id}.");

    private static async Task<IResult> Put(string id, HttpRequest request, HubRegistry registry, HubChanges changes, TicketStore store, string? reason, string? open_alarms)
    {
        if (!OpenAlarmsJson.TryChoice(open_alarms, out var choice, out var problem)) return problem;
        var yaml = await request.ReadTextAsync();
        var errors = RuleChecks.Check(yaml, id, out var rule);
        if (rule is not null && rule.Id != id) errors = [.. errors, new RuleError(id, 1, 1, "id", $"The file's id is '{rule.Id}', the address says '{id}': make them equal.")];
        if (errors.Count > 0) return Problems.Invalid($"Rule '{id}' has errors", errors);
        var existed = registry.FindRule(id) is not null;
        var outcomes = await changes.ApplyAsync(new HubChange { Actor = request.HttpContext.UserName(), Rules = [new RuleChange(id, yaml, reason, choice)] }, request.HttpContext.RequestAborted);
        if (registry.FindRule(id) is not { } stored) return Missing(id);
        var view = View(stored, outcomes, store);
        return existed ? Results.Ok(view) : Results.Created($"/api/v1/rules/{id}", view);
    }

    private static async Task<IResult> Delete(string id, HubRegistry registry, HubChanges changes, HttpContext http, string? reason)
    {
        if (registry.FindRule(id) is null) return Missing(id);
        await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Rules = [new RuleChange(id, null, reason)] }, http.RequestAborted);
        return Results.NoContent();
    }

    private static async Task<IResult> PostMany(List<RuleFile?> files, HubRegistry registry, HubChanges changes, TicketStore store, HttpContext http, string? reason, string? open_alarms)
    {
        if (!OpenAlarmsJson.TryChoice(open_alarms, out var choice, out var problem)) return problem;
        var errors = new List<object>();
        var rules = new List<RuleChange>();
        for (var i = 0; i < files.Count; i++)
        {
            var name = files[i]?.File ?? $"[{i}]";
            if (files[i]?.Yaml is not { } yaml)
            {
                errors.Add(new RuleError(name, 1, 1, "yaml", "The rule's text is missing: give {\"file\": NAME, \"yaml\": TEXT}."));
                continue;
            }
            errors.AddRange(RuleChecks.Check(yaml, name, out var rule));
            if (rule is null) continue;
            if (rules.Any(r => r.Id == rule.Id)) errors.Add(new RuleError(name, 1, 1, "id", $"The id '{rule.Id}' stands in two files; each rule has one."));
            rules.Add(new RuleChange(rule.Id, yaml, reason, choice));
        }
        if (errors.Count > 0) return Problems.Invalid("Some rules have errors", errors);
        var outcomes = await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Rules = rules }, http.RequestAborted);
        return Results.Ok(new Page(rules.Select(r => registry.FindRule(r.Id)).OfType<StoredRule>().Select(rule => View(rule, outcomes, store)).ToList(), null));
    }
}
