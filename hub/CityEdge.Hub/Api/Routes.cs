using System.Net.Mime;
using System.Text.Json;
using CityEdge.Contracts;
using CityEdge.Hub.Broker;
using CityEdge.Hub.Ingest;
using CityEdge.Hub.Hosting;
using CityEdge.Hub.Metrics;
using CityEdge.Hub.Registry;
using CityEdge.Hub.Security;
using CityEdge.Hub.Tickets;
using CityEdge.Hub.Upstream;
using CityEdge.Mqtt;
using CityEdge.SegmentLog;
using Microsoft.Data.Sqlite;

namespace CityEdge.Hub.Api;

/// <summary>All addresses of the hub's one HTTP port (design §5, <c>HTTP</c>).</summary>
public static class Routes
{
    private static readonly string[] GetAndHead = [HttpMethods.Get, HttpMethods.Head];

    public static void Map(WebApplication app)
    {
        app.UseResponseCompression();
        app.UseExceptionHandler(new ExceptionHandlerOptions
        {
            StatusCodeSelector = StatusOf,
            // What a caller sent wrong is the caller's to read, not the log's.
            SuppressDiagnosticsCallback = context => context.Exception is BadHttpRequestException,
        });
        app.UseStatusCodePages();
        app.UseLoopbackGuard(app.Services.GetRequiredService<HubOptions>());
        app.Use(AddHeaders);
        app.UseApiIdentity();
        var api = app.MapGroup("/api/v1").RequireUser();
        PointsApi.Map(api);
        ReadingsApi.Map(api);
        AlarmsApi.Map(api);
        AlarmDeskApi.Map(api);
        MaintenanceApi.Map(api);
        RulesApi.Map(api);
        RuleVersionsApi.Map(api);
        RehearsalApi.Map(api);
        TicketsApi.Map(api);
        DeskSettingsApi.Map(api);
        AssetsApi.Map(api);
        ComplaintsApi.Map(api);
        AccountsApi.Map(api);
        ProvisioningApi.Map(api);
        LiveApi.Map(api);
        BackupApi.Map(api);
        TelemetryApi.Map(api);
        NotificationsApi.Map(api);
        ReportsApi.Map(api);
        MapJournal(api);
        AccountsApi.MapSession(app);
        ProvisioningApi.MapClaim(app);
        MqttWebSocket.Map(app);
        app.MapOpenApi("/openapi/{documentName}.json");
        app.MapGet("/metrics", (PrometheusText metrics) => Results.Text(metrics.Scrape(), "text/plain; version=0.0.4; charset=utf-8")).ExcludeFromDescription();
        app.MapMethods("/healthz", GetAndHead, () => Results.Text("ok", MediaTypeNames.Text.Plain)).ExcludeFromDescription();
        app.MapMethods("/readyz", GetAndHead, Ready).ExcludeFromDescription();
        Console(app);
    }

    /// <summary>A full or failed journal, or a database that cannot be written, is not the caller's mistake and passes: 503. Details go to the log, not to the caller.</summary>
    private static int StatusOf(Exception error) => error switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        LogFullException or LogFailedException or SqliteException or ObjectDisposedException => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };

    /// <summary>What is wrong with a body or a parameter that could not be read; of other errors nothing is told.</summary>
    public static void Describe(ProblemDetailsContext context)
    {
        if (context.Exception is BadHttpRequestException bad) context.ProblemDetails.Detail = bad.InnerException is JsonException json ? $"{bad.Message} {json.Message}" : bad.Message;
    }

    private static Task AddHeaders(HttpContext http, RequestDelegate next)
    {
        var headers = http.Response.Headers;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "same-origin";
        if (http.Request.Path.StartsWithSegments("/api")) headers.CacheControl = "no-store";
        return next(http);
    }

    /// <summary>Ready: the rule consumer keeps up and telemetry is taken. Not ready is 503 with the reason; acknowledged messages are safe all the same.</summary>
    private static IResult Ready(HubState state, IServiceProvider services)
    {
        var backlog = state.Journal.DurableEnd - state.Rules.Folded.Position;
        var telemetry = state.TelemetryConsumer;
        // Told, not counted: the hub goes on answering while the other broker is away, and a restart of the hub would not mend it.
        var upstream = services.GetService<UpstreamLink>() is { } link ? link.Problem ?? "ok" : null;
        var journal = state.Journal.Stats.NoSpace;
        var ready = telemetry.Available && journal is null && backlog < 64 << 20;
        return Results.Json(
            new { ready, rules_backlog_bytes = backlog, telemetry_backlog_bytes = state.Journal.DurableEnd - telemetry.Position, telemetry = telemetry.Problem ?? "ok", telemetry_trouble = telemetry.Trouble, journal = journal ?? "ok", faults = state.Incidents.Active, upstream },
            HubJson.Options,
            statusCode: ready ? 200 : 503);
    }

    private static void MapJournal(RouteGroupBuilder api)
    {
        api.MapGet("/journal", (AppendLog journal) => Results.Ok(JournalJson.Stats(journal))).RequireRole("manager").WithSummary("Size, segments, cursors and backlog of the journal.");
        api.MapGet("/journal/verify", (HubOptions options) => Results.Ok(JournalJson.Verify(Path.Combine(options.Data, "journal")).Report)).RequireRole("manager").WithSummary("Reads every record of the journal and checks its sum.");
        api.MapPost("/deadletters/{id}/replay", async (string id, TicketStore store, MqttBroker broker, CancellationToken ct) =>
        {
            DeadLetter? letter;
            using (var read = store.OpenRead()) letter = DeadLetters.Find(read, id);
            if (letter is null) return Problems.NotFound("dead letter", id, "See GET /api/v1/deadletters.");
            if (string.IsNullOrEmpty(letter.Topic) || !Topics.TryParse(letter.Topic, out _)) return Problems.Conflict("This dead letter has no topic of CityEdge, so there is nowhere to give it to.");
            if (letter.Payload.Length >= DeadLetters.MaxPayload) return Problems.Conflict("Only the first 64 KiB of this message were kept; let the device send it again.");
            await broker.PublishAsync(letter.Topic, letter.Payload, QoS.AtLeastOnce, retain: false, ct);
            return Results.Accepted();
        }).RequireRole("manager").WithSummary("Gives the whole message to the hub once more.");
    }

    /// <summary>The console: its files under /app, its page at /.</summary>
    private static void Console(WebApplication app)
    {
        app.MapStaticAssets();
        app.MapMethods("/", GetAndHead, (IWebHostEnvironment environment, HttpResponse response) =>
        {
            // The page names its scripts by their hashes: it must be asked for anew after an upgrade, they must not.
            response.Headers.CacheControl = "no-cache";
            return environment.WebRootFileProvider.GetFileInfo("app/index.html") is { Exists: true } page
                ? Results.Stream(page.CreateReadStream(), "text/html; charset=utf-8")
                : Results.Text("This hub was built without its console. Build it with 'dotnet build hub/CityEdge.Hub' where Node.js is installed; the API is at /api/v1.", statusCode: 404);
        }).ExcludeFromDescription();
    }
}
