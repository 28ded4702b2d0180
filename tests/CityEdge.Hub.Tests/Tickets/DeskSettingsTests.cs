using System.Net;
using System.Text;

namespace CityEdge.Hub.Tests;

/// <summary><c>sla</c>, <c>catalogue</c>, <c>operating-mode</c>: set as a whole, or nothing changes and the errors say where.</summary>
public sealed class DeskSettingsTests(OpenHub fixture) : IClassFixture<OpenHub>
{
    private readonly RunningHub hub = fixture.Hub;

    private Task<Answer> ImportAsync(string text, string type = "text/csv", string query = "") => hub.SendAsync(HttpMethod.Post, "/api/v1/catalogue/import" + query, new StringContent(text, Encoding.UTF8, type));

    private Task<Answer> PutSlaAsync(string json) => hub.SendAsync(HttpMethod.Put, "/api/v1/sla?reason=test", new StringContent(json, Encoding.UTF8, "application/json"));

    [Fact]
    public async Task The_promises_come_with_sources_and_go_back_as_they_came()
    {
        var told = (await hub.TryGetAsync("/api/v1/sla")).Is(HttpStatusCode.OK).Body;
        Assert.Equal("EJ", told.GetProperty("value").GetProperty("sets").GetProperty("P1").GetProperty("accept").Text("source"));
        (await PutSlaAsync(told.GetProperty("value").ToString())).Is(HttpStatusCode.OK);
        var again = (await hub.TryGetAsync("/api/v1/sla")).Body;
        Assert.Equal((told.GetProperty("value").ToString(), "test"), (again.GetProperty("value").ToString(), again.Text("reason")));
        Assert.True(again.GetProperty("version").GetInt64() > told.GetProperty("version").GetInt64());
    }

    [Fact]
    public async Task Wrong_promises_are_refused_with_line_or_key()
    {
        var told = (await hub.TryGetAsync("/api/v1/sla")).Body.GetProperty("value").ToString();
        Assert.Contains((await PutSlaAsync(told.Replace("\"minutes\":5,", "\"minutes\":0,", StringComparison.Ordinal))).Errors(), e => e.Key == "sets.P1.accept.minutes");
        Assert.Contains((await PutSlaAsync(told.Replace("\"remind_at_percent\"", "\"remind_at\"", StringComparison.Ordinal))).Errors(), e => e.Message.Contains("remind_at", StringComparison.Ordinal));
        (await PutSlaAsync("{\n  nonsense")).Is(HttpStatusCode.UnprocessableEntity);
    }

    [Theory]
    [InlineData("category,lead\nheating.*,heat\n", "text/csv", 1)]
    [InlineData("- { category: 'heating.*', lead: heat, co_units: [street, gas], photos: true, valid_from: 2026-01-01 }\n- { category: '*', lead: street }\n", "application/yaml", 2)]
    public async Task A_catalogue_is_imported_as_a_whole_and_exported_as_csv(string text, string type, int rows)
    {
        var before = (await hub.TryGetAsync("/api/v1/catalogue.csv")).Text;
        Assert.Equal(rows, (await ImportAsync(text, type, "?dry_run=true")).Is(HttpStatusCode.OK).Body.GetProperty("rows").GetInt32());
        Assert.Equal(before, (await hub.TryGetAsync("/api/v1/catalogue.csv")).Text);
        (await ImportAsync(text, type)).Is(HttpStatusCode.OK);
        var csv = (await hub.TryGetAsync("/api/v1/catalogue.csv")).Text;
        Assert.Contains("heating.*,*,*,heat,", csv, StringComparison.Ordinal);
        (await ImportAsync(csv)).Is(HttpStatusCode.OK);
        Assert.Equal(csv, (await hub.TryGetAsync("/api/v1/catalogue.csv")).Text);
        (await ImportAsync("category,lead\n")).Is(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("category,leed\nx,y\n", "text/csv", 1, 2, "leed")]
    [InlineData("category,lead,sla\nx,y,P3\nx,y,P7\n", "text/csv", 3, 3, "sla")]
    [InlineData("category,lead,valid_from\nx,y,soon\n", "text/csv", 2, 3, "valid_from")]
    [InlineData("category,lead,co_units\nx,y,a y\n", "text/csv", 2, 3, "co_units")]
    [InlineData("- category: x\n  lead: y\n  owner: a*b\n", "application/yaml", 3, 10, "owner")]
    [InlineData("- category: x\n", "application/yaml", 1, 3, "lead")]
    public async Task A_wrong_row_refuses_the_whole_file_with_line_and_column(string text, string type, int line, int column, string key)
    {
        var before = (await hub.TryGetAsync("/api/v1/catalogue.csv")).Text;
        var answer = (await ImportAsync(text, type)).Is(HttpStatusCode.UnprocessableEntity);
        var error = answer.Body.GetProperty("errors").EnumerateArray().First();
        Assert.Equal((line, column, key), (error.GetProperty("line").GetInt32(), error.GetProperty("column").GetInt32(), error.Text("key")));
        Assert.Equal(before, (await hub.TryGetAsync("/api/v1/catalogue.csv")).Text);
    }

    [Fact]
    public async Task The_mode_needs_a_reason()
    {
        (await hub.SendAsync(HttpMethod.Put, "/api/v1/operating-mode", new StringContent("{\"mode\":\"emergency\"}", Encoding.UTF8, "application/json"))).Is(HttpStatusCode.BadRequest);
        (await hub.SendAsync(HttpMethod.Put, "/api/v1/operating-mode", new StringContent("{\"mode\":\"normal\",\"reason\":\"drill over\"}", Encoding.UTF8, "application/json"))).Is(HttpStatusCode.OK);
        Assert.Equal("normal", (await hub.TryGetAsync("/api/v1/operating-mode")).Body.Text("value"));
    }
}
