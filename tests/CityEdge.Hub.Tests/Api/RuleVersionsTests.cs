using System.Net;
using System.Text;
using CityEdge.Hub.Registry;

namespace CityEdge.Hub.Tests;

/// <summary>Versions of a rule, the way back, and what a change makes of alarms that are open.</summary>
public sealed class RuleVersionsTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private static string Yaml(string id, string limit = "18", string rest = "") => $$"""
        id: {{id}}
        title: { zh: 冷, en: Cold }
        signal: temperature
        where: { site: {{id}} }
        raise:
          - { severity: P3, when: "value < {{limit}}" }
        clear: { when: "value > 20" }
        ticket: { category: heating.room, wait: 0s }
        {{rest}}
        """;

    private async Task<Answer> PutAsync(string id, string yaml, string query = "") =>
        await hub.SendAsync(HttpMethod.Put, $"/api/v1/rules/{id}{query}", new StringContent(yaml, Encoding.UTF8, "application/yaml"));

    private Task<Answer> RollBackAsync(string id, object body) => hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/rules/{id}/rollback", body);

    [Fact]
    public async Task An_open_alarm_goes_on_over_an_edit_and_a_rollback_with_its_ticket()
    {
        (await PutAsync("goes-on", Yaml("goes-on"))).Is(HttpStatusCode.Created);
        await hub.TemperatureAsync("goes-on/dev", 15);
        var before = Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=goes-on"));
        Assert.NotNull(before.GetProperty("ticket").GetString());
        hub.Clock.Advance(TimeSpan.FromMinutes(1));

        var edited = (await PutAsync("goes-on", Yaml("goes-on", "17"), "?reason=too%20many")).Is(HttpStatusCode.OK);
        Assert.Equal((1, 0, 0), Counts(edited));
        var told = Assert.Single(edited["open_alarms"].GetProperty("items").EnumerateArray());
        Shape.AssertHas(told, "id", "point", "no_data", "severity", "raised_at", "ticket", "outcome", "reason");
        Assert.Equal((before.Text("id"), before.Text("ticket"), "kept", before.Ms("raised_at")), (told.Text("id"), told.Text("ticket"), told.Text("outcome"), told.Ms("raised_at")));

        var back = (await RollBackAsync("goes-on", new { version = 1, reason = "was right" })).Is(HttpStatusCode.OK);
        Assert.Equal((3, "was right", Yaml("goes-on")), (back["version"].GetInt32(), back["reason"].GetString(), back["yaml"].GetString()));
        Assert.Equal((1, 0, 0), Counts(back));
        Assert.Equal(before.ToString(), Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=goes-on")).ToString());

        var versions = await hub.ListAsync("/api/v1/rules/goes-on/versions", 2);
        Assert.Equal([(3, "was right", true), (2, "too many", false), (1, null, false)], versions.Select(v => (v.GetProperty("version").GetInt32(), v.GetProperty("reason").GetString(), v.GetProperty("active").GetBoolean())));
        foreach (var version in versions) Shape.AssertHas(version, "id", "version", "author", "reason", "at", "active", "yaml");
    }

    [Theory]
    [InlineData("", "17", 1, 0, 0)]
    [InlineData("?open_alarms=keep", "14", 1, 0, 0)]
    [InlineData("?open_alarms=reevaluate", "17", 0, 1, 0)]
    [InlineData("?open_alarms=reevaluate", "14", 0, 0, 1)]
    [InlineData("?open_alarms=close", "17", 0, 0, 1)]
    public async Task The_answer_says_what_became_of_each_open_alarm(string query, string limit, int kept, int reevaluated, int closed)
    {
        var id = $"told-{limit}-{query.Length}";
        (await PutAsync(id, Yaml(id))).Is(HttpStatusCode.Created);
        await hub.TemperatureAsync($"{id}/dev", 15);
        var answer = (await PutAsync(id, Yaml(id, limit), query)).Is(HttpStatusCode.OK);
        Assert.Equal((kept, reevaluated, closed), Counts(answer));
        var told = Assert.Single(answer["open_alarms"].GetProperty("items").EnumerateArray());
        Assert.Equal(closed > 0 ? "rule-changed" : null, told.GetProperty("reason").GetString());
        Assert.Equal(closed > 0 ? "cleared" : "active", Assert.Single(await hub.ListAsync($"/api/v1/alarms?rule={id}")).Text("state"));
        // Nothing changes, nothing is told.
        Assert.Equal((0, 0, 0), Counts((await PutAsync(id, Yaml(id, limit), query)).Is(HttpStatusCode.OK)));
    }

    [Fact]
    public async Task A_removed_rule_can_be_brought_back_and_wrong_versions_are_named()
    {
        (await PutAsync("back", Yaml("back"))).Is(HttpStatusCode.Created);
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/rules/back?reason=gone")).Is(HttpStatusCode.NoContent);
        Assert.Equal([true, false], (await hub.ListAsync("/api/v1/rules/back/versions")).Select(v => v.GetProperty("yaml").GetString() is null));
        (await RollBackAsync("back", new { version = 2 })).IsProblem(HttpStatusCode.Conflict, "removal");
        (await RollBackAsync("back", new { version = 7 })).IsProblem(HttpStatusCode.NotFound, "back 7");
        (await RollBackAsync("back", new { reason = "none" })).IsProblem(HttpStatusCode.BadRequest, "version");
        (await RollBackAsync("nobody", new { version = 1 })).IsProblem(HttpStatusCode.NotFound, "nobody 1");
        (await RollBackAsync("back", new { version = 1, open_alarms = "burn" })).IsProblem(HttpStatusCode.BadRequest, "open_alarms", "burn");
        var back = (await RollBackAsync("back", new { version = 1 })).Is(HttpStatusCode.OK);
        Assert.Equal((3, "rollback to version 1"), (back["version"].GetInt32(), back["reason"].GetString()));
        (await RollBackAsync("back", new { version = 1 })).IsProblem(HttpStatusCode.Conflict, "in force already");
        (await PutAsync("back", Yaml("back", "17"), "?open_alarms=1")).IsProblem(HttpStatusCode.BadRequest, "open_alarms", "reevaluate");
        (await hub.TryGetAsync("/api/v1/rules/nobody/versions")).IsProblem(HttpStatusCode.NotFound, "nobody");
    }

    [Fact]
    public void A_change_journaled_before_there_was_a_choice_closes_as_it_did_then() =>
        Assert.Null(Assert.Single(HubChange.Decode("""{"actor":"a","rules":[{"id":"x","yaml":"y","reason":null}]}"""u8)!.Rules!).OpenAlarms);

    private static (int, int, int) Counts(Answer answer) => (answer["open_alarms"].GetProperty("kept").GetInt32(), answer["open_alarms"].GetProperty("reevaluated").GetInt32(), answer["open_alarms"].GetProperty("closed").GetInt32());
}
