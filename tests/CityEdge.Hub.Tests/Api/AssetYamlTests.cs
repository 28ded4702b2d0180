using System.Net;
using System.Text;
using CityEdge.Hub.Registry;
using CityEdge.Rules;

namespace CityEdge.Hub.Tests;

/// <summary>Assets as YAML: a tree or a list in, a tree out, checked as a whole with line and column.</summary>
public sealed class AssetYamlTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private Task<Answer> ImportAsync(string yaml, bool dryRun = false) =>
        hub.SendAsync(HttpMethod.Post, "/api/v1/assets/import" + (dryRun ? "?dry_run=true" : ""), new StringContent(yaml, Encoding.UTF8, "application/yaml"));

    private const string Tree = """
        assets:
          - id: yt-c
            kind: community
            name: "一号社区"
            labels: { grid_cell: "110105001001001", social_grid: g-3 }
            children:
              - id: yt-b
                kind: building
                lat: 39.9
                long: 116.4
                attributes: { floors: 6.5 }
                children:
                  - { id: yt-r, kind: room, labels: { floor: 3, role: room } }
              - { id: yt-s, kind: station, feeds: [yt-b, yt-r] }
        """;

    [Fact]
    public async Task A_tree_is_taken_over_and_exported_as_one()
    {
        var dry = (await ImportAsync(Tree, dryRun: true)).Is(HttpStatusCode.OK);
        Assert.Equal((4, 4, true), (dry["rows"].GetInt32(), dry["created"].GetInt32(), dry["dry_run"].GetBoolean()));
        (await hub.TryGetAsync("/api/v1/assets/yt-c")).Is(HttpStatusCode.NotFound);
        (await ImportAsync(Tree)).Is(HttpStatusCode.OK);
        Assert.Equal(["yt-b", "yt-s"], (await hub.ListAsync("/api/v1/assets?parent=yt-c")).Select(a => a.Text("id")));
        var station = (await hub.TryGetAsync("/api/v1/assets/yt-s")).Is(HttpStatusCode.OK).Body;
        Assert.Equal("yt-b yt-r", station.GetProperty("labels").Text("feeds"));
        var before = await hub.ListAsync("/api/v1/assets");
        var exported = await hub.Http.GetStringAsync("/api/v1/assets.yaml", TestContext.Current.CancellationToken);
        Assert.Contains("\n          - id: yt-r\n", exported, StringComparison.Ordinal);
        Assert.Contains("feeds: [yt-b, yt-r]", exported, StringComparison.Ordinal);
        var again = (await ImportAsync(exported)).Is(HttpStatusCode.OK);
        Assert.Equal((before.Count, 0), (again["updated"].GetInt32(), again["created"].GetInt32()));
        Assert.Equal(before.Select(a => a.ToString()), (await hub.ListAsync("/api/v1/assets")).Select(a => a.ToString()));
    }

    [Fact]
    public async Task A_list_may_name_parents_that_stand_below()
    {
        (await ImportAsync("- { id: yl-b, kind: building, parent: yl-a }\n- { id: yl-a, kind: street }\n")).Is(HttpStatusCode.OK);
        Assert.Equal("yl-a", (await hub.TryGetAsync("/api/v1/assets/yl-b")).Is(HttpStatusCode.OK).Body.Text("parent"));
    }

    [Theory]
    [InlineData("", 1, 1, "")]
    [InlineData("assets: [", 2, 1, "")]
    [InlineData("things: []\n", 1, 1, "things")]
    [InlineData("- { id: bad-a, kind: street }\n- id: bad-x\n  kind: street\n  colour: red\n", 4, 3, "colour")]
    [InlineData("- id: bad-x\n  kind: street\n  lat: north\n", 3, 8, "lat")]
    [InlineData("- id: bad-x\n  kind: street\n  lat: 91\n", 3, 8, "lat")]
    [InlineData("- id: bad-x\n  kind: street\n  attributes: { floors: [six] }\n", 3, 25, "attributes.floors")]
    [InlineData("- id: bad-x\n  name: X\n", 1, 3, "kind")]
    [InlineData("- id: bad-x\n  kind: street\n  children:\n    - { id: bad-x, kind: building }\n", 4, 13, "id")]
    [InlineData("- id: bad-x\n  kind: street\n  parent: nobody\n", 3, 11, "parent")]
    [InlineData("- id: bad-x\n  kind: street\n  parent: bad-y\n- id: bad-y\n  kind: street\n  parent: bad-x\n", 6, 11, "parent")]
    [InlineData("- id: bad-x\n  kind: street\n  children:\n    - { id: bad-y, kind: building, parent: bad-z }\n", 4, 44, "parent")]
    [InlineData("- id: bad-x\n  kind: station\n  feeds: [bad-x]\n", 3, 10, "feeds")]
    [InlineData("- id: bad-x\n  kind: station\n  feeds: [nobody]\n", 3, 10, "feeds")]
    [InlineData("- id: bad-x\n  kind: street\n  labels: { grid_cell: g-3 }\n", 3, 24, "grid_cell")]
    [InlineData("- id: bad-x\n  kind: street\n  labels: { social_grid: \"110105001001001\" }\n", 3, 26, "social_grid")]
    [InlineData("- &a { id: bad-x, kind: street }\n- *a\n", 2, 3, "")]
    public async Task An_error_names_line_column_and_key_and_nothing_is_changed(string yaml, int line, int column, string key)
    {
        var answer = await ImportAsync(yaml);
        answer.Errors();
        Assert.Contains(answer["errors"].EnumerateArray(), e => (e.GetProperty("line").GetInt32(), e.GetProperty("column").GetInt32(), e.Text("key")) == (line, column, key) && e.Text("message")!.Length > 0);
        Assert.DoesNotContain((await hub.ListAsync("/api/v1/assets")).Select(a => a.Text("id")!), id => id.StartsWith("bad-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task All_errors_are_told_at_once() =>
        Assert.Equal(["lat", "kind", "parent", "feeds"], (await ImportAsync("- { id: bad-1, kind: street, lat: x }\n- { id: bad-2 }\n- { id: bad-3, kind: street, parent: nobody, feeds: [nobody] }\n")).Errors().Select(e => e.Key));

    [Fact]
    public async Task The_csv_is_held_to_the_same_two_grids() =>
        Assert.Equal((2, "grid_cell"), (await hub.SendAsync(HttpMethod.Post, "/api/v1/assets/import", new StringContent("id,kind,label.grid_cell\nbad-g,street,grid 3\n", Encoding.UTF8, "text/csv"))).Errors().Select(e => (e.Line, e.Key)).Single());

    [Fact]
    public void Any_tree_comes_back_as_it_was()
    {
        string[] texts = ["", "true", "No", "~", "null", "1e3", "0012", "- x", "a: b", " led", "trail ", "#c", "\"q\" \\ 'q'", "line\r\nbreak\ttab", "一号楼 🏢", "{x}", "[y]", "*a", "&b", "!t", "%", "@", "`", "\u2028\u00a0\u0085\u0007"];
        for (var seed = 0; seed < 300; seed++)
        {
            var random = new Random(seed);
            var assets = new List<Asset>();
            for (var i = random.Next(25); i > 0; i--)
            {
                var id = new[] { "a", "7", "n", "x.y", "-z", "k:", "true" }[random.Next(7)] + i;
                var parent = assets.Count > 0 && random.Next(4) > 0 ? assets[random.Next(assets.Count)].Id : random.Next(5) == 0 ? "elsewhere" : null;
                var labels = Enumerable.Range(0, random.Next(4)).ToDictionary(_ => Text() + random.Next(1000), _ => Text());
                if (assets.Count > 1 && random.Next(3) == 0) labels["feeds"] = string.Join(' ', assets.Take(random.Next(1, 3)).Select(asset => asset.Id));
                var attributes = Enumerable.Range(0, random.Next(3)).ToDictionary(n => Text() + n, _ => random.Next(3) == 0 ? AttributeValue.Parse(Text()) : (random.NextDouble() - 0.5) * Math.Pow(10, random.Next(-20, 20)));
                assets.Add(new Asset(id, "k" + Text(), random.Next(3) == 0 ? id : Text(), parent, random.Next(2) == 0 ? null : random.NextDouble() * 90, random.Next(2) == 0 ? null : -random.NextDouble(), labels, attributes));
            }
            var yaml = AssetYamlText.Write(assets);
            var read = AssetYaml.Read(yaml, out var errors);
            Assert.True(errors.Count == 0, $"seed {seed}: {string.Join(", ", errors)}\n{yaml}");
            Assert.Equal(assets.Select(Show).Order(StringComparer.Ordinal), read.Select(row => Show(row.Asset)).Order(StringComparer.Ordinal));
            string Text() => texts[random.Next(texts.Length)];
        }

        static string Show(Asset a) => $"{a.Id}|{a.Kind}|{a.Name}|{a.Parent}|{a.Lat:R}|{a.Long:R}|{string.Join(';', a.Labels.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"))}|{string.Join(';', a.Attributes.OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => $"{p.Key}={p.Value}"))}";
    }
}
