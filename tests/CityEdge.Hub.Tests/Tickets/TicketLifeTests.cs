using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>One fault, one ticket, from the first cold reading to the sensor's proof, on a clock that the test moves.</summary>
public sealed class TicketLifeTests
{
    private const long T0 = ManualTimeProvider.T0;
    private const long Minute = 60_000;

    private const string Rule = """
        id: room-cold
        title: { zh: 室温不达标, en: Room too cold }
        signal: temperature
        raise:
          - { severity: P3, when: "value < 18", for: 10m }
        max_gap: 2h
        ticket: { category: heating.room, sla: P3, public: true, wait: 5m, self_clear: never, reopen: 7d, verify: { when: "value >= 18", for: 10m } }
        action: { zh: 检查换热站, en: Check the heat station }
        """;

    private static async Task<RunningHub> StartAsync(TemporaryFolder folder)
    {
        var hub = await RunningHub.StartAsync(folder["data"]);
        (await hub.PutRuleAsync("room-cold", Rule)).Is(HttpStatusCode.Created);
        return hub;
    }

    private static async Task<JsonElement> OpenTicketAsync(RunningHub hub, string device)
    {
        await hub.TemperatureAsync(device, 17);
        await hub.AdvanceAsync(TimeSpan.FromMinutes(16));
        var page = await hub.EventuallyAsync($"/api/v1/tickets?site={device.Split('/')[0]}", p => p.GetProperty("items").GetArrayLength() == 1);
        return page.GetProperty("items")[0];
    }

    private static Task<Answer> CommandAsync(RunningHub hub, string ticket, string name, object? body = null, params (string, string)[] headers) =>
        hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/tickets/{ticket}/commands/{name}", body ?? new { }, headers);

    [Fact]
    public async Task From_the_first_cold_reading_to_the_proof_of_the_sensor()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        await hub.TemperatureAsync("life/dev", 17);

        // At 10 min exactly a reading of that instant might still come; a moment later the hold has elapsed, at its due time.
        await hub.AdvanceAsync(TimeSpan.FromMinutes(10));
        Assert.Empty(await hub.ListAsync("/api/v1/alarms"));
        await hub.AdvanceAsync(TimeSpan.FromSeconds(1));
        var alarm = Assert.Single(await hub.ListAsync("/api/v1/alarms"));
        Assert.Equal((T0 + (10 * Minute), "active", "condition-held"), (alarm.Ms("raised_at"), alarm.Text("state"), alarm.Text("reason")));

        // A candidate waits, hidden unless asked for.
        Assert.Empty(await hub.ListAsync("/api/v1/tickets"));
        var candidate = Assert.Single(await hub.ListAsync("/api/v1/tickets?state=candidate"));
        Assert.Equal(T0 + (15 * Minute), candidate.GetProperty("due").Ms("wait"));
        await hub.AdvanceAsync(TimeSpan.FromMinutes(6));
        var open = (await hub.EventuallyAsync("/api/v1/tickets", p => p.GetProperty("items").GetArrayLength() == 1)).GetProperty("items")[0];
        var id = open.Text("id");
        Shape.AssertHas(open, "id", "no", "state", "severity", "category", "title", "site", "asset", "rule", "origin", "raised_at", "opened_at", "closed_at", "outcome", "first_complaint_at", "alarms", "due", "timeline", "version");
        Assert.Equal(("open", "P3", "heating.room", "life", "Room too cold"), (open.Text("state"), open.Text("severity"), open.Text("category"), open.Text("site"), open.GetProperty("title").Text("en")));
        Assert.Equal((T0 + (10 * Minute), T0 + (15 * Minute)), (open.Ms("raised_at"), open.Ms("opened_at")));
        Assert.Equal(alarm.Text("id"), Assert.Single(open.GetProperty("alarms").EnumerateArray()).Text("id"));

