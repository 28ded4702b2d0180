using System.Net;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary><c>POST rules/{id}/rehearse</c> and <c>rules rehearse</c>: what changes against the rule in force, refusals, the stream.</summary>
public sealed class RehearsalApiTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private static string Yaml(string id, string when, string rest = "") => $$"""
        id: {{id}}
        title: { zh: 冷, en: Cold }
        signal: temperature
        where: { site: {{id}} }
        raise:
          - { severity: P3, when: "{{when}}" }
        {{rest}}
        """;

    /// <summary>Three cold spells: to 17, to 15, to 10; an hour each, an hour between.</summary>
    private async Task<long> SpellsAsync(string id)
    {
        var start = hub.Clock.NowMs - (long)TimeSpan.FromHours(8).TotalMilliseconds;
        var lines = string.Concat(Enumerable.Range(0, 7 * 12).Select(i => $"temperature,device=dev,point=t,site={id} value={(i / 12) switch { 1 => 17, 3 => 15, 5 => 10, _ => 21 }} {start + (i * 300_000L)}\n"));
        await hub.TemperatureAsync($"{id}/dev", 21);
        await hub.DrainAsync();
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/telemetry/import?format=line", new StringContent(lines))).Is(HttpStatusCode.OK);
        return start;
    }

    private Task<Answer> RehearseAsync(string id, object body, params (string, string)[] headers) => hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/rules/{id}/rehearse", body, headers);

    [Fact]
    public async Task A_draft_is_compared_with_the_rule_in_force()
    {
        var start = await SpellsAsync("compare");
        (await hub.PutRuleAsync("compare", Yaml("compare", "value < 16"))).Is(HttpStatusCode.Created);
        var stricter = (await RehearseAsync("compare", new { from = Shape.Iso(start), yaml = Yaml("compare", "value < 18") })).Is(HttpStatusCode.OK);
        Shape.AssertHas(stricter.Body, "alarms", "tickets", "active_seconds", "complaints_beaten", "median_lead_seconds", "items", "weeks", "compared", "open_at_start", "points", "readings");
        Assert.Equal((3, 10_800L, 0, JsonValueKind.Null), (stricter["alarms"].GetInt32(), stricter["active_seconds"].GetInt64(), stricter["complaints_beaten"].GetInt32(), stricter["median_lead_seconds"].ValueKind));
        foreach (var item in stricter["items"].EnumerateArray()) Shape.AssertHas(item, "point", "severity", "raised_at", "cleared_at", "ticket");
        Assert.Equal([false, true, true], stricter["items"].EnumerateArray().Select(i => i.GetProperty("in_both").GetBoolean()));
        Assert.Equal((1, 2, 1, 0, 2), Compared(stricter));

        var laxer = (await RehearseAsync("compare", new { from = Shape.Iso(start), to = Shape.Iso(hub.Clock.NowMs), yaml = Yaml("compare", "value < 12") })).Is(HttpStatusCode.OK);
        Assert.Equal((1, 2, 0, 1, 1), Compared(laxer));
        Assert.Equal(start + (3 * 3_600_000), Assert.Single(laxer["compared"].GetProperty("items").EnumerateArray()).Ms("raised_at"));
        // Nothing has changed, and the rule in force has nothing to be compared with.
        Assert.Equal(1, (await hub.GetAsync("/api/v1/rules/compare")).GetProperty("version").GetInt32());
        Assert.Equal(JsonValueKind.Null, (await RehearseAsync("compare", new { from = Shape.Iso(start) })).Is(HttpStatusCode.OK)["compared"].ValueKind);

        static (int, int, int, int, int) Compared(Answer answer) => (answer["compared"].GetProperty("version").GetInt32(), answer["compared"].GetProperty("alarms").GetInt32(),
            answer["compared"].GetProperty("only_new").GetInt32(), answer["compared"].GetProperty("only_in_force").GetInt32(), answer["compared"].GetProperty("both").GetInt32());
    }

    [Fact]
    public async Task Complaints_that_its_tickets_would_have_been_earlier_than_are_told_with_the_lead()
    {
        await hub.PutAssetAsync("beaten-room", new { kind = "room", name = "301" });
        var start = await SpellsAsync("beaten");
        await hub.PublishAsync("beaten/dev", "status", """{"state":"online","points":[{"name":"t","kind":"temperature","unit":"Cel","asset":"beaten-room"}]}""");
        // Half an hour into the spells of 17 and 10; before the one of 15; an hour after the last; and two that the rule could not know of.
        var told = new Dictionary<string, (double Minute, string Category, object Place)>
        {
            ["b-17"] = (90, "heating.beaten", new { asset = "beaten-room" }),
            ["b-before"] = (175, "heating.beaten", new { asset = "beaten-room" }),
            ["b-10"] = (330, "heating.beaten", new { asset = "beaten-room" }),
            ["b-after"] = (421, "heating.beaten", new { asset = "beaten-room" }),
            ["b-elsewhere"] = (330, "heating.beaten", new { address = "elsewhere" }),
            ["b-other"] = (330, "heating.other", new { asset = "beaten-room" }),
        };
        foreach (var (id, (minute, category, place)) in told)
        {
            var body = JsonSerializer.SerializeToNode(place)!.AsObject();
            foreach (var (key, value) in new[] { ("external_id", id), ("channel", "hotline"), ("category", category), ("text", "冷"), ("at", Shape.Iso(start + (long)(minute * 60_000))) }) body[key] = value;
            (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/complaints", body)).Is(HttpStatusCode.Created);
        }
        (await hub.PutRuleAsync("beaten", Yaml("beaten", "value < 12", "ticket: { category: heating.beaten, wait: 5m, self_clear: 20m }"))).Is(HttpStatusCode.Created);
        var report = (await RehearseAsync("beaten", new { from = Shape.Iso(start), yaml = Yaml("beaten", "value < 18", "ticket: { category: heating.beaten, wait: 5m, self_clear: 20m }") })).Is(HttpStatusCode.OK);
        // Open 5 min after the raise at 60 min, and again at once with the one at 300: leads of 25 and 30 min.
        Assert.Equal((5, 2, 1650.0), (report["complaints"].GetInt32(), report["complaints_beaten"].GetInt32(), report["median_lead_seconds"].GetDouble()));
        Assert.Equal([start + (90 * 60_000), start + (330 * 60_000)], report["beaten"].EnumerateArray().Select(b => b.Ms("at")));
        Assert.Equal("beaten/dev/t", report["beaten"][0].Text("point"));
        Assert.Equal(report["items"][0].Text("ticket"), report["beaten"][0].Text("ticket"));
        Assert.Equal((1, 1500.0), (report["compared"].GetProperty("complaints_beaten").GetInt32(), report["compared"].GetProperty("median_lead_seconds").GetDouble()));
    }

    [Fact]
    public async Task A_rule_that_is_not_in_force_yet_can_be_rehearsed()
    {
        var start = await SpellsAsync("draft");
        var report = (await RehearseAsync("draft", new { from = Shape.Iso(start), yaml = Yaml("draft", "value < 16") })).Is(HttpStatusCode.OK);
        Assert.Equal((2, JsonValueKind.Null), (report["alarms"].GetInt32(), report["compared"].ValueKind));
        (await hub.TryGetAsync("/api/v1/rules/draft")).Is(HttpStatusCode.NotFound);
        Assert.Empty(await hub.ListAsync("/api/v1/alarms?rule=draft"));
    }

    [Fact]
    public async Task Silence_before_a_points_first_stored_reading_is_none()
    {
        var start = await SpellsAsync("silent");
        var yaml = Yaml("silent", "value < 0", "no_data: { after: 20m, severity: P4 }");
        // The last imported reading is an hour before the live one; nothing is stored in the ten days before.
        var report = (await RehearseAsync("silent", new { from = Shape.Iso(start - 864_000_000), yaml })).Is(HttpStatusCode.OK);
        var alarm = Assert.Single(report["items"].EnumerateArray());
        Assert.Equal((true, start + (83 * 300_000) + 1_200_000), (alarm.GetProperty("no_data").GetBoolean(), alarm.Ms("raised_at")));
    }

    [Fact]
    public async Task What_is_wrong_is_named()
    {
        var from = Shape.Iso(hub.Clock.NowMs - 1000);
        var error = Assert.Single((await RehearseAsync("wrong", new { from, yaml = Yaml("wrong", "value <") })).IsProblem(HttpStatusCode.UnprocessableEntity)["errors"].EnumerateArray());
        Assert.Equal(6, error.GetProperty("line").GetInt32());
        Assert.InRange(error.GetProperty("column").GetInt32(), 2, 60);
        (await RehearseAsync("wrong", new { from, yaml = Yaml("other", "value < 1") })).IsProblem(HttpStatusCode.UnprocessableEntity, "other", "wrong");
        (await RehearseAsync("wrong", new { from, yaml = "id: wrong\ntitle: { zh: 事, en: Event }\nevent: cityedge.kiosk.session\nraise:\n  - { severity: P3, when: \"count(event, 10m) > 3\" }\n" })).IsProblem(HttpStatusCode.UnprocessableEntity, "rule on events");
        (await RehearseAsync("wrong", new { from })).IsProblem(HttpStatusCode.NotFound, "wrong");
        (await RehearseAsync("wrong", new { from = "yesterday", yaml = Yaml("wrong", "value < 1") })).IsProblem(HttpStatusCode.BadRequest, "from", "yesterday");
        (await RehearseAsync("wrong", new { from, to = from, yaml = Yaml("wrong", "value < 1") })).IsProblem(HttpStatusCode.BadRequest, "from");
        (await RehearseAsync("wrong", new { yaml = Yaml("wrong", "value < 1") })).IsProblem(HttpStatusCode.BadRequest, "from");
    }

    [Fact]
    public async Task Asked_for_lines_the_answer_begins_with_progress_and_ends_with_the_report()
    {
        var start = await SpellsAsync("lines");
        var answer = (await RehearseAsync("lines", new { from = Shape.Iso(start), yaml = Yaml("lines", "value < 16") }, ("Accept", "application/x-ndjson"))).Is(HttpStatusCode.OK);
        Assert.Equal("application/x-ndjson", answer.MediaType);
        var lines = answer.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonSerializer.Deserialize<JsonElement>(l)).ToList();
        Shape.AssertHas(lines[0].GetProperty("progress"), "step", "points", "of", "readings");
        Assert.Equal(2, lines[^1].GetProperty("report").GetProperty("alarms").GetInt32());
    }
}
