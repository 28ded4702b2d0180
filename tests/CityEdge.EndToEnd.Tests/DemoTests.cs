using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace CityEdge.EndToEnd.Tests;

/// <summary>The one command that a newcomer runs: a city is live, and a heating fault and a roof leak each go from a reading to a closed ticket.</summary>
public sealed class DemoTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_heating_fault_and_a_roof_leak_each_open_one_ticket_that_the_sensor_closes_within_three_minutes()
    {
        var ct = TestContext.Current.CancellationToken;
        await using var demo = new ChildProcess(HubProcess.Program, ["demo", "--http", "http://127.0.0.1:0", "--mqtt", "127.0.0.1:0", "--data", folder["hub"]]);
        var ready = await demo.WaitForLineAsync("ready ", TimeSpan.FromSeconds(90));
        var url = new Uri(ready.Split(' ')[1]["http=".Length..]);
        var password = (await demo.WaitForLineAsync("Open ", TimeSpan.FromSeconds(10))).Split(' ')[^1];
        using var http = new HttpClient { BaseAddress = url };
        using var signIn = await http.PostAsJsonAsync("/api/v1/session", new { name = "demo", password }, ct);
        Assert.True(signIn.IsSuccessStatusCode, await signIn.Content.ReadAsStringAsync(ct));
        Assert.True((await http.GetAsync("/", ct)).IsSuccessStatusCode);

        JsonElement summary = default;
        await Wait.UntilAsync("at least 20 devices live", async () =>
        {
            summary = await http.GetFromJsonAsync<JsonElement>("/api/v1/summary", ct);
            return summary.GetProperty("devices_online").GetInt32() >= 20;
        }, TimeSpan.FromSeconds(60), () => $"{summary}\n{demo.Errors}");

        List<JsonElement> tickets = [];
        await Wait.UntilAsync("both tickets closed", async () =>
        {
            tickets = [.. (await http.GetFromJsonAsync<JsonElement>("/api/v1/tickets?limit=1000", ct)).GetProperty("items").EnumerateArray()];
            return Of("heating.room").Concat(Of("roof.leak")).Count(t => Text(t, "state") == "closed") >= 2;
        }, TimeSpan.FromSeconds(180), () => $"{string.Join('\n', tickets)}\n{demo.Errors}");
        foreach (var category in new[] { "heating.room", "roof.leak" })
        {
            var ticket = Assert.Single(Of(category));
            Assert.Equal("fixed", Text(ticket, "outcome"));
            Assert.Equal("sensor", Text(ticket, "verified_by"));
            Assert.Equal(0, ticket.GetProperty("reopen_count").GetInt32());
        }
        Assert.Equal(0, await demo.StopAsync(TimeSpan.FromSeconds(15)));

        IEnumerable<JsonElement> Of(string category) => tickets.Where(t => Text(t, "category") == category);
    }

    private static string? Text(JsonElement item, string name) => item.GetProperty(name).GetString();

    public void Dispose() => folder.Dispose();
}
