using System.Net;
using System.Text;
using System.Text.Json;
using CityEdge.Hub.Reports;

namespace CityEdge.Hub.Tests;

/// <summary>Reports over a hub's own tickets, by its API.</summary>
public sealed class ReportsApiTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    /// <summary>A fault that is handled, one that clears itself, and one that only a resident told of and that stays open.</summary>
    private async Task<RunningHub> CityAsync()
    {
        var hub = await RunningHub.StartAsync(folder["data"]);
        foreach (var (site, selfClear) in new[] { ("site-a", "1d"), ("site-b", "10m") })
        {
            (await hub.PutRuleAsync(site, $$"""
                id: {{site}}
                title: { zh: "=室温不达标", en: Cold }
                signal: temperature
                where: { site: {{site}} }
                raise: [ { severity: P3, when: "value < 18" } ]
                ticket: { category: heating.room, wait: 0s, self_clear: {{selfClear}}, verify: { when: "value >= 18", for: 10m } }
                """)).Is(HttpStatusCode.Created);
            await hub.TemperatureAsync(site + "/dev", 10);
        }
        hub.Clock.Advance(TimeSpan.FromMinutes(10));
        var handled = Assert.Single(await hub.ListAsync("/api/v1/tickets?site=site-a"));
        (await hub.SendAsync(HttpMethod.Post, $"/api/v1/tickets/{handled.Text("id")}/commands/accept")).Is(HttpStatusCode.OK);
        (await hub.SendAsync(HttpMethod.Post, $"/api/v1/tickets/{handled.Text("id")}/commands/fixed")).Is(HttpStatusCode.OK);
        foreach (var minute in new[] { 0, 11, 11 })
        {
            hub.Clock.Advance(TimeSpan.FromMinutes(minute));
            foreach (var site in new[] { "site-a", "site-b" }) await hub.TemperatureAsync(site + "/dev", 20);
        }
        Assert.Equal("closed", (await hub.GetAsync($"/api/v1/tickets/{handled.Text("id")}")).Text("state"));
        return hub;
    }

    private static (int N, int Of) Share(JsonElement sheet, string name) => (sheet.GetProperty("measures").GetProperty(name).GetProperty("n").GetInt32(), sheet.GetProperty("measures").GetProperty(name).GetProperty("of").GetInt32());

    [Fact]
    public async Task Rates_tell_each_measure_as_n_of_n_whole_and_by_group()
    {
        await using var hub = await CityAsync();
        var to = Uri.EscapeDataString("2026-01-16T00:00:00Z");
        var sheet = await hub.GetAsync($"/api/v1/reports/rates?from=2026-01-14T00:00:00Z&to={to}&by=site");
        Assert.Equal(((1, 1), (1, 1), (0, 1), (1, 2)), (Share(sheet, "handled_first"), Share(sheet, "known_first"), Share(sheet, "false_ticket"), Share(sheet, "nuisance")));
        var share = sheet.GetProperty("measures").GetProperty("handled_first");
        Assert.Equal((1.0, 0.206549, 1.0, true), (share.GetProperty("rate").GetDouble(), share.GetProperty("low").GetDouble(), share.GetProperty("high").GetDouble(), share.GetProperty("small").GetBoolean()));
        Assert.Equal(JsonValueKind.Null, sheet.GetProperty("measures").GetProperty("satisfaction").GetProperty("rate").ValueKind);
        Assert.Equal((0, 1), (sheet.GetProperty("lead_seconds").GetProperty("n").GetInt32(), sheet.GetProperty("lead_seconds").GetProperty("censored").GetInt32()));
        Assert.Equal([("site-a", 1), ("site-b", 0)], sheet.GetProperty("groups").EnumerateArray().Select(g => (g.Text("key"), g.GetProperty("valid").GetInt32())));
        Assert.Equal((0, 0), Share(await hub.GetAsync("/api/v1/reports/rates?from=2025-01-14T00:00:00Z&to=2025-01-15T00:00:00Z"), "known_first"));
        Assert.Equal(1, (await hub.GetAsync($"/api/v1/reports/rates?to={to}&site=site-b")).GetProperty("incidents").GetInt32());
        Assert.Equal("heating.room", (await hub.GetAsync($"/api/v1/reports/topics?to={to}")).GetProperty("items")[0].Text("category"));
        Assert.Equal(JsonValueKind.Null, (await hub.GetAsync($"/api/v1/reports/ranking?to={to}")).GetProperty("items")[0].GetProperty("rank").ValueKind);
    }

    [Theory]
    [InlineData("rates?from=yesterday", "from")]
    [InlineData("rates?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z", "before")]
    [InlineData("rates?from=2020-01-01T00:00:00Z&to=2026-01-01T00:00:00Z", "400 days")]
    [InlineData("rates?by=weather", "category, site, rule, severity")]
    [InlineData("health", "2026-01")]
    [InlineData("health?month=2026-13", "2026-01")]
    [InlineData("health?month=2026-01&version=x", "version")]
    public async Task What_is_no_period_is_named(string path, string says)
    {
        await using var hub = await RunningHub.StartAsync(folder["data"]);
        (await hub.TryGetAsync("/api/v1/reports/" + path)).IsProblem(HttpStatusCode.BadRequest, says);
    }

    [Fact]
    public async Task The_ledger_has_a_line_for_each_incident_and_no_formula()
    {
        await using var hub = await CityAsync();
        var answer = await hub.TryGetAsync("/api/v1/reports/ledger?to=2026-01-16T00:00:00Z");
        Assert.Equal("text/csv", answer.MediaType);
        var lines = answer.Text.TrimStart('\uFEFF').TrimEnd().Split("\r\n");
        Assert.Equal(3, lines.Length);
        Assert.StartsWith("no,site,asset,", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.Contains(",site-a,", StringComparison.Ordinal) && l.Contains(",'=室温不达标,", StringComparison.Ordinal) && l.Contains(",closed,fixed,sensor,", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("say \"x\"", "\"say \"\"x\"\"\"")]
    [InlineData("=1+1", "'=1+1")]
    [InlineData("@x", "'@x")]
    [InlineData("-30", "-30")]
    [InlineData("-cmd", "'-cmd")]
    [InlineData("\r=x", "\"'\r=x\"")]
    [InlineData(null, "")]
    public void A_field_is_quoted_and_no_formula(string? value, string field) => Assert.Equal(field, Ledger.Field(value));

    [Fact]
    public async Task A_published_month_is_never_changed_and_a_correction_is_the_next_version()
    {
        await using var hub = await CityAsync();
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/reports/health/publish?month=2026-01")).IsProblem(HttpStatusCode.Conflict, "not over");
        hub.Clock.Advance(TimeSpan.FromDays(20));
        var made = (await hub.SendAsync(HttpMethod.Post, "/api/v1/reports/health/publish?month=2026-01")).Is(HttpStatusCode.Created);
        var first = (await hub.TryGetAsync(made.Headers.Location!.OriginalString)).Is(HttpStatusCode.OK);
        Assert.Equal((1, 1), Share(first.Body.GetProperty("now"), "handled_first"));
        Assert.Equal(("heating.room", 2), (first.Body.GetProperty("categories")[0].Text("category"), first.Body.GetProperty("categories")[0].GetProperty("incidents").GetInt32()));
        (await hub.SendAsync(HttpMethod.Post, "/api/v1/reports/health/publish?month=2026-01")).IsProblem(HttpStatusCode.Conflict, "reason");
        (await hub.SendJsonAsync(HttpMethod.Post, "/api/v1/reports/health/publish?month=2026-01", new { reason = "late complaint" })).Is(HttpStatusCode.Created);
        Assert.Equal(first.Text, (await hub.TryGetAsync("/api/v1/reports/health?month=2026-01&version=1")).Text);
        Assert.Equal([1, 2], (await hub.GetAsync("/api/v1/reports/health/versions?month=2026-01")).GetProperty("items").EnumerateArray().Select(v => v.GetProperty("version").GetInt32()));
        (await hub.TryGetAsync("/api/v1/reports/health?month=2026-01&version=3")).IsProblem(HttpStatusCode.NotFound, "versions");
        using (var write = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(folder["data"], "hub.db")};Pooling=False"))
        {
            write.Open();
            using var command = write.CreateCommand();
            command.CommandText = "update published_reports set body = '{}'";
            Assert.Contains("not changed", Assert.Throws<Microsoft.Data.Sqlite.SqliteException>(() => { command.ExecuteNonQuery(); }).Message, StringComparison.Ordinal);
        }
        var page = await hub.SendAsync(HttpMethod.Get, "/api/v1/reports/health?month=2026-01&version=1", null, ("Accept", "text/html"));
        Assert.Equal("text/html", page.MediaType);
        foreach (var part in new[] { "体检报告", "未诉先办率", "100.0 %", "1/1 (20.7 %–100.0 %) 少 · small", "第 1 版" }) Assert.Contains(part, page.Text, StringComparison.Ordinal);
    }

    /// <inheritdoc />
    public void Dispose() => folder.Dispose();
}