        var accepted = (await CommandAsync(hub, id, "accept")).Is(HttpStatusCode.OK);
        Assert.Equal(("accepted", hub.Clock.NowMs), (accepted["state"].GetString(), accepted.Body.Ms("accepted_at")));
        var repaired = (await CommandAsync(hub, id, "fixed", new { reason = "valve opened" })).Is(HttpStatusCode.OK);
        Assert.Equal("pending-verify", repaired["state"].GetString());

        // The crew says so; the sensor does not yet.
        await hub.AdvanceAsync(TimeSpan.FromMinutes(4));
        var warm = hub.Clock.NowMs;
        await hub.TemperatureAsync("life/dev", 19);
        Assert.Equal(("cleared", warm), (Assert.Single(await hub.ListAsync("/api/v1/alarms")) is var cleared ? (cleared.Text("state"), cleared.Ms("cleared_at")) : default));
        Assert.Equal("pending-verify", (await hub.GetAsync($"/api/v1/tickets/{id}")).Text("state"));
        await hub.AdvanceAsync(TimeSpan.FromMinutes(11));
        var closed = await hub.EventuallyAsync($"/api/v1/tickets/{id}", t => t.Text("state") == "closed");
        Assert.Equal((warm + (10 * Minute), "fixed", "sensor"), (closed.Ms("closed_at"), closed.Text("outcome"), closed.Text("verified_by")));
        var timeline = closed.GetProperty("timeline").EnumerateArray().ToList();
        Assert.Equal(Enumerable.Range(1, timeline.Count), timeline.Select(l => l.GetProperty("seq").GetInt32()));
        string[] told = ["raised", "opened", "accepted", "fixed", "closed"];
        Assert.Equal(told, timeline.Select(l => l.Text("type")).Where(told.Contains));
        Assert.Equal("valve opened", timeline.Single(l => l.Text("type") == "fixed").Text("reason"));
        var summary = await hub.GetAsync("/api/v1/summary");
        Assert.Equal((1, 0, 1), (summary.GetProperty("tickets_closed").GetInt32(), summary.GetProperty("tickets_open").GetInt32(), summary.GetProperty("handled_before_complaint").GetInt32()));
    }

    [Fact]
    public async Task A_version_that_is_no_longer_changes_nothing()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        var id = (await OpenTicketAsync(hub, "match/dev")).Text("id");
        var read = (await hub.TryGetAsync($"/api/v1/tickets/{id}")).Is(HttpStatusCode.OK);
        var version = read["version"].GetInt64();
        Assert.Equal($"\"{version}\"", read.Headers.ETag!.Tag);
        (await CommandAsync(hub, id, "accept", null, ("If-Match", $"\"{version - 1}\""))).IsProblem(HttpStatusCode.Conflict, version.ToString(System.Globalization.CultureInfo.InvariantCulture));
        Assert.Equal(read.Text, (await hub.TryGetAsync($"/api/v1/tickets/{id}")).Text);
        (await CommandAsync(hub, id, "accept", null, ("If-Match", "nonsense"))).IsProblem(HttpStatusCode.BadRequest, "If-Match");
        var done = (await CommandAsync(hub, id, "accept", null, ("If-Match", $"\"{version}\""))).Is(HttpStatusCode.OK);
        Assert.Equal($"\"{done["version"].GetInt64()}\"", done.Headers.ETag!.Tag);
        Assert.True(done["version"].GetInt64() > version);
    }

    [Fact]
    public async Task An_idempotency_key_gives_the_same_answer_again()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        var id = (await OpenTicketAsync(hub, "idem/dev")).Text("id");
        var first = (await CommandAsync(hub, id, "accept", null, ("Idempotency-Key", "k1"))).Is(HttpStatusCode.OK);
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        var second = (await CommandAsync(hub, id, "accept", null, ("Idempotency-Key", "k1"))).Is(HttpStatusCode.OK);
        Assert.Equal(first.Text, second.Text);
        (await CommandAsync(hub, id, "fixed", null, ("Idempotency-Key", "k1"))).IsProblem(HttpStatusCode.Conflict, "k1");
        Assert.Equal("accepted", (await hub.GetAsync($"/api/v1/tickets/{id}")).Text("state"));
        (await CommandAsync(hub, id, "accept")).IsProblem(HttpStatusCode.Conflict, "accept", "accepted");
    }

    [Fact]
    public async Task A_command_that_cannot_be_is_refused()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        var id = (await OpenTicketAsync(hub, "cannot/dev")).Text("id");
        (await CommandAsync(hub, "no-such", "accept")).IsProblem(HttpStatusCode.NotFound, "no-such");
        (await CommandAsync(hub, id, "dance")).IsProblem(HttpStatusCode.Conflict, "dance", "accept");
        (await CommandAsync(hub, id, "cancel")).IsProblem(HttpStatusCode.Conflict, "reason");
        Assert.Equal("cancelled", (await CommandAsync(hub, id, "cancel", new { reason = "test" })).Is(HttpStatusCode.OK)["state"].GetString());
    }

    [Fact]
    public async Task A_filter_that_cannot_be_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        (await hub.TryGetAsync("/api/v1/tickets?state=asleep")).IsProblem(HttpStatusCode.BadRequest, "state", "asleep");
        (await hub.TryGetAsync("/api/v1/tickets?severity=P9")).IsProblem(HttpStatusCode.BadRequest, "severity", "P9");
        (await hub.TryGetAsync("/api/v1/tickets?severity=9")).IsProblem(HttpStatusCode.BadRequest, "severity", "9");
    }

    [Fact]
    public async Task The_wall_gets_a_retained_card_without_personal_data()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        var id = (await OpenTicketAsync(hub, "wall/dev")).Text("id");
        (await CommandAsync(hub, id, "accept", new { reason = "Li Lei, 13800000000" })).Is(HttpStatusCode.OK);
        JsonElement card = default;
        await Wait.UntilAsync("the card to say accepted", async () =>
        {
            await using var wall = await hub.ConnectAsync("wall");
            await wall.SubscribeAsync("cityedge/v1/wall/tickets/#");
            var message = await wall.ReceiveAsync();
            Assert.Equal((true, $"cityedge/v1/wall/tickets/{id}"), (message.Retained, message.Topic));
            card = JsonSerializer.Deserialize<JsonElement>(message.Text);
            return card.Text("state") == "accepted";
        }, TimeSpan.FromSeconds(20));
        Shape.AssertHas(card, "id", "no", "state", "severity", "category", "title", "site", "opened_at");
        foreach (var personal in new[] { "timeline", "actor", "reporter", "phone", "anonymous", "Li Lei", "138" }) Assert.DoesNotContain(personal, card.ToString(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Tickets_filter_and_page()
    {
        using var folder = new TemporaryFolder();
        await using var hub = await StartAsync(folder);
        for (var i = 0; i < 5; i++) await hub.TemperatureAsync($"list{i % 2}/dev", 10, name: $"t{i}");
        await hub.AdvanceAsync(TimeSpan.FromMinutes(16));
        await hub.EventuallyAsync("/api/v1/tickets?limit=1000", p => p.GetProperty("items").GetArrayLength() == 5);
        var all = await hub.ListAsync("/api/v1/tickets", 2);
        Assert.Equal(5, all.Select(t => t.Text("id")).Distinct().Count());
        Assert.Equal(5, all.Count);
        Assert.Equal(5, all.Select(t => t.Text("no")).Distinct().Count());
        Assert.Equal(2, (await hub.ListAsync("/api/v1/tickets?site=list1", 1)).Count);
        Assert.Equal(5, (await hub.ListAsync("/api/v1/tickets?category=heating.room&severity=P3&state=open")).Count);
        Assert.Empty(await hub.ListAsync("/api/v1/tickets?severity=P1"));
        Assert.Empty(await hub.ListAsync("/api/v1/tickets?state=closed,cancelled"));
        Assert.Equal(all[0].Text("id"), Assert.Single(await hub.ListAsync($"/api/v1/tickets?q={Uri.EscapeDataString(all[0].Text("no"))}")).Text("id"));
    }
}
