using System.Net;
using System.Text;

namespace CityEdge.Hub.Tests;

/// <summary><c>assets</c>: the tree, put one by one or imported as CSV, checked as a whole before anything changes.</summary>
public sealed class AssetsTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private Task<Answer> ImportAsync(string csv, bool dryRun = false) =>
        hub.SendAsync(HttpMethod.Post, "/api/v1/assets/import" + (dryRun ? "?dry_run=true" : ""), new StringContent(csv, Encoding.UTF8, "text/csv"));

    [Fact]
    public async Task The_first_put_creates_and_the_second_replaces()
    {
        var body = new { kind = "building", name = "1 号楼", lat = 39.9, @long = 116.4, labels = new { role = "home" }, attributes = new { floors = 6.5 } };
        var created = (await hub.PutAssetAsync("put:b1", body)).Is(HttpStatusCode.Created);
        Assert.Equal("/api/v1/assets/put%3Ab1", created.Headers.Location!.OriginalString);
        Shape.AssertHas(created.Body, "id", "kind", "name", "parent", "lat", "long", "labels", "attributes");
        Assert.Equal(created.Text, (await hub.TryGetAsync(created.Headers.Location!.OriginalString)).Is(HttpStatusCode.OK).Text);
        var replaced = (await hub.PutAssetAsync("put:b1", new { kind = "building", name = "1 号楼", parent = (string?)null })).Is(HttpStatusCode.OK).Body;
        Assert.Equal("{}", replaced.GetProperty("attributes").ToString());
    }

    [Fact]
    public async Task Attributes_are_numbers_and_texts_in_json_csv_and_yaml()
    {
        var body = new { kind = "building", name = "T", attributes = new { floors = 6.5, code = "0012", fuel = "gas, oil", built = "2001-05-03" } };
        (await hub.PutAssetAsync("text-b1", body)).Is(HttpStatusCode.Created);
        var told = (await hub.TryGetAsync("/api/v1/assets/text-b1")).Is(HttpStatusCode.OK).Body.GetProperty("attributes").ToString();
        Assert.Equal("{\"floors\":6.5,\"code\":\"0012\",\"fuel\":\"gas, oil\",\"built\":\"2001-05-03\"}", told);
        foreach (var (path, type) in ((string, string)[])[("assets.csv", "text/csv"), ("assets.yaml", "application/yaml")])
        {
            var exported = await hub.Http.GetStringAsync("/api/v1/" + path, TestContext.Current.CancellationToken);
            (await hub.SendAsync(HttpMethod.Post, "/api/v1/assets/import", new StringContent(exported, Encoding.UTF8, type))).Is(HttpStatusCode.OK);
            var again = (await hub.TryGetAsync("/api/v1/assets/text-b1")).Body.GetProperty("attributes");
            Assert.Equal((6.5, "0012", "gas, oil", "2001-05-03"), (again.GetProperty("floors").GetDouble(), again.Text("code"), again.Text("fuel"), again.Text("built")));
        }
    }

    [Fact]
    public async Task A_text_that_is_too_long_is_refused_with_its_key() =>
        Assert.Contains((await hub.PutAssetAsync("long-b1", new { kind = "building", name = "L", attributes = new { a = new string('x', 257), b = "" } })).Errors(), e => e.Key == "attributes.a");

    [Theory]
    [InlineData("bad id", "building", 0, null, "id")]
    [InlineData("bad-lat", "building", 91, null, "lat")]
    [InlineData("bad-kind", "", 0, null, "kind")]
    [InlineData("bad-parent", "building", 0, "nobody", "parent")]
    [InlineData("own-parent", "building", 0, "own-parent", "parent")]
    public async Task An_asset_that_cannot_be_is_refused_with_its_key(string id, string kind, double lat, string? parent, string key)
    {
        var errors = (await hub.PutAssetAsync(id, new { kind, name = "x", lat, parent })).Errors();
        Assert.Contains(errors, e => e.Key == key);
        (await hub.TryGetAsync($"/api/v1/assets/{Uri.EscapeDataString(id)}")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task A_put_that_closes_a_cycle_is_refused()
    {
        (await hub.PutAssetAsync("cycle-a", new { kind = "street", name = "a" })).Is(HttpStatusCode.Created);
        (await hub.PutAssetAsync("cycle-b", new { kind = "building", name = "b", parent = "cycle-a" })).Is(HttpStatusCode.Created);
        var errors = (await hub.PutAssetAsync("cycle-a", new { kind = "street", name = "a", parent = "cycle-b" })).Errors();
        Assert.Equal("parent", Assert.Single(errors).Key);
    }

    [Fact]
    public async Task A_dry_run_counts_and_changes_nothing()
    {
        var answer = (await ImportAsync("id,kind,name,parent\ndry-a,street,A,\ndry-b,building,B,dry-a\n", dryRun: true)).Is(HttpStatusCode.OK);
        Assert.Equal((2, 2, 0, true), (answer["rows"].GetInt32(), answer["created"].GetInt32(), answer["updated"].GetInt32(), answer["dry_run"].GetBoolean()));
        (await hub.TryGetAsync("/api/v1/assets/dry-a")).Is(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task An_import_may_name_a_parent_that_stands_below()
    {
        (await ImportAsync("id,kind,name,parent\nfwd-b,building,B,fwd-a\nfwd-a,street,A,\n")).Is(HttpStatusCode.OK);
        var again = (await ImportAsync("id,kind,name,parent\nfwd-b,building,B2,fwd-a\nfwd-c,building,C,fwd-a\n")).Is(HttpStatusCode.OK);
        Assert.Equal((1, 1), (again["created"].GetInt32(), again["updated"].GetInt32()));
        Assert.Equal(["fwd-b", "fwd-c"], (await hub.ListAsync("/api/v1/assets?parent=fwd-a", 1)).Select(a => a.Text("id")));
    }

    [Theory]
    [InlineData("", 1, "header")]
    [InlineData("kind,name\nstreet,A\n", 1, "header")]
    [InlineData("id,kind,colour\nbad-x,street,red\n", 1, "colour")]
    [InlineData("id,kind,name\nbad-x,street\n", 2, "row")]
    [InlineData("id,kind,lat\nbad-ok,street,1\nbad-x,street,north\n", 3, "lat")]
    [InlineData("id,kind,long\nbad-ok,street,1\nbad-x,street,six\n", 3, "long")]
    [InlineData("id,kind\nbad-x,street\nbad-x,street\n", 3, "id")]
    [InlineData("id,kind,parent\nbad-x,street,nobody\n", 2, "parent")]
    [InlineData("id,kind,parent\nbad-x,street,bad-y\nbad-y,street,bad-x\n", 2, "parent")]
    [InlineData("id,kind,name\n\"bad-ok\",street,\"two\nlines\"\nbad-x,,\n", 4, "kind")]
    public async Task An_error_names_line_and_column_and_nothing_is_changed(string csv, int line, string key)
    {
        var before = await hub.ListAsync("/api/v1/assets");
        var errors = (await ImportAsync(csv)).Errors();
        Assert.Contains(errors, e => e.Line == line && e.Key == key && e.Message.Length > 0);
        Assert.DoesNotContain((await hub.ListAsync("/api/v1/assets")).Select(a => a.Text("id")), id => id.StartsWith("bad-", StringComparison.Ordinal) && before.All(b => b.Text("id") != id));
    }

    [Fact]
    public async Task What_is_exported_can_be_imported_again()
    {
        const string Csv = "id,kind,name,parent,lat,long,label.role,attr.floors\nround-a,street,\"Long, \"\"quoted\"\" 街\",,39.9042,116.4074,,\nround-b,building,B,round-a,,,home,6.25\n";
        (await ImportAsync(Csv)).Is(HttpStatusCode.OK);
        var before = await hub.ListAsync("/api/v1/assets");
        var exported = await hub.Http.GetStringAsync("/api/v1/assets.csv", TestContext.Current.CancellationToken);
        var answer = (await ImportAsync(exported)).Is(HttpStatusCode.OK);
        Assert.Equal((before.Count, 0), (answer["updated"].GetInt32(), answer["created"].GetInt32()));
        Assert.Equal(before.Select(a => a.ToString()), (await hub.ListAsync("/api/v1/assets")).Select(a => a.ToString()));
    }

    [Fact]
    public async Task A_point_inherits_the_labels_of_its_assets_ancestors()
    {
        (await ImportAsync("id,kind,name,parent,label.role\ninherit-b,building,B,,home\ninherit-r,room,R,inherit-b,\n")).Is(HttpStatusCode.OK);
        (await hub.PutRuleAsync("inherit-cold", """
            id: inherit-cold
            title: { zh: 冷, en: Cold }
            signal: temperature
            where: { role: home, site: inherit }
            raise: [ { severity: P3, when: "value < 18" } ]
            """)).Is(HttpStatusCode.Created);
        await hub.TemperatureAsync("inherit/dev", 10);
        Assert.Empty(await hub.ListAsync("/api/v1/alarms?rule=inherit-cold"));
        (await hub.SendJsonAsync(HttpMethod.Patch, "/api/v1/points/inherit%2Fdev%2Ft", new { asset = "inherit-r" })).Is(HttpStatusCode.OK);
        hub.Clock.Advance(TimeSpan.FromSeconds(1));
        await hub.TemperatureAsync("inherit/dev", 10);
        var alarm = await hub.EventuallyAsync("/api/v1/alarms?rule=inherit-cold", a => a.GetProperty("items").GetArrayLength() == 1);
        Assert.Equal("inherit-r", alarm.GetProperty("items")[0].Text("asset"));
    }
}
