using System.Net;
using System.Text;

namespace CityEdge.Hub.Tests;

/// <summary><c>points</c> and <c>devices</c>: shapes, paging, ids with every character, and what a person sets.</summary>
public sealed class PointsTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    [Fact]
    public async Task A_point_has_the_documented_shape()
    {
        await hub.TelemetryAsync("shape/dev", $$"""[{"n":"boiler.temperature","u":"Cel","v":61.5,"t":{{ManualTimeProvider.T0 / 1000}}.250}]""");
        var point = await hub.GetAsync("/api/v1/points/shape%2Fdev%2Fboiler.temperature");
        Shape.AssertHas(point, "id", "site", "device", "name", "kind", "unit", "asset", "labels", "last");
        Assert.Equal(("shape/dev/boiler.temperature", "shape", "dev", "boiler.temperature", "temperature", "Cel"),
            (point.Text("id"), point.Text("site"), point.Text("device"), point.Text("name"), point.Text("kind"), point.Text("unit")));
        Assert.Equal(61.5, point.GetProperty("last").GetProperty("value").GetDouble());
        Assert.Equal("2026-01-15T00:00:00.250Z", point.GetProperty("last").Text("time"));
        Assert.Equal(point.ToString(), Assert.Single(await hub.ListAsync("/api/v1/points?site=shape")).ToString());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(25)]
    [InlineData(1000)]
    public async Task Paging_gives_every_point_once_in_order(int limit)
    {
        await hub.TelemetryAsync("paging/dev", "[" + string.Join(',', Enumerable.Range(0, 25).Select(i => $$"""{"n":"p{{i}}","u":"Cel","v":{{i}}}""")) + "]");
        var ids = (await hub.ListAsync("/api/v1/points?site=paging", limit)).Select(p => p.Text("id")).ToList();
        Assert.Equal(Enumerable.Range(0, 25).Select(i => $"paging/dev/p{i}").Order(StringComparer.Ordinal), ids);
    }

    [Theory]
    [InlineData("points", "0")]
    [InlineData("points", "1001")]
    [InlineData("points", "-1")]
    [InlineData("points", "many")]
    [InlineData("devices", "1001")]
    [InlineData("assets", "1001")]
    [InlineData("rules", "1001")]
    [InlineData("alarms", "1001")]
    [InlineData("tickets", "1001")]
    [InlineData("deadletters", "1001")]
    [InlineData("events", "1001")]
    public async Task A_limit_outside_1_to_1000_is_refused_by_name(string list, string limit) =>
        (await hub.TryGetAsync($"/api/v1/{list}?limit={limit}")).IsProblem(HttpStatusCode.BadRequest, "limit", limit, "1000");

    [Theory]
    [InlineData("alarms")]
    [InlineData("tickets")]
    [InlineData("deadletters")]
    [InlineData("events")]
    public async Task A_cursor_that_is_none_is_refused_by_name(string list) =>
        (await hub.TryGetAsync($"/api/v1/{list}?cursor=nonsense")).IsProblem(HttpStatusCode.BadRequest, "cursor");

    [Theory]
    [InlineData("a")]
    [InlineData("a.b-c_d:e")]
    [InlineData("line/2/t")]
    public async Task A_name_with_every_allowed_character_is_found_percent_encoded(string name)
    {
        await hub.TemperatureAsync("encode/dev_1-a", 20, name: name);
        var point = await hub.GetAsync($"/api/v1/points/{Uri.EscapeDataString($"encode/dev_1-a/{name}")}");
        Assert.Equal(name, point.Text("name"));
    }

    [Theory]
    [InlineData("points/no%2Fsuch%2Fpoint", "no/such/point")]
    [InlineData("points/nonsense", "nonsense")]
    [InlineData("devices/no%2Fsuch", "no/such")]
    [InlineData("assets/no-such", "no-such")]
    [InlineData("rules/no-such", "no-such")]
    [InlineData("alarms/no-such", "no-such")]
    [InlineData("tickets/no-such", "no-such")]
    [InlineData("alarms/no-such/explain", "no-such")]
    [InlineData("points/no%2Fsuch%2Fpoint/limits", "no/such/point")]
    public async Task What_does_not_exist_is_a_404_that_names_it(string path, string named) =>
        (await hub.TryGetAsync("/api/v1/" + path)).IsProblem(HttpStatusCode.NotFound, named);

    [Fact]
    public async Task An_address_that_is_none_is_a_problem_too() => (await hub.TryGetAsync("/api/v1/nonsense")).IsProblem(HttpStatusCode.NotFound);

    [Fact]
    public async Task A_person_sets_kind_unit_asset_and_labels_and_an_announcement_leaves_them()
    {
        (await hub.PutAssetAsync("patch-room", new { kind = "room", name = "Room" })).Is(HttpStatusCode.Created);
        await hub.PublishAsync("patch/dev", "status", """{"state":"online","points":[{"name":"x","kind":"value","labels":{"role":"announced"}}]}""");
        var announced = await hub.GetAsync("/api/v1/points/patch%2Fdev%2Fx");
        Assert.Equal("announced", announced.GetProperty("labels").Text("role"));

        var patched = (await hub.SendJsonAsync(HttpMethod.Patch, "/api/v1/points/patch%2Fdev%2Fx", new { kind = "temperature", unit = "Cel", asset = "patch-room", labels = new { role = "room" } })).Is(HttpStatusCode.OK).Body;
        Assert.Equal(("temperature", "Cel", "patch-room", "room"), (patched.Text("kind"), patched.Text("unit"), patched.Text("asset"), patched.GetProperty("labels").Text("role")));

        await hub.PublishAsync("patch/dev", "status", """{"state":"online","points":[{"name":"x","kind":"pressure","unit":"bar","asset":"elsewhere","labels":{"role":"announced again"}}]}""");
        Assert.Equal(patched.ToString(), (await hub.GetAsync("/api/v1/points/patch%2Fdev%2Fx")).ToString());
    }

    [Fact]
    public async Task What_a_patch_leaves_out_stays()
    {
        await hub.PublishAsync("keep/dev", "status", """{"state":"online","points":[{"name":"x","kind":"temperature","unit":"Cel","labels":{"role":"room"}}]}""");
        (await hub.PutAssetAsync("keep-room", new { kind = "room", name = "Room" })).Is(HttpStatusCode.Created);
        var point = (await hub.SendJsonAsync(HttpMethod.Patch, "/api/v1/points/keep%2Fdev%2Fx", new { asset = "keep-room" })).Is(HttpStatusCode.OK).Body;
        Assert.Equal(("temperature", "Cel", "keep-room", "room"), (point.Text("kind"), point.Text("unit"), point.Text("asset"), point.GetProperty("labels").Text("role")));
    }

    [Theory]
    [InlineData("""{"kind":"warmth"}""", "kind", "warmth")]
    [InlineData("""{"asset":"no-such-asset"}""", "asset", "no-such-asset")]
    [InlineData("""{"unit":"furlong"}""", "unit", "furlong")]
    public async Task A_patch_that_cannot_be_is_refused_by_name_and_changes_nothing(string body, string parameter, string value)
    {
        await hub.TemperatureAsync("badpatch/dev", 20);
        var before = await hub.GetAsync("/api/v1/points/badpatch%2Fdev%2Ft");
        var answer = await hub.SendAsync(HttpMethod.Patch, "/api/v1/points/badpatch%2Fdev%2Ft", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal(before.ToString(), (await hub.GetAsync("/api/v1/points/badpatch%2Fdev%2Ft")).ToString());
        answer.IsProblem(HttpStatusCode.BadRequest, parameter, value);
    }

    [Fact]
    public async Task A_body_that_is_not_json_is_a_problem()
    {
        await hub.TemperatureAsync("notjson/dev", 20);
        (await hub.SendAsync(HttpMethod.Patch, "/api/v1/points/notjson%2Fdev%2Ft", new StringContent("{nonsense", Encoding.UTF8, "application/json"))).IsProblem(HttpStatusCode.BadRequest);
    }

    [Fact]
    public async Task A_patch_of_no_point_is_a_404() =>
        (await hub.SendJsonAsync(HttpMethod.Patch, "/api/v1/points/no%2Fsuch%2Fpoint", new { unit = "Cel" })).IsProblem(HttpStatusCode.NotFound, "no/such/point");

    [Fact]
    public async Task A_status_announces_points_with_kind_asset_and_labels_and_sets_the_device_online()
    {
        (await hub.PutAssetAsync("announce-room", new { kind = "room", name = "Room" })).Is(HttpStatusCode.Created);
        await hub.PublishAsync("announce/dev", "status", """
            {"state":"online","since":"2026-01-14T23:59:00Z","agent":"cityedge-edge/0.1.0","spool":{"bytes":10},"adapters":[{"id":"boiler","type":"replay","state":"running"}],
             "points":[{"name":"supply","kind":"temperature","unit":"Cel","asset":"announce-room","labels":{"role":"supply"}},{"name":"door","kind":"contact"},{"name":"bad name!","kind":"contact"}]}
            """);
        var supply = await hub.GetAsync("/api/v1/points/announce%2Fdev%2Fsupply");
        Assert.Equal(("temperature", "Cel", "announce-room", "supply"), (supply.Text("kind"), supply.Text("unit"), supply.Text("asset"), supply.GetProperty("labels").Text("role")));
        Assert.Equal(System.Text.Json.JsonValueKind.Null, supply.GetProperty("last").ValueKind);
        Assert.Equal("contact", (await hub.GetAsync("/api/v1/points/announce%2Fdev%2Fdoor")).Text("kind"));
        Assert.Contains("bad name!", Assert.Single(await hub.ListAsync("/api/v1/deadletters?device=announce%2Fdev")).Text("message"));

        var device = await hub.GetAsync("/api/v1/devices/announce%2Fdev");
        Shape.AssertHas(device, "id", "site", "name", "state", "since", "last_seen", "agent", "spool", "adapters", "points", "refusals");
        Assert.Equal(("online", "cityedge-edge/0.1.0", 2), (device.Text("state"), device.Text("agent"), device.GetProperty("points").GetInt32()));

        hub.Clock.Advance(TimeSpan.FromMinutes(1));
        await hub.PublishAsync("announce/dev", "status", """{"state":"offline"}""");
        var offline = await hub.GetAsync("/api/v1/devices/announce%2Fdev");
        Assert.Equal(("offline", "cityedge-edge/0.1.0"), (offline.Text("state"), offline.Text("agent")));
        Assert.Equal(hub.Clock.NowMs, offline.Ms("since"));
        var site = (await hub.ListAsync("/api/v1/sites")).Single(s => s.Text("id") == "announce");
        Assert.Equal((1, 0), (site.GetProperty("devices").GetInt32(), site.GetProperty("online").GetInt32()));
    }

    [Fact]
    public async Task Devices_page_without_loss_or_repeat()
    {
        for (var i = 0; i < 9; i++) await hub.TemperatureAsync($"fleet/d{i}", i);
        var ids = (await hub.ListAsync("/api/v1/devices?site=fleet", 2)).Select(d => d.Text("id")).ToList();
        Assert.Equal(Enumerable.Range(0, 9).Select(i => $"fleet/d{i}"), ids);
    }
}
