using System.Net;

namespace CityEdge.Hub.Tests;

/// <summary><c>rules</c> and <c>alarms</c>: only a sound rule goes into force, several at once or none; alarms list, page and explain.</summary>
public sealed class RulesTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private static string Yaml(string id, string site, string when = "value < 18", string rest = "") => $$"""
        id: {{id}}
        title: { zh: 冷, en: Cold }
        signal: temperature
        where: { site: {{site}} }
        raise:
          - { severity: P3, when: "{{when}}" }
        {{rest}}
        """;

    [Fact]
    public async Task A_rule_is_created_then_replaced_with_the_next_version()
    {
        var created = (await hub.PutRuleAsync("versions", Yaml("versions", "versions"))).Is(HttpStatusCode.Created);
        Assert.Equal("/api/v1/rules/versions", created.Headers.Location!.OriginalString);
        Shape.AssertHas(created.Body, "id", "version", "title", "author", "at", "yaml");
        Assert.Equal((1, "Cold"), (created["version"].GetInt32(), created["title"].Text("en")));
        Assert.Equal(1, (await hub.PutRuleAsync("versions", Yaml("versions", "versions"))).Is(HttpStatusCode.OK)["version"].GetInt32());
        Assert.Equal(2, (await hub.PutRuleAsync("versions", Yaml("versions", "versions", "value < 17"))).Is(HttpStatusCode.OK)["version"].GetInt32());
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/rules/versions")).Is(HttpStatusCode.NoContent);
        (await hub.TryGetAsync("/api/v1/rules/versions")).Is(HttpStatusCode.NotFound);
        var again = (await hub.PutRuleAsync("versions", Yaml("versions", "versions"))).Is(HttpStatusCode.Created);
        Assert.True(again["version"].GetInt32() > 2, "a version that was given is never given again");
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/rules/versions")).Is(HttpStatusCode.NoContent);
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/rules/versions")).IsProblem(HttpStatusCode.NotFound, "versions");
    }

    [Theory]
    [InlineData("id: bad-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\ncolour: red\nraise:\n  - { severity: P3, when: \"value < 18\" }\n", 4, 1, "colour")]
    [InlineData("id: bad-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nraise:\n  - { severity: P9, when: \"value < 18\" }\n", 5, 0, "severity")]
    [InlineData("id: bad-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nraise:\n  - { severity: P3, when: \"value <\" }\n", 5, 0, "when")]
    [InlineData("id: other-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nraise:\n  - { severity: P3, when: \"value < 18\" }\n", 1, 1, "id")]
    [InlineData("id: bad-rule\ntitle: { zh: 冷, en: Cold }\nsignal: temperature\nraise:\n  - { severity: P3, when: \"value < 18\" }\ntests:\n  - { given: [\"0m 17\"], expect: none }\n", 7, 1, "tests")]
    [InlineData("just words", 1, 1, "")]
    public async Task A_bad_rule_is_refused_with_line_column_key_and_message(string yaml, int line, int column, string key)
    {
        var answer = (await hub.PutRuleAsync("bad-rule", yaml)).IsProblem(HttpStatusCode.UnprocessableEntity);
        var error = answer["errors"].EnumerateArray().First();
        Assert.Equal(line, error.GetProperty("line").GetInt32());
        if (column > 0) Assert.Equal(column, error.GetProperty("column").GetInt32());
        else Assert.InRange(error.GetProperty("column").GetInt32(), 2, 60);
        Assert.Contains(key, error.Text("key"), StringComparison.Ordinal);
        Assert.NotEqual("", error.Text("message"));
        (await hub.TryGetAsync("/api/v1/rules/bad-rule")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_bad_version_leaves_the_good_one_in_force()
    {
        (await hub.PutRuleAsync("stays", Yaml("stays", "stays"))).Is(HttpStatusCode.Created);
        (await hub.PutRuleAsync("stays", Yaml("stays", "stays", "value <"))).Is(HttpStatusCode.UnprocessableEntity);
        Assert.Equal(1, (await hub.GetAsync("/api/v1/rules/stays")).GetProperty("version").GetInt32());
    }

    [Fact]
    public async Task Several_rules_go_into_force_together_or_not_at_all()
    {
        var good = new { file = "a.yaml", yaml = Yaml("many-a", "many") };
        var bad = new { file = "dir/b.yaml", yaml = Yaml("many-b", "many", "value <") };
        var refused = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules", new[] { good, bad })).IsProblem(HttpStatusCode.UnprocessableEntity, "dir/b.yaml");
        Assert.Equal("dir/b.yaml", Assert.Single(refused["errors"].EnumerateArray()).Text("file"));
        (await hub.TryGetAsync("/api/v1/rules/many-a")).Is(HttpStatusCode.NotFound);

        var twice = new[] { good, new { file = "c.yaml", yaml = Yaml("many-a", "many") } };
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules", twice)).IsProblem(HttpStatusCode.UnprocessableEntity, "many-a", "c.yaml");

        var applied = (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/rules", new[] { good, new { file = "b.yaml", yaml = Yaml("many-b", "many") } })).Is(HttpStatusCode.OK);
        Assert.Equal(["many-a", "many-b"], applied["items"].EnumerateArray().Select(r => r.Text("id")));
        Assert.Equal(1, (await hub.GetAsync("/api/v1/rules/many-b")).GetProperty("version").GetInt32());
    }

    [Theory]
    [InlineData("""[{"file":"a.yaml"}]""")]
    [InlineData("""[{"yaml":null,"file":null}]""")]
    [InlineData("[null]")]
    [InlineData("null")]
    [InlineData("{}")]
    public async Task A_body_without_rules_is_refused_not_an_error_of_the_hub(string body)
    {
        var answer = await hub.SendAsync(HttpMethod.Post, "/api/v1/rules", new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.InRange((int)answer.Status, 400, 422);
        Assert.Equal("application/problem+json", answer.MediaType);
    }

    [Fact]
    public async Task Rules_page_without_loss_or_repeat()
    {
        for (var i = 0; i < 5; i++) (await hub.PutRuleAsync($"page-{i}", Yaml($"page-{i}", "nowhere"))).Is(HttpStatusCode.Created);
        var ids = (await hub.ListAsync("/api/v1/rules", 2)).Select(r => r.Text("id")).ToList();
        Assert.Equal(ids.Distinct().Order(StringComparer.Ordinal), ids);
        Assert.Superset(Enumerable.Range(0, 5).Select(i => $"page-{i}").ToHashSet(), ids.ToHashSet());
    }

    [Fact]
    public async Task Alarms_have_the_documented_shape_page_filter_and_explain()
    {
        (await hub.PutRuleAsync("alarm-list", Yaml("alarm-list", "alarmlist", rest: "ticket: { category: heating.room, wait: 0s }"))).Is(HttpStatusCode.Created);
        for (var i = 0; i < 7; i++) await hub.TemperatureAsync("alarmlist/dev", 10, name: $"t{i}");
        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        await hub.TemperatureAsync("alarmlist/dev", 20, name: "t0");
        var all = await hub.ListAsync("/api/v1/alarms?rule=alarm-list", 3);
        Assert.Equal(7, all.Select(a => a.Text("id")).Distinct().Count());
        Assert.Equal(7, all.Count);
        foreach (var alarm in all)
        {
            Shape.AssertHas(alarm, "id", "rule", "version", "point", "asset", "severity", "state", "raised_at", "cleared_at", "value", "ticket", "reason");
            Assert.Equal(("alarm-list", "P3"), (alarm.Text("rule"), alarm.Text("severity")));
        }
        var cleared = Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=alarm-list&state=cleared"));
        Assert.Equal(("alarmlist/dev/t0", hub.Clock.NowMs, "condition-cleared"), (cleared.Text("point"), cleared.Ms("cleared_at"), cleared.Text("reason")));
        Assert.Equal(6, (await hub.ListAsync("/api/v1/alarms?rule=alarm-list&state=active")).Count);
        var one = Assert.Single(await hub.ListAsync("/api/v1/alarms?point=alarmlist%2Fdev%2Ft3"));
        Assert.Equal(one.ToString(), (await hub.GetAsync($"/api/v1/alarms/{one.Text("id")}")).ToString());
        var explained = await hub.GetAsync($"/api/v1/alarms/{one.Text("id")}/explain");
        Shape.AssertHas(explained, "alarm", "states");
        Assert.Contains(explained.GetProperty("states").EnumerateArray(), s => s.Text("rule") == "alarm-list");
        var limit = Assert.Single((await hub.GetAsync("/api/v1/points/alarmlist%2Fdev%2Ft3/limits")).GetProperty("items").EnumerateArray(), l => l.Text("kind") == "raise");
        Assert.Equal(18, limit.GetProperty("limit").GetDouble());
        await hub.EventuallyAsync("/api/v1/points/alarmlist%2Fdev%2Ft3", p => p.Text("state") == "p3");
        (await hub.TryGetAsync("/api/v1/alarms?state=asleep")).IsProblem(HttpStatusCode.BadRequest, "state", "asleep");
        (await hub.TryGetAsync("/api/v1/alarms?point=asleep")).IsProblem(HttpStatusCode.BadRequest, "point", "asleep");
    }

    [Fact]
    public async Task Removing_a_rule_closes_its_alarms_with_the_reason()
    {
        (await hub.PutRuleAsync("removed", Yaml("removed", "removed"))).Is(HttpStatusCode.Created);
        await hub.TemperatureAsync("removed/dev", 10);
        Assert.Equal("active", Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=removed")).Text("state"));
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/rules/removed")).Is(HttpStatusCode.NoContent);
        var alarm = Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=removed"));
        Assert.Equal(("cleared", "rule-changed"), (alarm.Text("state"), alarm.Text("reason")));
        await hub.EventuallyAsync("/api/v1/points/removed%2Fdev%2Ft", p => p.Text("state") == "ok");
    }

    [Fact]
    public async Task A_rule_over_256_KiB_is_refused() =>
        (await hub.PutRuleAsync("huge", Yaml("huge", "huge") + new string('#', 300_000))).IsProblem(HttpStatusCode.RequestEntityTooLarge, "262144 bytes");
}
