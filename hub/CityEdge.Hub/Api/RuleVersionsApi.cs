using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;

namespace CityEdge.Hub.Api;

/// <summary>Versions of a rule with author and reason, and the way back to one.</summary>
public static class RuleVersionsApi
{
    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/rules/{id}/versions", (string id, TicketStore store, string? limit, string? cursor) =>
        {
            if (!Page.TryLimit(limit, out var take, out var problem)) return problem!;
            var before = int.MaxValue;
            if (cursor is not null && !int.TryParse(cursor, out before)) return Problems.Bad("cursor", cursor, "the 'next' of the page before");
            using var read = store.OpenRead();
            var versions = RegistryTables.Versions(read, id, before, take + 1);
            if (versions.Count == 0 && cursor is null) return Missing(id);
            var items = versions.Take(take).Select(v => (object)new { Id = id, v.Version, v.Author, v.Reason, At = HubJson.FromMs(v.AtMs), v.Active, v.Yaml }).ToList();
            return Results.Ok(new Page(items, versions.Count > take ? $"{versions[take - 1].Version}" : null));
        }).WithSummary("All versions of a rule, newest first; one without YAML removed it.");
        api.MapPost("/rules/{id}/rollback", RollBack).RequireRole("manager")
            .WithSummary("Puts the text of an earlier version in force, as a new version, when it parses and passes its tests today. 'open_alarms' as in PUT.");
    }

    /// <summary>Body of the call.</summary>
    /// <param name="Version">The version whose text is to be in force again.</param>
    /// <param name="Reason">Why; null: that it is a rollback.</param>
    /// <param name="OpenAlarms"><c>keep</c> (default), <c>reevaluate</c> or <c>close</c>.</param>
    public sealed record Body(int? Version, string? Reason, string? OpenAlarms);

    private static IResult Missing(string id) => Problems.NotFound("rule", id, "See GET /api/v1/rules; put one with PUT /api/v1/rules/{id}.");

    private static async Task<IResult> RollBack(string id, Body body, HubRegistry registry, HubChanges changes, TicketStore store, HttpContext http)
    {
        if (!OpenAlarmsJson.TryChoice(body.OpenAlarms, out var choice, out var problem)) return problem;
        if (body.Version is not { } number) return Problems.Bad("version", null, "the number of a version, see GET /api/v1/rules/{id}/versions");
        RuleVersion? version;
        using (var read = store.OpenRead()) version = RegistryTables.Versions(read, id, number == int.MaxValue ? number : number + 1, 1).FirstOrDefault(v => v.Version == number);
        if (version is null) return Problems.NotFound("version of the rule", $"{id} {number}", $"See GET /api/v1/rules/{id}/versions.");
        if (version.Yaml is not { } yaml) return Problems.Conflict($"Version {number} of '{id}' is its removal. To remove the rule use DELETE /api/v1/rules/{id}.");
        if (registry.FindRule(id)?.Yaml == yaml) return Problems.Conflict($"The text of version {number} of '{id}' is in force already.");
        var errors = RuleChecks.Check(yaml, id, out _);
        if (errors.Count > 0) return Problems.Invalid($"Version {number} of rule '{id}' has errors today", errors);
        var change = new RuleChange(id, yaml, body.Reason ?? $"rollback to version {number}", choice);
        var outcomes = await changes.ApplyAsync(new HubChange { Actor = http.UserName(), Rules = [change] }, http.RequestAborted);
        return registry.FindRule(id) is { } stored ? Results.Ok(RulesApi.View(stored, outcomes, store)) : Missing(id);
    }
}
