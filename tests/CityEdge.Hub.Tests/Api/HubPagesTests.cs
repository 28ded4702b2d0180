using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary>Dead letters, events, journal, clock, summary, session and the pages beside the API.</summary>
public sealed class HubPagesTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    [Fact]
    public async Task A_dead_letter_has_the_documented_shape_and_pages()
    {
        for (var i = 0; i < 5; i++) await hub.TelemetryAsync("letters/dev", $"not json {i}");
        var letters = await hub.ListAsync("/api/v1/deadletters?reason=not_senml&device=letters%2Fdev", 2);
        Assert.Equal(5, letters.Count);
        Assert.Equal(5, letters.Select(l => l.Text("id")).Distinct().Count());
        Shape.AssertHas(letters[0], "id", "at", "topic", "device", "reason", "message", "position", "payload_base64");
        Assert.Equal("not json 4", System.Text.Encoding.UTF8.GetString(letters[0].GetProperty("payload_base64").GetBytesFromBase64()));
        Assert.Equal((hub.Clock.NowMs, "not_senml"), (letters[0].Ms("at"), letters[0].Text("reason")));
    }

    [Fact]
    public async Task The_device_of_a_refused_payload_is_named()
    {
        await hub.TelemetryAsync("named/dev", "not json");
        var letter = (await hub.ListAsync("/api/v1/deadletters")).First(l => l.Text("topic") == "cityedge/v1/named/dev/telemetry");
        Assert.Equal("named/dev", letter.Text("device"));
        Assert.Single(await hub.ListAsync("/api/v1/deadletters?device=named%2Fdev"));
    }

    [Fact]
    public async Task A_dead_letter_is_given_once_more()
    {
        await hub.TelemetryAsync("replay/dev", """[{"n":"good","u":"Cel","v":1},{"n":"t","u":"furlong","v":1}]""");
        var letter = Assert.Single(await hub.ListAsync("/api/v1/deadletters?device=replay%2Fdev"));
        (await hub.SendAsync(HttpMethod.Post, $"/api/v1/deadletters/{letter.Text("id")}/replay")).Is(HttpStatusCode.Accepted);
        await hub.FoldedAsync();
        Assert.Equal(2, (await hub.ListAsync("/api/v1/deadletters?device=replay%2Fdev")).Count);
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/deadletters/nonsense/replay")).IsProblem(HttpStatusCode.NotFound, "nonsense");
    }

    [Fact]
    public async Task An_event_sent_twice_is_one_and_the_same_id_of_another_source_is_another()
    {
        static string Event(string id, string source) => $$$"""{"specversion":"1.0","id":"{{{id}}}","source":"{{{source}}}","type":"cityedge.kiosk.help","subject":"help","time":"2026-01-15T00:00:00Z","data":{"Button":1}}""";
        await hub.PublishAsync("events/dev", "event", $"[{Event("a", "events/dev")},{Event("b", "events/dev")},{Event("a", "events/dev")}]");
        await hub.PublishAsync("events/dev", "event", Event("a", "events/dev"));
        await hub.PublishAsync("events/dev", "event", Event("a", "events/dev/2"));
        var items = await hub.ListAsync("/api/v1/events?device=events%2Fdev", 2);
        Assert.Equal([("a", "events/dev"), ("a", "events/dev/2"), ("b", "events/dev")], items.Select(e => (e.Text("id"), e.Text("source"))).Order());
        Shape.AssertHas(items[0], "id", "source", "type", "subject", "device", "time", "data");
        Assert.Equal(1, items[0].GetProperty("data").GetProperty("Button").GetInt32());
    }

    [Fact]
    public async Task Clock_summary_session_and_journal_have_their_shapes()
    {
        await hub.TemperatureAsync("pages/dev", 20);
        var clock = await hub.GetAsync("/api/v1/clock");
        Assert.Equal((hub.Clock.NowMs, 1.0), (clock.Ms("now"), clock.GetProperty("speed").GetDouble()));
        Shape.AssertHas(await hub.GetAsync("/api/v1/summary"), "devices", "devices_online", "points", "alarms_active", "tickets_open", "tickets_closed", "handled_before_complaint");
        Shape.AssertHas(await hub.GetAsync("/api/v1/session"), "user", "role");
        Assert.Equal("admin", (await hub.GetAsync("/api/v1/session")).Text("role"));
        Shape.AssertConventions(await hub.GetAsync("/api/v1/journal"));
        var report = await hub.GetAsync("/api/v1/journal/verify");
        Shape.AssertHas(report, "records", "damaged", "sound");
        Assert.True(report.GetProperty("sound").GetBoolean());
        Assert.True(report.GetProperty("records").GetInt64() > 0);
    }

    [Fact]
    public async Task The_api_describes_itself()
    {
        var paths = (await hub.GetAsync("/openapi/v1.json")).GetProperty("paths").EnumerateObject().Select(p => p.Name).ToList();
        foreach (var path in new[] { "points/{id}", "readings", "assets/import", "rules/{id}", "alarms/{id}/explain", "alarms/{id}/ack", "alarms/{id}/shelve", "maintenance", "maintenance/{id}", "desk", "tickets/{id}/commands/{name}", "deadletters", "live", "devices", "users", "session" })
            Assert.Contains($"/api/v1/{path}", paths);
    }

    [Fact]
    public async Task Health_and_readiness_answer()
    {
        Assert.Equal("ok", await hub.Http.GetStringAsync("/healthz", TestContext.Current.CancellationToken));
        await hub.DrainAsync();
        var ready = await hub.GetAsync("/readyz");
        Assert.True(ready.GetProperty("ready").GetBoolean());
        Shape.AssertHas(ready, "rules_backlog_bytes", "telemetry_backlog_bytes", "telemetry");
        using var metrics = await hub.Http.GetAsync("/metrics", TestContext.Current.CancellationToken);
        Assert.StartsWith("text/plain; version=0.0.4", metrics.Content.Headers.ContentType!.ToString());
    }
}
