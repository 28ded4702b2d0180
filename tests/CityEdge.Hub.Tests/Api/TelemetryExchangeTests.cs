using System.Net;
using System.Text;

namespace CityEdge.Hub.Tests;

/// <summary><c>telemetry/export</c> and <c>telemetry/import</c> of a running hub, and the command line on them.</summary>
public sealed class TelemetryExchangeTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Imported_readings_are_asked_for_like_others_and_bad_lines_are_told()
    {
        await using var hub = await RunningHub.StartAsync(folder["data"]);
        await hub.TemperatureAsync("s1/d1", 21.5);
        await hub.DrainAsync();
        var time = hub.Clock.NowMs - 3_600_000;
        var lines = string.Concat(Enumerable.Range(0, 30).Select(i => $"temperature,device=d1,point=t,site=s1 value={i} {time + (i * 1000)}\n")) + "temperature,device=d1,site=s1 value=1 1\nhumidity,device=d1,point=t,site=s1 value=1 1\n";
        for (var again = 0; again < 2; again++)
        {
            var answer = (await hub.SendAsync(HttpMethod.Post, "/api/v1/telemetry/import?format=line", new StringContent(lines, Encoding.UTF8, "text/plain"))).Is(HttpStatusCode.OK).Body;
            Assert.Equal((30, 2), (answer.GetProperty("rows").GetInt32(), answer.GetProperty("bad_count").GetInt32()));
            Assert.Equal([31L, 32], answer.GetProperty("bad").EnumerateArray().Select(b => b.GetProperty("line").GetInt64()).Order());
        }
        var readings = await hub.GetAsync($"/api/v1/readings?point=s1/d1/t&from={time}&to={hub.Clock.NowMs + 1}");
        Assert.Equal(31, readings.GetProperty("items").GetArrayLength());
        var csv = (await hub.TryGetAsync("/api/v1/telemetry/export?point=s1/*")).Is(HttpStatusCode.OK).Text;
        Assert.Equal(32, csv.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain("s1/d1/t", (await hub.TryGetAsync("/api/v1/telemetry/export?point=s2/*")).Text);
    }
}
