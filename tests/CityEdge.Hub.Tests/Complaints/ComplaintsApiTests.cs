using System.Net;
using System.Text;
using System.Text.Json;

namespace CityEdge.Hub.Tests;

/// <summary>Complaints through the API, and the alarms that they meet.</summary>
public sealed class ComplaintsApiTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private Task<Answer> PostAsync(object body, params (string, string)[] headers) => hub.SendJsonAsync(HttpMethod.Post, "/api/v1/complaints", body, headers);

    /// <summary>A building with a room, and a rule that watches the room, all of one name.</summary>
    private async Task BuildingAsync(string name, double lat)
    {
        await hub.PutAssetAsync(name + "-quarter", new { kind = "community", name = name + " quarter", lat, @long = 116.4 });
        await hub.PutAssetAsync(name, new { kind = "building", name = name + " 号楼", parent = name + "-quarter", lat, @long = 116.4, labels = new { address = name + " 路 1 号" } });
        await hub.PutAssetAsync(name + "-301", new { kind = "room", name = "301", parent = name });
        (await hub.PutRuleAsync(name, $$"""
            id: {{name}}
            title: { zh: 室温不达标, en: Room too cold }
            signal: temperature
            where: { site: {{name}} }
            raise: [ { severity: P3, when: "value < 18" } ]
            group_by: building
            ticket: { category: heating.{{name}}, wait: 0s, self_clear: never, verify: { when: "value >= 18", for: 0s } }
            """)).Is(HttpStatusCode.Created);
        await hub.PublishAsync(name + "/dev", "status", $$"""{"state":"online","points":[{"name":"t","kind":"temperature","unit":"Cel","asset":"{{name}}-301"}]}""");
        await hub.TemperatureAsync(name + "/dev", 20);
    }

    [Fact]
    public async Task A_complaint_of_a_room_joins_the_ticket_of_its_building_and_tells_the_lead()
    {
        await BuildingAsync("cpl-join", 30);
        await ReadAsync("cpl-join", 15);
        hub.Clock.Advance(TimeSpan.FromMinutes(10));
        var made = (await PostAsync(new { external_id = "A-1", channel = "hotline", category = "heating.cpl-join", text = "冷，电话 13800001111", asset = "cpl-join-301", reporter = new { name = "王芳", phone = "138-0000-1111" } })).Is(HttpStatusCode.Created);
        Shape.AssertHas(made.Body, "id", "ticket", "linked", "lead_seconds");
        Assert.Equal(("existing", 600.0, $"/api/v1/complaints/{made.Body.Text("id")}"), (made.Body.Text("linked"), made.Body.GetProperty("lead_seconds").GetDouble(), made.Headers.Location!.OriginalString));
        var ticket = await hub.GetAsync($"/api/v1/tickets/{made.Body.Text("ticket")}");
        Assert.Equal((hub.Clock.NowMs, 1, 600.0), (ticket.Ms("first_complaint_at"), ticket.GetProperty("complaints").GetInt32(), ticket.GetProperty("lead_seconds").GetDouble()));
        Assert.DoesNotContain("王芳", ticket.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("冷，电话", ticket.ToString(), StringComparison.Ordinal);
        Assert.Contains(ticket.GetProperty("timeline").EnumerateArray(), l => l.Text("type") == "complaint-linked" && l.Text("complaint") == made.Body.Text("id"));
        // The same number again, with whatever else.
        var again = (await PostAsync(new { external_id = "A-1", channel = "hotline", category = "heating.cpl-join", text = "x", asset = "cpl-join" })).Is(HttpStatusCode.OK);
        Assert.Equal(made.Body.ToString(), again.Body.ToString());
        Assert.Equal(1, (await hub.GetAsync($"/api/v1/tickets/{made.Body.Text("ticket")}")).GetProperty("complaints").GetInt32());
        Assert.True(await hub.MetricAsync("cityedge_complaints_total{linked=\"existing\"}") >= 1);
    }

    [Fact]
    public async Task A_complaint_before_the_first_alarm_opens_a_ticket_that_the_alarm_joins()
    {
        await BuildingAsync("cpl-first", 31);
        var made = (await PostAsync(new { channel = "kiosk", category = "heating.cpl-first", text = "冷", address = "cpl-first 路 1 号" })).Is(HttpStatusCode.Created).Body;
        Assert.Equal(("new", JsonValueKind.Null), (made.Text("linked"), made.GetProperty("lead_seconds").ValueKind));
        var opened = await hub.GetAsync($"/api/v1/tickets/{made.Text("ticket")}");
        Assert.Equal(("open", "complaint", "cpl-first", "cpl-first", "居民反映：室温不达标", false), (opened.Text("state"), opened.Text("origin"), opened.Text("site"), opened.Text("asset"), opened.GetProperty("title").Text("zh"), opened.GetProperty("public").GetBoolean()));
        hub.Clock.Advance(TimeSpan.FromMinutes(5));
        await ReadAsync("cpl-first", 15);
        var alarm = Assert.Single(await hub.ListAsync("/api/v1/alarms?rule=cpl-first&state=active"));
        Assert.Equal(made.Text("ticket"), alarm.Text("ticket"));
        Assert.Equal(1, (await hub.GetAsync($"/api/v1/tickets/{made.Text("ticket")}")).GetProperty("alarm_count").GetInt32());
        // 200 m away, on the map only.
        var near = (await PostAsync(new { channel = "web", category = "heating.cpl-first", text = "冷", lat = 31.0018, @long = 116.4 })).Is(HttpStatusCode.Created).Body;
        Assert.Equal(("existing", made.Text("ticket")), (near.Text("linked"), near.Text("ticket")));
        var far = (await PostAsync(new { channel = "web", category = "heating.cpl-first", text = "冷", lat = 31.0030, @long = 116.4 })).Is(HttpStatusCode.Created).Body;
        Assert.Equal("new", far.Text("linked"));
        // The ticket of a complaint can be worked on as any other.
        (await hub.SendJsonAsync(HttpMethod.Post, $"/api/v1/tickets/{far.Text("ticket")}/commands/accept", null)).Is(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Yesterdays_complaint_opens_nothing_and_waits_for_an_alarm()
    {
        await BuildingAsync("cpl-old", 32);
        var made = (await PostAsync(new { channel = "hotline", category = "heating.cpl-old", text = "冷", asset = "cpl-old", at = Time(hub.Clock.NowMs - 86_400_001) })).Is(HttpStatusCode.Created).Body;
        Assert.Equal(("none", JsonValueKind.Null), (made.Text("linked"), made.GetProperty("ticket").ValueKind));
        Assert.Contains(await hub.ListAsync("/api/v1/complaints?category=heating.cpl-old&has_ticket=false"), c => c.Text("id") == made.Text("id"));
        await ReadAsync("cpl-old", 15);
        var joined = await hub.GetAsync($"/api/v1/complaints/{made.Text("id")}");
        Assert.Equal("existing", joined.Text("linked"));
        Assert.True(joined.GetProperty("lead_seconds").GetDouble() < -86_400);
    }

    [Fact]
    public async Task An_idempotency_key_answers_once_and_refuses_another_complaint()
    {
        await BuildingAsync("cpl-key", 33);
        var body = new { channel = "web", category = "heating.cpl-key", text = "冷", asset = "cpl-key" };
        var first = (await PostAsync(body, ("Idempotency-Key", "cpl-key-1"))).Is(HttpStatusCode.Created);
        Assert.Equal(first.Body.ToString(), (await PostAsync(body, ("Idempotency-Key", "cpl-key-1"))).Is(HttpStatusCode.OK).Body.ToString());
        (await PostAsync(body with { text = "热" }, ("Idempotency-Key", "cpl-key-1"))).IsProblem(HttpStatusCode.Conflict, "cpl-key-1", "new key");
        Assert.Single(await hub.ListAsync("/api/v1/complaints?category=heating.cpl-key"));
        (await PostAsync(body, ("Idempotency-Key", new string('k', 201)))).IsProblem(HttpStatusCode.BadRequest, "200");
    }

    [Theory]
    [InlineData("""{}""", "channel", "category", "text", "asset")]
    [InlineData("""{"channel":"Hot Line","category":"a","text":"x","address":"y"}""", "Hot Line", "hotline, kiosk or web")]
    [InlineData("""{"channel":"web","category":"供暖","text":"x","address":"y"}""", "供暖", "heating.room")]
    [InlineData("""{"channel":"web","category":"a..b","text":"x","address":"y"}""", "a..b")]
    [InlineData("""{"channel":"web","category":"a","text":"  ","address":"y"}""", "text")]
    [InlineData("""{"channel":"web","category":"a","text":"x","asset":"no-such-asset"}""", "no-such-asset", "GET /api/v1/assets")]
    [InlineData("""{"channel":"web","category":"a","text":"x","lat":39.9}""", "long", "together")]
    [InlineData("""{"channel":"web","category":"a","text":"x","lat":91,"long":0}""", "lat", "-90 to 90")]
    [InlineData("""{"channel":"web","category":"a","text":"x","lat":0,"long":-181}""", "long", "-180 to 180")]
    [InlineData("""{"channel":"web","category":"a","text":"x"}""", "not said where")]
    [InlineData("""{"channel":"web","category":"a","text":"x","address":"y","external_id":""}""", "external_id")]
    [InlineData("""{"channel":"web","category":"a","text":"x","address":"y","at":"2999-01-01T00:00:00Z"}""", "2999", "ahead")]
    [InlineData("""{"channel":"web","category":"a","text":"x","address":"y","reporter":{"phone":"call me"}}""", "reporter.phone", "digits")]
    public async Task What_cannot_be_taken_in_is_refused_with_the_field_and_the_mend(string body, params string[] says) =>
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/complaints", new StringContent(body, Encoding.UTF8, "application/json"))).IsProblem(HttpStatusCode.UnprocessableEntity, says);

    [Theory]
    [InlineData("""{"channel":"web","kind":"rant","category":"a","text":"x","address":"y"}""")]
    [InlineData("""{"channel":"web","category":"a","text":"x","address":"y","at":"yesterday"}""")]
    [InlineData("""[]""")]
    [InlineData("""{"channel":""")]
    public async Task What_is_no_complaint_at_all_is_refused(string body) =>
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/complaints", new StringContent(body, Encoding.UTF8, "application/json"))).IsProblem(HttpStatusCode.BadRequest);

    [Fact]
    public async Task Lists_page_and_filter_and_refuse_what_they_cannot_read()
    {
        foreach (var i in Enumerable.Range(0, 5)) await PostAsync(new { external_id = $"p-{i}", channel = $"ch-{i % 2}", category = "list.cpl", text = "x", address = "nowhere", kind = i == 4 ? "praise" : "complaint" });
        Assert.Equal(5, (await hub.ListAsync("/api/v1/complaints?category=list.cpl", 2)).Count);
        Assert.Equal(3, (await hub.ListAsync("/api/v1/complaints?category=list.cpl&channel=ch-0")).Count);
        Assert.Equal("praise", Assert.Single(await hub.ListAsync("/api/v1/complaints?category=list.cpl&has_ticket=false")).Text("kind"));
        Assert.Empty(await hub.ListAsync($"/api/v1/complaints?category=list.cpl&to={Uri.EscapeDataString(Time(hub.Clock.NowMs - 60_000))}"));
        (await hub.TryGetAsync("/api/v1/complaints?limit=0")).IsProblem(HttpStatusCode.BadRequest, "limit");
        (await hub.TryGetAsync("/api/v1/complaints?cursor=x")).IsProblem(HttpStatusCode.BadRequest, "cursor");
        (await hub.TryGetAsync("/api/v1/complaints?from=x")).IsProblem(HttpStatusCode.BadRequest, "from");
        (await hub.TryGetAsync("/api/v1/complaints/none")).IsProblem(HttpStatusCode.NotFound, "none");
        (await hub.SendAsync(HttpMethod.Delete, "/api/v1/complaints/none/reporter")).IsProblem(HttpStatusCode.NotFound, "none");
    }

    private static string Time(long ms) => DateTimeOffset.FromUnixTimeMilliseconds(ms).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", System.Globalization.CultureInfo.InvariantCulture);

    private async Task ReadAsync(string name, double value)
    {
        hub.Clock.Advance(TimeSpan.FromSeconds(30));
        await hub.TemperatureAsync(name + "/dev", value);
    }
}
