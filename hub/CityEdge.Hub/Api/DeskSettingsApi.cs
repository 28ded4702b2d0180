using System.Text.Json;
using System.Text.Json.Serialization;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Tickets.Machine;

namespace CityEdge.Hub.Api;

/// <summary>What the ticket desk goes by: promises, responsibility catalogue, operating mode. Each change is a version with author and reason.</summary>
public static class DeskSettingsApi
{
    private const int MaxText = 4 << 20;

    // What is misspelt must not be silently a default.
    private static readonly JsonSerializerOptions Strict = new(TicketLog.Json) { UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true };

    /// <summary>Body of <c>PUT operating-mode</c>.</summary>
    public sealed record ModeBody(string? Mode, string? Reason);

    public static void Map(RouteGroupBuilder api)
    {
        api.MapGet("/sla", (TicketStore store) => Results.Ok(View(store.Sla()))).WithSummary("Promises in force: sets by severity and template, reminders, steps up, working time, limits. Figures with source EJ are engineering judgement, no standard.");
        api.MapPut("/sla", PutSla).Accepts<string>("application/json").TakesUpTo(MaxText).RequireRole("manager").WithSummary("Puts other promises in force, as a whole; clocks that run keep their marks. ?reason= is kept.");
        api.MapGet("/catalogue", (TicketStore store) => Results.Ok(View(store.Catalogue()))).WithSummary("The responsibility catalogue in force.");
        api.MapGet("/catalogue.csv", (TicketStore store) => Results.Text(CatalogueText.Write(store.Catalogue()?.Value ?? []), "text/csv; charset=utf-8")).WithSummary("The responsibility catalogue as CSV.");
        api.MapPost("/catalogue/import", Import).Accepts<string>("text/csv", "application/yaml").TakesUpTo(MaxText).RequireRole("manager")
            .WithSummary("CSV category,area,owner,lead,co_units,sla,photos,valid_from,valid_to, or YAML, a list of the same keys; replaces the catalogue as a whole or changes nothing; dry_run=true only checks.");
        api.MapGet("/operating-mode", (TicketStore store) => Results.Ok(View(store.Mode()))).WithSummary("normal or emergency.");
        api.MapPut("/operating-mode", PutMode).RequireRole("admin").WithSummary("Normal or emergency, with the reason: the clocks of open tickets change forward only.");
    }

    private static object View<T>(DeskSetting<T>? setting) => setting is null ? (object)new { Version = 0 } : new { setting.Version, Author = setting.Actor, setting.Reason, At = HubJson.FromMs(setting.AtMs), Value = JsonSerializer.SerializeToElement(setting.Value, TicketLog.Json) };

    private static async Task<IResult> PutSla(HttpContext http, TicketStore store, string? reason)
    {
        SlaBook? book;
        try
        {
            book = await JsonSerializer.DeserializeAsync<SlaBook>(http.Request.Body, Strict, http.RequestAborted);
        }
        catch (JsonException e)
        {
            return Problems.Invalid("The promises were not changed", [new { line = (e.LineNumber ?? 0) + 1, column = (e.BytePositionInLine ?? 0) + 1, key = e.Path ?? "", message = e.Message }]);
        }
        if (book is null || book.Problems() is { Count: > 0 })
        {
            return Problems.Invalid("The promises were not changed", [.. (book?.Problems() ?? [("", "the body is empty: expected the value of GET /api/v1/sla")]).Select(p => (object)new { line = 0, key = p.Key, message = $"{p.Key} {p.Message}".Trim() })]);
        }
        if (store.Catalogue()?.Value.FirstOrDefault(r => r.Sla is { } sla && !book.Sets.ContainsKey(sla)) is { } row) return Problems.Conflict($"The catalogue names the set {row.Sla} for {row.Category}: keep it, or change the catalogue first.");
        var version = await store.WriteAsync(tx => tx.Put(book, http.UserName(), reason), http.RequestAborted);
        return Results.Ok(new { version });
    }

    private static async Task<IResult> Import(HttpContext http, TicketStore store, string? dry_run, string? reason)
    {
        using var reader = new StreamReader(http.Request.Body);
        var text = await reader.ReadToEndAsync(http.RequestAborted);
        var sets = store.Sla()?.Value.Sets.Keys.Order(StringComparer.Ordinal).ToList() ?? [];
        var yaml = http.Request.ContentType?.Contains("yaml", StringComparison.OrdinalIgnoreCase) == true;
        var rows = yaml ? CatalogueText.Yaml(text, sets, out var errors) : CatalogueText.Csv(text, sets, out errors);
        if (errors.Count > 0) return Problems.Invalid("The catalogue was not changed", errors);
        var dry = dry_run is "true";
        var version = dry ? store.Catalogue()?.Version ?? 0 : await store.WriteAsync(tx => tx.Put(rows, http.UserName(), reason), http.RequestAborted);
        return Results.Ok(new { rows = rows.Count, version, dry_run = dry });
    }

    private static async Task<IResult> PutMode(ModeBody body, HttpContext http, TicketStore store, EngineReader engine, TimeProvider time)
    {
        if (body.Mode is not ("normal" or "emergency")) return Problems.Bad("mode", body.Mode, "normal or emergency");
        if (string.IsNullOrWhiteSpace(body.Reason)) return Problems.Bad("reason", body.Reason, "the order, with its date");
        var mode = body.Mode == "emergency" ? OperatingMode.Emergency : OperatingMode.Normal;
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        var user = http.ApiUser();
        var changed = await store.WriteAsync(tx => tx.SetMode(mode, user.Name, user.Role, body.Reason, point => engine.EventNow(point, now)), http.RequestAborted);
        return Results.Ok(new { mode = body.Mode, tickets = changed });
    }
}
